"""A log file with a bound: at most two files of ``max_bytes`` each, the newer one at ``path``."""

from collections import deque
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

DEFAULT_MAX_BYTES = 8 * 1024 * 1024


class BoundedLog:
    """Appends lines; when ``path`` is full it becomes ``<path>.1`` (replacing the previous one).

    Lines are flushed as they come, so a reader sees what a crashed process said last. The last
    ``tail_lines`` of this run stay in memory for error messages.
    """

    def __init__(self, path: Path, *, max_bytes: int = DEFAULT_MAX_BYTES, tail_lines: int = 20) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._tail: deque[bytes] = deque(maxlen=tail_lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._size = self._file.tell()

    def write(self, lines: bytes) -> None:
        """Append one or more whole lines; the last line feed may be missing."""
        if not lines.endswith(b"\n"):
            lines += b"\n"
        if self._size and self._size + len(lines) > self._max_bytes:
            self._rotate()
        self._size += self._file.write(lines)
        self._tail.extend(lines.splitlines())

    @property
    def tail(self) -> list[str]:
        """The last lines written in this run, oldest first."""
        return [line.decode(errors="replace") for line in self._tail]

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._file = self.path.open("ab", buffering=0)
        self._size = 0
