"""What jobs leave behind: `python -m benchmarks.jobs.bloat [--jobs N] [--json FILE]`, a million by default.

The jobs go through the mesh in slices, those of every other slice with a row each, so that some ten thousand wait, as
in a busy hour; the relay moves them to the history as configured. Told are the tables before the first job, at their
largest, and once all lies in the history and vacuum has come round; and the rate of each tenth, which shows whether
what the jobs before have left slows down those that follow.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import class_row

from benchmarks.jobs import marks
from benchmarks.jobs.lab import Lab, WrongCountError
from benchmarks.jobs.systems import OURS
from benchmarks.options import parser
from benchmarks.report import machine, number, save, table
from workers.mesh.settings import MeshSettings

#: Jobs that are enqueued together; the next come when no more than these wait.
_SLICE, _WAITING = 20_000, 10_000

#: How long a slice may take.
_STUCK_SECONDS = 300.0

#: How long all may take to lie in the history, and how long vacuum may take to come round then.
_HISTORY_SECONDS, _VACUUM_SECONDS = 300.0, 150.0

_KINDS = ("noop", "insert")
_TABLES = ("job", "job_history", "outbox")
_PARTS = 10
_MEGABYTE = 1 << 20

# A partitioned table has no pages of its own: it is as large as its partitions.
_SIZE: LiteralString = """
SELECT sum(pg_relation_size(relid))::bigint AS heap, sum(pg_indexes_size(relid))::bigint AS indexes,
       sum(n_live_tup)::bigint AS live, sum(n_dead_tup)::bigint AS dead, sum(autovacuum_count)::bigint AS vacuums
FROM pg_stat_all_tables
WHERE relid = %(table)s::regclass OR relid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass))
"""

_ENDED = "SELECT count(*), count(DISTINCT id) FROM job_history WHERE state = 'done'"
_VACUUM = "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = %s::regclass"
_NAPTIME = "SELECT current_setting('autovacuum_naptime')"


class Size(msgspec.Struct, frozen=True):
    """Of a table: bytes, rows that live and rows that vacuum has not taken yet, and how often it came."""

    heap: int
    indexes: int
    live: int
    dead: int
    vacuums: int

    @property
    def whole(self) -> int:
        """Bytes of all."""
        return self.heap + self.indexes


Sizes = Mapping[str, Size]


class Bloat(msgspec.Struct, frozen=True):
    """What was measured. `rates`: jobs a second, of each tenth."""

    before: Sizes
    largest: Sizes
    after: Sizes
    rates: list[float]
    vacuum: str


def measure(lab: Lab, jobs: int) -> Bloat:
    """Sends jobs through; raises `WrongCountError` unless each was done once."""
    system = OURS["trellis"]
    lab.reset(system)
    with lab.connection(system.database) as connection, lab.running(system):
        connection.execute("TRUNCATE job, job_history")  # those that have shown that it works
        before = largest = _sizes(connection)
        rates: list[float] = []
        began, counted = time.monotonic(), 0
        for number, first in enumerate(range(0, jobs, _SLICE)):
            count = min(_SLICE, jobs - first)
            lab.produce(system, "load", _KINDS[number % len(_KINDS)], first, count)
            _wait_until_ended(lab, jobs if first + count == jobs else first + count - _WAITING)
            largest = _larger(largest, _sizes(connection))
            if (done := _ended(lab)) >= (len(rates) + 1) * jobs / _PARTS:
                now = time.monotonic()
                rates.append((done - counted) / (now - began))
                print(f"{done:,} of {jobs:,} jobs, {rates[-1]:,.0f}/s", file=sys.stderr, flush=True)
                began, counted = now, done
        lab.wait_for(lambda: _count(connection, "SELECT count(*) FROM job") == (0,), "jobs stay", _HISTORY_SECONDS)
        if (found := _count(connection, _ENDED)) != (jobs, jobs) or _ended(lab) != jobs:
            raise WrongCountError(f"{found} of {jobs} jobs lie in the history; {_ended(lab)} were done")
        largest = _larger(largest, _sizes(connection))
        _await_vacuum(connection)
        return Bloat(before, largest, _sizes(connection), rates, _vacuum_settings(connection))


def _wait_until_ended(lab: Lab, count: int) -> None:
    lab.wait_for(lambda: _ended(lab) >= count, "jobs are stuck", _STUCK_SECONDS)


def _ended(lab: Lab) -> int:
    return marks.counted(lab.marks, "ended")


def _sizes(connection: psycopg.Connection[Any]) -> Sizes:
    sizes = {}
    with connection.cursor(row_factory=class_row(Size)) as cursor:
        for name in _TABLES:
            size = cursor.execute(_SIZE, {"table": name}).fetchone()
            assert size
            sizes[name] = size
    return sizes


def _larger(one: Sizes, other: Sizes) -> Sizes:
    return {name: max(one[name], other[name], key=lambda size: size.whole) for name in one}


def _await_vacuum(connection: psycopg.Connection[Any]) -> None:
    """Waits until vacuum finds nothing more to do; where it takes longer, what it has left is told as it is."""
    deadline = time.monotonic() + _VACUUM_SECONDS
    while _sizes(connection)["job"].dead and time.monotonic() < deadline:
        time.sleep(1.0)


def _count(connection: psycopg.Connection[Any], question: LiteralString) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(question).fetchone()
    assert row
    return row


def _vacuum_settings(connection: psycopg.Connection[Any]) -> str:
    (options,) = connection.execute(_VACUUM, ["job"]).fetchone() or ("",)
    (naptime,) = _count(connection, _NAPTIME)
    return f"job: {options}; autovacuum_naptime={naptime}"


def tell(measured: Bloat) -> None:
    """Prints the table."""
    heads = ["", "before: table + indexes, MB", "largest", "after", "dead rows after", "autovacuums"]
    rows = []
    for name in _TABLES:
        before, largest, after = (sizes[name] for sizes in (measured.before, measured.largest, measured.after))
        counts = [f"{after.dead:,}", str(after.vacuums - before.vacuums)]
        rows.append([name, *map(_megabytes, (before, largest, after)), *counts])
    print(f"\n{table('What jobs leave in the tables', heads, rows)}")
    first, last = measured.rates[0], measured.rates[-1]
    print(f"\nThe first tenth {first:,.0f} jobs/s, the last {last:,.0f} ({last / first:.2f}). {measured.vacuum}")


def _megabytes(size: Size) -> str:
    return f"{number(size.heap / _MEGABYTE)} + {number(size.indexes / _MEGABYTE)}"


def main() -> None:
    """Parses the command line and measures."""
    options = parser("What jobs leave behind in the tables.")
    options.add_argument("--jobs", type=int, default=1_000_000)
    arguments = options.parse_args()
    about, settings = machine(), MeshSettings()
    print(
        f"Measured by `python -m benchmarks.jobs.bloat` on {about}: {arguments.jobs:,} jobs, "
        f"kept for {settings.job_linger_seconds:.0f} s before they move to the history."
    )
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
        lab = Lab(Path(home), Path(home))
        try:
            lab.start()
            measured = measure(lab, arguments.jobs)
        finally:
            lab.stop()
    tell(measured)
    save(arguments, machine=about, bloat=measured)


if __name__ == "__main__":
    main()
