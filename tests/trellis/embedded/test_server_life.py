"""No server outlives its launcher; a normal user can run both."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.server import EmbeddedServer
from trellis.embedded.valkey import EmbeddedValkey

_ROOT = Path(__file__).parents[3]
_SITE_PACKAGES = sysconfig.get_path("purelib")

_LAUNCHER = """
    import sys, threading
    from pathlib import Path
    from trellis.embedded.postgres import EmbeddedPostgres
    from trellis.embedded.valkey import EmbeddedValkey
    server = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}[sys.argv[1]](
        Path(sys.argv[2]), int(sys.argv[3]), durable=False)
    # From a thread that ends: the server must not end with it.
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    print(server.pid, flush=True)
    sys.stdin.read()
    server.stop()
"""


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
def test_dies_with_a_killed_launcher_and_its_data_serves_the_next(
    kind: str, tmp_path: Path, free_port: Callable[[], int], is_running: Callable[[int], bool]
) -> None:
    port = free_port()
    launcher = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_LAUNCHER), kind, str(tmp_path), str(port)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with launcher:
        assert launcher.stdout is not None
        server_pid = int(launcher.stdout.readline())
        assert is_running(server_pid)
        launcher.kill()
    servers: dict[str, type[EmbeddedServer]] = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}
    with servers[kind](tmp_path, port, durable=False) as successor:  # waits for the orphan's end
        assert successor.pid is not None
        assert not is_running(server_pid)


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp())
    os.chown(path, 65534, 65534)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def run_as_nobody(free_port: Callable[[], int]) -> Callable[[str, Path], "subprocess.CompletedProcess[str]"]:
    """Runs the launcher above as a normal user."""
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env"]
    # The interpreter of a virtual environment may lie where only root can reach it.
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        tried = subprocess.run([*as_nobody, python, "-c", check], check=False, stderr=subprocess.DEVNULL)
        if tried.returncode == 0:
            break
    else:
        pytest.skip("no Python 3.11 that a normal user can run")

    def run(kind: str, data_dir: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*as_nobody, python, "-Bc", textwrap.dedent(_LAUNCHER), kind, str(data_dir), str(free_port())],
            env=os.environ | {"PYTHONPATH": f"{_ROOT}:{_SITE_PACKAGES}", "HOME": "/nonexistent"},
            input="",
            text=True,
            capture_output=True,
            check=False,
        )

    return run


RunAsNobody = Callable[[str, Path], "subprocess.CompletedProcess[str]"]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@only_root
@pytest.mark.parametrize("kind", ["postgres", "valkey"])
def test_normal_user_runs_it(kind: str, home_of_nobody: Path, run_as_nobody: RunAsNobody) -> None:
    done = run_as_nobody(kind, home_of_nobody)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert (home_of_nobody / "data").stat().st_uid == 65534
    assert not Path(f"/proc/{int(done.stdout)}").exists()


@only_root
@pytest.mark.parametrize("kind", ["postgres", "valkey"])
@pytest.mark.parametrize("closed", ["the directory", "a file in it"])
def test_directory_of_another_user_is_refused(
    kind: str, closed: str, home_of_nobody: Path, run_as_nobody: RunAsNobody
) -> None:
    data_dir = home_of_nobody / "of_root"
    data_dir.mkdir(mode=0o700)
    (data_dir / "password").touch(mode=0o600)
    if closed == "a file in it":
        os.chown(data_dir, 65534, 65534)
    done = run_as_nobody(kind, data_dir)
    assert "DATA_DIRECTORY_NOT_WRITABLE: cannot write to" in done.stderr
