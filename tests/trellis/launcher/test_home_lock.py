"""The lock on the home directory."""

from pathlib import Path

import pytest

from trellis.launcher.errors import HomeInUseError, HomeNotWritableError
from trellis.launcher.lock import HomeLock


def test_free_again_after_release(tmp_path: Path) -> None:
    with HomeLock(tmp_path / "home"), pytest.raises(HomeInUseError):
        HomeLock(tmp_path / "home").acquire()
    with HomeLock(tmp_path / "home"):
        pass


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeNotWritableError, match=r"cannot write to .*/file/home"):
        HomeLock(tmp_path / "file" / "home").acquire()
