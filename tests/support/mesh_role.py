"""Workers and relays of the test domains, as processes that a test may kill: those that the nursery forks."""

import os

from shared_models.kernel.tenancy import Lane
from tests.support import conditions, nursery
from tests.support.mesh_domains import DOMAINS, ROSTER
from workers.mesh.relay import relay
from workers.mesh.worker import run as work


def _work(port: int) -> None:
    conditions.apply()
    ROSTER.actors.pop(os.environ.get(conditions.UNKNOWN_ACTOR, ""), None)
    work(ROSTER, list(Lane), "127.0.0.1", port)


def _relay(port: int) -> None:
    conditions.apply()
    relay.run(ROSTER, DOMAINS, "127.0.0.1", port)


if __name__ == "__main__":
    nursery.serve({"work": _work, "relay": _relay})
