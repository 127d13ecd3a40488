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
# In the meantime of each job of the trickle: those of the flood that have ended between its commit and its end.
_PASSED_BY = f"""
SELECT (
    SELECT count(*) FROM job AS other
    WHERE other.name = '{Idle.name()}' AND other.finished_at BETWEEN job.created_at AND job.finished_at
)
FROM job WHERE name = '{Poke.name()}'
"""
_EBB = f"DELETE FROM job WHERE name = '{Idle.name()}' AND state = 'queued'"


async def test_fault_13_a_trickle_beside_a_flood(servers: Breakable, mesh: Mesh, ledger: Ledger) -> None:
    async with await servers.administer("probe") as connection:
        await connection.execute(_FLOOD, [uuid4()])
        await connection.execute("ANALYZE job")
        mesh.start("relay")
        mesh.start("work")
        for number in range(1, 16):
            await ledger.commit(Poke(f"k{number}"))
            await mesh.until_effects("poke", number, seconds=60)
        passed_by = [passed async for (passed,) in await connection.execute(_PASSED_BY)]
        # As many as are in flight when it comes, and some beside it; not those that were there before it.
        assert len(passed_by) == 15
        assert max(passed_by) < 100
        await connection.execute(_EBB)
    assert (await ledger.settled()).problems == []
