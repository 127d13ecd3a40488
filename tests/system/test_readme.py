"""Every command of the README, run as a newcomer would, only on other ports and in another home."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.platform import clean_environment, free_port_base

ROOT = Path(__file__).parents[2]
BLOCKS = [block.strip() for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)]

#: Run by `make`, and too long or too much to run within a test: what they would do is looked at instead.
DRY = {"make test": "pytest", "make lint": "mypy"}


@pytest.fixture(scope="module")
def port() -> int:
    """The port that stands for 4000."""
    return free_port_base()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Path]:
    """A platform started by `make up`."""
    home: Path = tmp_path_factory.mktemp("readme")
    command = ["make", "up", f"VENV={sys.prefix}", f"ARGS=--home {home} --port {port}"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(f"ready http://127.0.0.1:{port}/graphql"):
            break
    else:
        raise AssertionError("".join(said))
    yield home
    # `make` passes the signal of a terminal on to its child; here that is done by hand.
    launcher = int((home / "lock").read_text())
    subprocess.run(["kill", "-TERM", str(launcher)], check=True)
    process.stdout.close()
    process.wait(60)


def test_the_commands_of_make_do_what_they_say() -> None:
    for block, runs in DRY.items():
        assert block in BLOCKS
        shown = subprocess.run(
            [*block.split(), "--dry-run", f"VENV={sys.prefix}"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert runs in shown.stdout


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="the README uses curl and openssl")
def test_a_newcomer_gets_through(home: Path, port: int) -> None:
    assert "make up" in BLOCKS
    script = "\n".join(_elsewhere(block, home, port) for block in BLOCKS if block != "make up" and block not in DRY)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert '"errors"' not in told
    assert re.search(r'"status":\s*"PAID"', told), told
    assert "orders paid" in told
    assert re.search(r'"duplicate":\s*false', told), told
    assert "audit: 0 events to ship" in told


def test_what_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    for path, heading in re.findall(r"\((docs/[^)#]+)#?([^)]*)\)", readme):
        named = [_anchor(line) for line in (ROOT / path).read_text().splitlines() if line.startswith("#")]
        assert not heading or heading in named, (path, heading)
    for module in set(re.findall(r"python -m (benchmarks[\w.]+)", readme)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def _anchor(heading: str) -> str:
    """What a link names a heading by."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


def _elsewhere(block: str, home: Path, port: int) -> str:
    """The block as it reads for a platform in `home`, on `port`."""
    for offset in (3, 0, 318):
        block = block.replace(f"127.0.0.1:{4000 + offset}", f"127.0.0.1:{port + offset}")
    block = re.sub(r"(trellis (?:import \w+|doctor))", rf"\1 --home {home}", block)
    return block.replace(".venv/bin/", f"{sys.prefix}/bin/")
