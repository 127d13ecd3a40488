"""One run of the nemesis: load and mishaps for so many seconds, then rest, then the reckoning."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from random import Random

from tests.support.breakable import Breakable
from tests.support.ledger import Account, Ledger
from tests.support.mesh import Mesh
from tests.workers.mesh.nemesis.fleet import launched
from tests.workers.mesh.nemesis.load import Load
from tests.workers.mesh.nemesis.mishaps import Mishaps

#: Mean seconds between two commits, and between two mishaps.
BETWEEN_COMMITS, BETWEEN_MISHAPS = 0.1, 1.5

#: How long what is left may take when nothing breaks any more: retries wait, and so do those whose workers have died.
REST_SECONDS = 180.0


async def ordeal(servers: Breakable, *, seconds: float, seed: int) -> tuple[Account, dict[str, int]]:
    """Runs it; returns the reckoning, and how often what has struck."""
    way = await servers.way()
    mesh = Mesh(way.settings)
    ledger = Ledger(mesh)
    try:
        fleet = await launched(mesh, servers, workers=2, relays=2)
        ways = [way, *(berth.way for berth in fleet.berths)]
        mishaps = Mishaps(mesh, servers, fleet, ways, Random(f"mishaps {seed}"))
        load = asyncio.create_task(Load(mesh, ledger, Random(f"load {seed}"), pause=BETWEEN_COMMITS).run())
        await mishaps.run(seconds=seconds, pause=BETWEEN_MISHAPS)
        await _ended(load)
        resting = asyncio.create_task(_kept_up(fleet.ensure))
        account = await ledger.settled(REST_SECONDS)
        await _ended(resting)
        return account, mishaps.counts
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
