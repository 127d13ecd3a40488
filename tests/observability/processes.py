"""Programs of these tests, run as real processes."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What must not leak in from the machine that runs the tests.
_FOREIGN = ("OTEL_", "TRELLIS_", "SENTRY_")


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"PYTHONPATH": str(ROOT), "OTEL_BSP_SCHEDULE_DELAY": "20"} | settings


@contextmanager
def running(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """`python ARGUMENTS`, stopped by SIGTERM at the end. stdout is a pipe, stderr too."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(**settings),
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def wait_for_line(process: subprocess.Popen[str], part: str, timeout: float = 60.0) -> str:
    """The first line on stderr that contains `part`; the process is killed when none comes in `timeout` seconds."""
    assert process.stderr is not None
    # Not `select`: of several lines that come at once, it sees none that the stream has read ahead.
    patience = threading.Timer(timeout, process.kill)
    patience.start()
    seen: list[str] = []
    try:
        for line in process.stderr:
            seen.append(line)
            if part in line:
                return line
    finally:
        patience.cancel()
    raise AssertionError(f"no line with {part!r} in: {''.join(seen)}")


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS` to its end; fails unless it ends well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment(**settings),
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
