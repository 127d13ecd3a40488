"""Marks that jobs leave: when, by the machine's one monotonic clock, and in which process.

A mark is one small write to a file of its process, so that it costs every system the same and next to nothing, and
outlives a SIGKILL. Imported by the programs of every peer: nothing but the standard library.
"""

from __future__ import annotations

import os
import struct
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: The environment variable that says where the marks lie.
FOLDER = "BENCHMARK_MARKS"

_RECORD = struct.Struct("<qd")
_files: dict[tuple[str, int], int] = {}


class Mark(NamedTuple):
    """One mark of a job."""

    job: int
    at: float
    pid: int


def mark(name: str, first: int, count: int = 1) -> None:
    """Marks `count` jobs from number `first` on as, say, `started`."""
    key = (name, os.getpid())
    if key not in _files:
        path = os.path.join(os.environ[FOLDER], f"{name}-{key[1]}")
        _files[key] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    now = time.monotonic()
    os.write(_files[key], b"".join(_RECORD.pack(index, now) for index in range(first, first + count)))


def counted(folder: Path, name: str) -> int:
    """How many marks of a name there are."""
    return sum(path.stat().st_size for path in folder.glob(f"{name}-*")) // _RECORD.size


def read(folder: Path, name: str) -> Iterator[Mark]:
    """The marks of a name, of all processes."""
    for path in folder.glob(f"{name}-*"):
        pid = int(path.name.rpartition("-")[2])
        whole = path.read_bytes()
        for job, at in _RECORD.iter_unpack(whole[: len(whole) // _RECORD.size * _RECORD.size]):
            yield Mark(job, at, pid)


def by_job(folder: Path, name: str) -> dict[int, list[Mark]]:
    """The marks of each job, oldest first."""
    found: defaultdict[int, list[Mark]] = defaultdict(list)
    for one in sorted(read(folder, name), key=lambda one: one.at):
        found[one.job].append(one)
    return dict(found)
