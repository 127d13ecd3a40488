"""Around the commit of whoever enqueues."""

from collections.abc import AsyncIterator

import pytest

from tests.support.breakable import Breakable, Way
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh, once
from tests.support.mesh_domains import Poke
from tests.support.proxy import Fate


@pytest.fixture
async def way(servers: Breakable) -> Way:
    """The way of whoever enqueues."""
    return await servers.way()


@pytest.fixture
async def mesh(way: Way, servers: Breakable) -> AsyncIterator[Mesh]:
    """A mesh whose enqueuer goes by that way, and whose roles do not."""
    mesh = Mesh(way.settings)
    mesh.start_at(servers.settings, "relay")
    mesh.start_at(servers.settings, "work")
    yield mesh
    await mesh.close()


async def test_fault_1_what_is_rolled_back_is_never_carried_out(mesh: Mesh, ledger: Ledger) -> None:
    await ledger.commit(Poke("before"))
    await ledger.roll_back(Poke("never"), Poke("nor this"))
    await ledger.commit(Poke("after"))
    assert (await ledger.settled()).problems == []
    assert await mesh.effects("poke") == once(["before", "after"])


async def test_fault_1_a_crash_before_the_commit_arrives_leaves_nothing(mesh: Mesh, ledger: Ledger, way: Way) -> None:
    trap = way.postgres.trap(b"COMMIT", Fate.BROKEN, after=b"INSERT INTO job")
    await ledger.commit(Poke("unfinished"))
    await ledger.commit(Poke("next"))
    assert not trap.is_set
    assert len(ledger.unknown) == 1
    assert (await ledger.settled()).problems == []
    assert await mesh.effects("poke") == once(["next"])


async def test_fault_1_a_crash_before_the_commit_is_answered_is_a_commit(mesh: Mesh, ledger: Ledger, way: Way) -> None:
    way.postgres.trap(b"COMMIT", Fate.UNANSWERED, after=b"INSERT INTO job")
    await ledger.commit(Poke("unanswered"))
    await ledger.commit(Poke("next"))
    assert len(ledger.unknown) == 1
    assert (await ledger.settled()).problems == []
    assert await mesh.effects("poke") == once(["unanswered", "next"])
