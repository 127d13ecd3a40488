"""Passwords: argon2id, off the event loop, no faster for people who do not exist."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared_models.kernel.errors import TrellisError

T = TypeVar("T")

# OWASP's first recommendation: 19 MiB and two passes, about 25 ms. Two at once is what a small machine spares.
_MEMORY_KIB = 19 * 1024
_PASSES = 2
_THREADS = 2
_MAX_WAITING = 512


class TooBusy(TrellisError):
    """More passwords wait to be checked than can be checked in reasonable time."""

    code = "SERVICE_UNAVAILABLE"


class Passwords:
    """Hashes and verifies passwords in a few threads of its own."""

    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1),))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to store, salted. Raises `TooBusy`."""
        return await self._off_loop(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether a password is the stored one, and a better hash of it if there is one to store instead.

        `stored` None is for somebody who does not exist: it takes as long and is never right. Raises `TooBusy`.
        """
        right, better = await self._off_loop(lambda: self._hasher.verify_and_update(password, stored or self._nobodys))
        return (right, better) if stored is not None else (False, None)

    def close(self) -> None:
        """Ends the threads; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _off_loop(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise TooBusy("Too many people are logging in at this moment. Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
