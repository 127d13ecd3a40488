"""What the tests of the launcher and its parts share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import ports


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives a loopback port that nobody listens on."""
    return ports.free_port


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    """Tells whether a process lives; one that has ended and waits to be reaped does not."""

    def check(pid: int) -> bool:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return status.rpartition(")")[2].split()[0] not in "ZX"

    return check
