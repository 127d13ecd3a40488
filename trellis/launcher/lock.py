"""One launcher for one home directory."""

import fcntl
import os
from pathlib import Path
from typing import Self

from trellis.launcher.errors import HomeInUseError, HomeNotWritableError


class HomeLock:
    """Holds ``<home>/lock`` while the launcher lives; the kernel lets go of it however the launcher ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; creates the home directory. Raises HomeInUseError, HomeNotWritableError."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HomeNotWritableError(self.home, error.strerror or "no reason given") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise HomeInUseError(self.home, holder or "unknown") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
