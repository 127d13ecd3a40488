"""Servers that may be broken, and a mesh on them with its ledger."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import HASTY, Mesh


@pytest.fixture(scope="session")
def breakable_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breakable]:
    """One pair of servers for all faults."""
    servers = Breakable(tmp_path_factory.mktemp("breakable"))
    servers.start()
    yield servers
    servers.stop()


@pytest.fixture
async def servers(breakable_servers: Breakable) -> Breakable:
    """The servers, running and empty."""
    await breakable_servers.clear()
    return breakable_servers


@pytest.fixture
async def mesh(servers: Breakable) -> AsyncIterator[Mesh]:
    """A mesh on them, without any process yet, in which what died is noticed soon."""
    mesh = Mesh(servers.settings, HASTY)
    yield mesh
    await mesh.close()


@pytest.fixture
def ledger(mesh: Mesh) -> Ledger:
    """The test's ledger."""
    return Ledger(mesh)
