"""The processes of what is measured: which there are, their memory, and the processor time that they have used."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def processes_below(pid: int) -> list[int]:
    """The process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += parents.get(current, [])
    return found


def proportional_megabytes(pids: list[int]) -> float:
    """The sum of PSS: each page counted once, however many processes share it."""
    return _sum_of(pids, r"^Pss:\s+(\d+)")


def resident_megabytes(pids: list[int]) -> float:
    """The sum of RSS: a page that ten processes share is counted ten times."""
    return _sum_of(pids, r"^Rss:\s+(\d+)")


def processor_seconds(pids: Iterable[int]) -> float:
    """Processor time that living processes have used."""
    return sum(sum(_times(pid)[:2]) for pid in pids)


def processor_seconds_by_kind(pids: Iterable[int]) -> dict[str, float]:
    """Processor time that living processes have used, by kind of process."""
    seconds: dict[str, float] = {}
    for pid in pids:
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        kind = _kind_of(title)
        seconds[kind] = seconds.get(kind, 0.0) + processor_seconds([pid])
    return seconds


def processor_seconds_of_family(pid: int) -> float:
    """Processor time of a process and all below it, and of those children of its own that have ended."""
    own, *children = processes_below(pid)
    return sum(_times(own)) + processor_seconds(children)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Sends a signal to those that there are."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _times(pid: int) -> list[float]:
    """Seconds of processor time: in user mode, in the kernel, and both of children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0.0] * 4
    return [int(ticks) / _TICKS for ticks in fields[11:15]]


def _kind_of(title: str) -> str:
    """`trellis serve orders --port 4003` -> `serve orders`; PostgreSQL's backends are one kind."""
    words = title.split()
    if not words:
        return "kernel"
    if words[0] == "trellis":
        return " ".join(words[1:]).split(" --")[0]
    if "postgres" in words[0]:
        return "postgres"
    return "valkey" if "valkey" in words[0] else "launcher"


def _sum_of(pids: list[int], pattern: str) -> float:
    total = 0
    for pid in pids:
        try:
            found = re.search(pattern, Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total / 1024
