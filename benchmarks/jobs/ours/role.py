"""A worker or a relay of the benchmark's domain: `python -m benchmarks.jobs.ours.role work|relay PORT`."""

import sys

from benchmarks.jobs.ours.domain import ROSTER
from shared_models.kernel.tenancy import Lane

if __name__ == "__main__":
    role, port = sys.argv[1], int(sys.argv[2])
    if role == "work":
        from workers.mesh.worker import run as work

        work(ROSTER, list(Lane), "127.0.0.1", port)
    else:
        from workers.mesh.relay.relay import run as relay

        relay(ROSTER, ["bench"], "127.0.0.1", port)
