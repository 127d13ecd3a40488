"""The rows: what is asked of every system, and what is measured."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Mapping, Sequence

import msgspec

from benchmarks.jobs import marks
from benchmarks.jobs.lab import Lab, Processes, WrongCountError
from benchmarks.jobs.systems import PROCESSES, SLOTS, System
from benchmarks.report import percentile

#: The numbers of jobs that are beside those that are counted start here.
_FLOOD = 10_000_000


class Effort(msgspec.Struct, frozen=True):
    """How much of everything."""

    runs: int
    drained: Mapping[str, int]
    paced_seconds: float
    trickling_seconds: float
    patience: float
    flood: int

    @property
    def crowded_patience(self) -> float:
        """Seconds that the jobs of a tenant beside a flood are waited for."""
        return self.patience / 4


QUICK = Effort(1, {"noop": 4000, "insert": 3000, "sleep": 240}, 3.0, 3.0, 25.0, 5000)
WHOLE = Effort(5, {"noop": 16_000, "insert": 12_000, "sleep": 960}, 6.0, 30.0, 60.0, 100_000)


class Drained(msgspec.Struct, frozen=True):
    """One load, worked off. Processor seconds are for 1,000 jobs."""

    rate: float
    workers: float
    postgres: float
    redis: float


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from the commit of a job to its start, at a rate of jobs per second."""

    rate: float
    p50: float
    p99: float


def drain(lab: Lab, system: System, kind: str, most: int) -> Drained:
    """Loads while the workers are frozen, thaws them, and takes the time until the last job is done and recorded."""
    count = most if kind == "sleep" else int(most * system.share)
    lab.reset(system)
    with lab.running(system) as processes:
        processes.send(signal.SIGSTOP)
        lab.produce(system, "load", kind, 0, count)
        lab.analyze(system)
        before, servers = processes.seconds, lab.server_seconds
        began = time.monotonic()
        processes.send(signal.SIGCONT)
        lab.rest(system, "ended", count)
        took = time.monotonic() - began
        used = processes.seconds - before
        postgres, redis = (after - then for after, then in zip(lab.server_seconds, servers, strict=True))
        _check(lab, system, kind, count)
    thousands = count / 1000
    return Drained(count / took, used / thousands, postgres / thousands, redis / thousands)


def latency(lab: Lab, system: System, rate: float, seconds: float) -> Latency:
    """Jobs that do nothing, enqueued at an even rate."""
    count = max(20, int(rate * seconds))
    lab.reset(system)
    with lab.running(system):
        lab.produce(system, "pace", "noop", 0, count, rate)
        lab.rest(system, "ended", count + 1)  # with the one by which the producer has connected
        waits = _waits(lab, count)
    return Latency(rate, percentile(waits, 50), percentile(waits, 99))


def recovery(lab: Lab, system: System, patience: float) -> float | None:
    """Seconds from the SIGKILL of one busy worker process until the last job that it had begun has begun again.

    None where that takes longer than `patience`. A system whose other processes end with the killed one is started
    anew, as a supervisor would.
    """
    lab.reset(system)
    with lab.running(system) as processes:
        busy = PROCESSES * SLOTS
        lab.produce(system, "load", "long", 0, busy)
        lab.wait_for(lambda: marks.counted(lab.marks, "started") >= busy // 2, f"{system.name} does not begin", 60.0)
        time.sleep(0.5)
        victim = next(iter(marks.read(lab.marks, "started"))).pid
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        lost = {one.job for one in marks.read(lab.marks, "started") if one.pid == victim}
        lost -= {one.job for one in marks.read(lab.marks, "ended")}
        return _until_begun_again(lab, system, processes, lost, killed, patience)


def _until_begun_again(
    lab: Lab, system: System, processes: Processes, lost: set[int], killed: float, patience: float
) -> float | None:
    others: Processes | None = None
    try:
        while time.monotonic() - killed < patience:
            begun = marks.by_job(lab.marks, "started")
            again = [next((one.at for one in begun[index] if one.at > killed), None) for index in lost]
            if all(at is not None for at in again):
                return max((at for at in again if at is not None), default=killed) - killed
            if others is None and processes.has_ended:
                others = lab.begin(system)
            time.sleep(0.1)
        return None
    finally:
        if others is not None:
            others.end()


def trickle(lab: Lab, system: System, effort: Effort) -> tuple[float, float | None]:
    """p99 of a tenant that enqueues ten jobs a second, alone and beside one with a long queue; None: too long."""
    seconds, rate = effort.trickling_seconds, 10.0
    count = int(seconds * rate)
    alone = latency(lab, system, rate, seconds).p99
    lab.reset(system)
    with lab.running(system) as processes:
        processes.send(signal.SIGSTOP)
        lab.produce(system, "load", "sleep", _FLOOD, effort.flood, tenant="flood")
        lab.analyze(system)
        processes.send(signal.SIGCONT)
        busy = PROCESSES * SLOTS
        lab.wait_for(lambda: marks.counted(lab.marks, "started") >= busy, f"{system.name} does not begin", 60.0)
        lab.produce(system, "pace", "noop", 0, count, rate)
        deadline = time.monotonic() + effort.crowded_patience
        while set(range(count)) - marks.by_job(lab.marks, "started").keys():
            if time.monotonic() > deadline:
                return alone, None
            time.sleep(0.2)
        return alone, percentile(_waits(lab, count), 99)


def capacity(drained: Sequence[Drained]) -> float:
    """Jobs a second that a system can do."""
    return statistics.median(one.rate for one in drained)


def _waits(lab: Lab, count: int) -> list[float]:
    """Milliseconds that each job waited; one may begin before whoever committed it knows."""
    committed, started = marks.by_job(lab.marks, "committed"), marks.by_job(lab.marks, "started")
    return [max(0.0, started[index][0].at - committed[index][0].at) * 1000 for index in range(count)]


def _check(lab: Lab, system: System, kind: str, count: int) -> None:
    """Raises WrongCountError unless each job was done once."""
    done = marks.by_job(lab.marks, "ended")
    done.pop(-1, None)
    if set(done) != set(range(count)) or any(len(each) != 1 for each in done.values()):
        twice = sum(len(each) > 1 for each in done.values())
        raise WrongCountError(f"{system.name}: {len(done)} of {count} jobs were done, {twice} of them more than once")
    if kind == "insert":
        with lab.connection(system.database) as connection:
            row = connection.execute("SELECT count(*), count(DISTINCT key) FROM effect").fetchone()
        if row != (count, count):
            raise WrongCountError(f"{system.name}: {row} effects of {count} jobs")
