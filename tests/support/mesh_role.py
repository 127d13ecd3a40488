"""Workers and relays of the test domains, as processes that a test may kill: those that the nursery forks."""

import os

import msgspec

import tests.support.mesh_acts  # noqa: F401 - declares actors
from shared_models.kernel.tenancy import Lane
from tests.support import conditions, nursery
from tests.support.mesh_domains import DOMAINS, Chime, mirror, probe
from workers.mesh import broker
from workers.mesh.relay import relay
from workers.mesh.roster import Roster
from workers.mesh.schedules import CatchUp, Schedule
from workers.mesh.worker import run as work

#: What tests of faults wait for most, in seconds: the relay's next look for jobs whose lease has ended, and until a job
#: is tried again whose actor a worker did not know.
_RESCUE_EVERY, _UNKNOWN_ACTOR = 0.2, 0.5


def _roster() -> Roster:
    for actors in (probe, mirror):
        actors.actors.pop(os.environ.get(conditions.UNKNOWN_ACTOR, ""), None)
    return Roster([probe, mirror])


def _work(port: int) -> None:
    conditions.apply()
    broker.UNKNOWN_ACTOR_SECONDS = _UNKNOWN_ACTOR
    work(_roster(), list(Lane), "127.0.0.1", port)


def _relay(port: int) -> None:
    conditions.apply()
    relay.RESCUE_EVERY = _RESCUE_EVERY
    schedules = os.environ.get(conditions.SCHEDULES, "[]")
    for name, cron, zone in msgspec.json.decode(schedules, type=list[tuple[str, str, str]]):
        probe.schedule(Schedule(name=name, cron=cron, zone=zone, job=Chime(name), catch_up=CatchUp.EACH))
    relay.run(_roster(), DOMAINS, "127.0.0.1", port)


if __name__ == "__main__":
    nursery.serve({"work": _work, "relay": _relay})
