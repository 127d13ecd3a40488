"""A PostgreSQL that restarts, crashes, has no connection left, or cannot forget."""

import asyncio
import signal

import psycopg
import pytest

from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Linger, Outside, Poke

_CONNECTIONS_OF_DOMAINS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'trellis_probe'"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stops", "crashes"])
async def test_fault_6_a_postgres_that_restarts(
    how: signal.Signals, servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(
        *(Poke(f"k{number}") for number in range(60)), *(Linger(f"l{number}", 0.5) for number in range(6))
    )
    await mesh.until_effects("poke", 5)
    restarting = asyncio.create_task(servers.restart(servers.postgres, how))
    number = 0
    while not restarting.done():
        number += 1
        await ledger.commit(Poke(f"meanwhile {number}"))
        await asyncio.sleep(0.05)
    await restarting
    await ledger.commit(Poke("after"))
    assert (await ledger.settled()).problems == []


async def test_fault_6_no_connection_is_left_when_jobs_finish(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    await ledger.commit(*(Outside(f"o{number}", seconds=1.5) for number in range(4)))
    await mesh.until_running(4)
    hoard: list[psycopg.AsyncConnection] = []
    with pytest.raises(psycopg.OperationalError, match=r"too many clients|reserved"):
        while True:
            hoard.extend(await asyncio.gather(*(servers.administer("probe") for _ in range(10))))
    await hoard[0].execute(_CONNECTIONS_OF_DOMAINS)
    for _ in range(20):  # takes the places of those, too
        try:
            hoard.append(await servers.administer("probe"))
        except psycopg.OperationalError:
            break
    await asyncio.sleep(2.0)  # the jobs come to their end
    for connection in hoard:
        await connection.close()
    assert (await ledger.settled()).problems == []


async def test_fault_14_a_snapshot_that_is_held_open(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    mesh.start("relay")
    mesh.start("work")
    async with await servers.administer("probe") as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SELECT count(*) FROM job")
        for number in range(4):
            await ledger.commit(*(Poke(f"k{number}/{each}") for each in range(40)))
        assert (await ledger.settled()).problems == []
