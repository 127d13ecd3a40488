"""Processes as the operating system knows them: by title, by descent, by whether they still live."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process. Pids are used again; with its start (clock ticks since boot) it is the only one of its kind."""

    pid: int
    started: int
    parent: int
    title: str


def all_processes() -> list[Process]:
    """Every process of this machine that has not ended."""
    found = (_read(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in found if process]


def descendants(pid: int) -> list[Process]:
    """The process `pid`, its children, theirs, and so on."""
    children: defaultdict[int, list[Process]] = defaultdict(list)
    everyone = all_processes()
    for process in everyone:
        children[process.parent].append(process)
    family = [process for process in everyone if process.pid == pid]
    for member in family:
        family += children[member.pid]
    return family


def survivors(family: list[Process]) -> list[Process]:
    """Those of a family that have not ended."""
    living = {(process.pid, process.started) for process in all_processes()}
    return [process for process in family if (process.pid, process.started) in living]


def gone(family: list[Process], seconds: float = 30.0) -> bool:
    """Whether a family ends by itself within some seconds."""
    deadline = time.monotonic() + seconds
    while survivors(family):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _read(entry: Path) -> Process | None:
    try:
        # The name, in parentheses, may hold anything; state, parent and so on follow its end.
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        title = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    state, parent, started = fields[0], int(fields[1]), int(fields[19])
    return None if state in "ZX" else Process(int(entry.name), started, parent, title)
