"""A worker or a relay of the test domains, as a process that a test may kill: `mesh_role.py work|relay PORT`."""

import sys

from shared_models.kernel.tenancy import Lane
from tests.support.mesh_domains import DOMAINS, ROSTER

if __name__ == "__main__":
    role, port = sys.argv[1], int(sys.argv[2])
    if role == "work":
        from workers.mesh.worker import run as work

        work(ROSTER, list(Lane), "127.0.0.1", port)
    else:
        from workers.mesh.relay.relay import run as relay

        relay(ROSTER, DOMAINS, "127.0.0.1", port)
