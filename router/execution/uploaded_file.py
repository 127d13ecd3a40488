"""A client's file on its way: small ones in memory, others on disk, where nothing can be left behind."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

_MOST_IN_MEMORY = 64 * 1024


class UploadedFile:
    """Written once, then read from several places at once. The file on disk has no name: it ends with the process, too.

    `filename` and `content_type` are what the client says of it.
    """

    def __init__(self, filename: str, content_type: str) -> None:
        self.filename = filename
        self.content_type = content_type
        self.size = 0
        # A file that is open has one position: who reads elsewhere has to wait.
        self._lock = threading.Lock()
        self._spool = SpooledTemporaryFile(max_size=_MOST_IN_MEMORY)  # noqa: SIM115  # closed by `close`

    @property
    def is_in_memory(self) -> bool:
        return self.size <= _MOST_IN_MEMORY

    async def write(self, chunk: bytes) -> None:
        """Adds to the file. Raises OSError where the disk has no room."""
        self.size += len(chunk)
        if self.is_in_memory:
            self._append(chunk)
        else:
            await asyncio.to_thread(self._append, chunk)

    def _append(self, chunk: bytes) -> None:
        with self._lock:
            self._spool.write(chunk)

    def read_at(self, offset: int, most: int) -> bytes:
        """So many bytes from there, fewer at the end."""
        with self._lock:
            self._spool.seek(offset)
            return self._spool.read(most)

    def close(self) -> None:
        """Deletes it."""
        with self._lock:
            self._spool.close()


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file, and the path from an operation's variables to the null that stands for it."""

    path: tuple[str | int, ...]
    file: UploadedFile
