"""A tenant with very many jobs beside one with a few."""

from uuid import uuid4

from shared_models.kernel.tenancy import Lane
from tests.support.breakable import Breakable
from tests.support.ledger import Ledger
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Idle, Poke

FLOOD = 100_000

_FLOOD = f"""
INSERT INTO job (id, tenant_id, name, payload, trace, lane, max_attempts)
SELECT gen_random_uuid(), %s, '{Idle.name()}', '{{}}', '{{}}', {int(Lane.STANDARD)}, 3 FROM generate_series(1, {FLOOD})
"""
_NOW = "SELECT clock_timestamp()"
# Those of the flood that have ended between the commit of a job of the trickle and its end.
_PASSED_BY = f"""
SELECT count(other.id) FROM job JOIN job AS other
ON other.name = '{Idle.name()}' AND other.finished_at BETWEEN %s AND job.finished_at
WHERE job.id = %s
"""
_EBB = f"DELETE FROM job WHERE name = '{Idle.name()}' AND state = 'queued'"


async def test_fault_13_a_trickle_beside_a_flood(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    async with await servers.administer("probe") as connection:
        await connection.execute(_FLOOD, [uuid4()])
        await connection.execute("ANALYZE job")
        mesh.start("relay")
        mesh.start("work")
        for number in range(1, 16):
            (id,) = await ledger.commit(Poke(f"k{number}"))
            committed = await (await connection.execute(_NOW)).fetchone()
            assert committed
            await mesh.until_effects("poke", number)
            passed_by = await (await connection.execute(_PASSED_BY, [*committed, id])).fetchone()
            # As many as are in flight when it comes, and some beside it; not those that were there before it.
            assert passed_by
            assert passed_by[0] < 100
        await connection.execute(_EBB)
    assert (await ledger.settled()).problems == []
