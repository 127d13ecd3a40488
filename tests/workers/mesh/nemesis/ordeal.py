"""One run of the nemesis: load and mishaps for so many seconds, then rest, then the reckoning."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.support.breakable import Breakable
from tests.support.ledger import Account, Ledger
from tests.support.mesh import HASTY, Mesh
from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.fleet import launched
from tests.workers.mesh.nemesis.load import Load
from tests.workers.mesh.nemesis.mishaps import Mishaps
from tests.workers.mesh.nemesis.promises import ticking, weighted
from tests.workers.mesh.nemesis.record import read

#: Mean seconds between two commits, and between two mishaps.
BETWEEN_COMMITS, BETWEEN_MISHAPS = 0.1, 1.5

#: Of all processes: a schedule, and a history that begins soon enough to be met.
ENVIRONMENT = {**ticking.ENVIRONMENT, "TRELLIS_JOB_LINGER_SECONDS": "5"}

#: How long what is left may take when nothing breaks any more: retries wait, and so do those whose workers have died.
REST_SECONDS = 180.0


class Ordeal(NamedTuple):
    """What a run has come to: the reckoning, how many of each kind of promise were judged, and what has struck."""

    account: Account
    judged: dict[str, int]
    mishaps: dict[str, int]


async def ordeal(servers: Breakable, *, seconds: float, seed: int) -> Ordeal:
    """Runs it."""
    way = await servers.way()
    mesh = Mesh(way.settings, HASTY)
    ledger = Ledger(mesh)
    customer = Customer(mesh, ledger, Random(f"load {seed}"))
    promises = weighted(customer)
    try:
        fleet = await launched(mesh, servers, ENVIRONMENT, workers=2, relays=2)
        ways = [way, *(berth.way for berth in fleet.berths)]
        mishaps = Mishaps(mesh, servers, fleet, ways, Random(f"mishaps {seed}"))
        kinds = {promise.ask: weight for promise, weight in promises.items()}
        load = asyncio.create_task(Load(customer, kinds, pause=BETWEEN_COMMITS).run())
        await mishaps.run(seconds=seconds, pause=BETWEEN_MISHAPS)
        await _ended(load)
        resting = asyncio.create_task(_kept_up(fleet.ensure))
        account = await ledger.settled(REST_SECONDS)
        await _ended(resting)
        record = await read(mesh.settings)
        judged = {promise.name: promise.reckon(record, account) for promise in promises}
        return Ordeal(account, judged, mishaps.counts)
    finally:
        await mesh.close()


async def _kept_up(ensure: Callable[[], None]) -> None:
    """What a supervisor does."""
    while True:
        ensure()
        await asyncio.sleep(0.5)


async def _ended(task: asyncio.Task[None]) -> None:
    """Ends a task that would go on for ever; raises what it has failed with."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
