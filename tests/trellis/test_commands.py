"""What the operator can mend is one line with a code, whatever the command."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trellis.cli import main

_PASSWORD = "a-password-in-an-address"


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]) -> int:
    """A platform that is named by the environment and does not run; the port where its database should be."""
    port = free_port()
    monkeypatch.setenv("TRELLIS_DATABASE_URL", f"postgresql://postgres:{_PASSWORD}@127.0.0.1:{port}/postgres")
    monkeypatch.setenv("TRELLIS_REDIS_URL", f"redis://127.0.0.1:{port}/0")
    monkeypatch.setenv("TRELLIS_SECRET", "s" * 32)
    return port


@pytest.mark.parametrize("command", ["import orders", "import products", "migrate", "seed"])
def test_a_platform_that_is_not_up_is_one_line(
    command: str, nobody_answers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path / "invoices.csv"), "--tenant", "premium"] if command.startswith("import") else []
    assert main([*command.split(), *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("DATABASE_UNREACHABLE: ")
    assert f"port {nobody_answers} failed: Connection refused" in line
    assert _PASSWORD not in line


def test_a_domain_that_does_not_exist_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdl", "warehouse"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("UNKNOWN_NAME: there is no domain 'warehouse'")


def test_the_command_line_loads_nothing_of_the_roles() -> None:
    heavy = ("sqlalchemy", "strawberry", "litestar", "dramatiq", "aiohttp")
    program = f"import sys, trellis.cli; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
