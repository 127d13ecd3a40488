"""Standing back: a worker is nicer than what answers people."""

from __future__ import annotations

import os
import subprocess
import sys

_STAND_BACK = """
import os
from workers.mesh.priority import stand_back
os.setsid()
stand_back(3)
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


def test_a_process_that_stands_back_is_nicer_than_whoever_started_it() -> None:
    done = subprocess.run([sys.executable, "-c", _STAND_BACK], capture_output=True, text=True, check=True)
    assert int(done.stdout) == os.getpriority(os.PRIO_PROCESS, 0) + 3
