"""All of it at once, for a little while. `make nemesis` is the same for longer."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.support.breakable import Breakable
from tests.support.ledger import Account, Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poke, chimed
from tests.workers.mesh.nemesis import verdict
from tests.workers.mesh.nemesis.ordeal import ordeal

_LINE = r"nemesis seed=17 committed=\d+ terminal=\d+ effects=\d+ doubled=0 lost=0"


async def test_fault_17_everything_breaks_at_random(servers: Breakable) -> None:
    account, _, mishaps = await ordeal(servers, seconds=10, seed=17)
    assert verdict.problems(account) == []
    assert verdict.exit_code(verdict.problems(account)) == 0
    assert re.fullmatch(_LINE, verdict.line(17, account))
    assert mishaps


async def test_the_reckoning_finds_what_is_doubled_and_what_is_lost(
    servers: Breakable, mesh: Mesh, ledger: Ledger
) -> None:
    relay = mesh.start("relay")
    mesh.start("work")
    ids = await ledger.commit(*(Poke(f"k{number}") for number in range(6)))
    await ledger.roll_back(Poke("never"))
    assert (await ledger.settled()).problems == []
    await relay.stop()  # nobody carries out what is spoilt below

    async def found(statement: str, *values: str | UUID) -> Account:
        """What the ledger finds when the record is spoilt by a statement."""
        async with await servers.administer("probe") as connection:
            await connection.execute(statement.encode(), values)
        account = await ledger.reckoned()
        assert verdict.exit_code(verdict.problems(account)) == 1
        return account

    one_more = "INSERT INTO effect (key, tenant_id, actor) SELECT %s, tenant_id, %s FROM effect LIMIT 1"
    account = await found(one_more, "k0", "poke")
    assert (account.doubled, account.lost) == (1, 0)
    account = await found("DELETE FROM effect WHERE key = %s", "k1")
    assert (account.doubled, account.lost) == (1, 1)
    account = await found("DELETE FROM job WHERE id = %s", ids[2])
    assert (account.doubled, account.lost, account.terminal) == (1, 2, 5)
    account = await found("UPDATE job SET state = 'queued' WHERE id = %s", ids[3])
    assert (account.doubled, account.lost, account.terminal) == (1, 3, 4)
    account = await found("UPDATE job SET state = 'cancelled' WHERE id = %s", ids[4])
    assert (account.doubled, account.lost) == (2, 3)
    account = await found(one_more, "never", "outside")
    assert (account.doubled, account.lost) == (3, 3)
    assert verdict.line(17, account).endswith("committed=6 terminal=4 effects=19 doubled=3 lost=3")


async def test_the_reckoning_finds_ticks_that_are_doubled_and_lost(servers: Breakable, ledger: Ledger) -> None:
    once, twice, never, maybe, maybe_twice = ticks = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(5)]
    ledger.expect_ticks("hourly", [once, twice, never])
    ledger.allow_ticks("hourly", [maybe, maybe_twice, ticks[-1] + timedelta(hours=1)])
    async with await servers.administer("probe") as connection:
        for tick in (once, twice, twice, maybe, maybe_twice, maybe_twice):
            await connection.execute("INSERT INTO effect (key, actor) VALUES (%s, 'chime')", [chimed("hourly", tick)])
    account = await ledger.reckoned()
    assert sorted(account.problems) == [
        f"{chimed('hourly', twice)} has had 2 effects",
        f"{chimed('hourly', never)} has had no effect",
        f"{chimed('hourly', maybe_twice)} has had 2 effects",
    ]
    assert (account.doubled, account.lost) == (2, 1)


@pytest.mark.parametrize("account", [Account(), Account(2, 1, 2), Account(2, 2, 0)])
def test_a_run_that_shows_nothing_has_failed(account: Account) -> None:
    assert verdict.exit_code(verdict.problems(account)) == 1
