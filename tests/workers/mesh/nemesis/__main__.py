"""The nemesis by hand: `make nemesis SECONDS=1800 SEED=n`. The exit code says whether the mesh has kept its word."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from tests.support.breakable import Breakable
from tests.workers.mesh.nemesis import verdict
from tests.workers.mesh.nemesis.ordeal import ordeal


def main() -> int:
    """Runs an ordeal on servers of its own; what the processes write goes to a file, which is kept if it failed.

    The line that tells how it ended goes to the standard output, everything else to the standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.workers.mesh.nemesis", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0, help="for how long things break")
    parser.add_argument("--seed", type=int, default=1, help="what breaks")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    directory = Path(tempfile.mkdtemp(prefix="nemesis-"))
    out, err = (os.fdopen(os.dup(stream), "w", buffering=1) for stream in (1, 2))
    for stream in (1, 2):
        os.dup2(os.open(directory / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    servers = Breakable(directory)
    try:
        servers.start()
        account, judged, mishaps = asyncio.run(ordeal(servers, seconds=options.seconds, seed=options.seed))
    except BaseException:
        traceback.print_exc(file=err)
        err.write(f"it has not come to an end; what the processes wrote is in {directory / 'log'}\n")
        raise
    finally:
        servers.stop()
    err.write(f"mishaps: {_listed(mishaps)}\n")
    err.write(f"judged: {_listed(judged)}\n")
    problems = verdict.problems(account) + verdict.unshown(judged)
    for problem in problems[: verdict.MOST_PROBLEMS]:
        err.write(f"  {problem}\n")
    if problems:
        err.write(f"what the processes wrote is in {directory / 'log'}\n")
    else:
        shutil.rmtree(directory)
    out.write(verdict.line(options.seed, account) + "\n")
    return verdict.exit_code(problems)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


sys.exit(main())
