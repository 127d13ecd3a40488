"""What a claim puts into one message."""

from collections import Counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh_tables import job
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh
from tests.support.mesh_domains import Poked
from workers.mesh.actors import ActorSet, Delivery
from workers.mesh.connection import MeshConnection
from workers.mesh.dispatch import redis_key
from workers.mesh.relay.claiming import Claims
from workers.mesh.relay.survey import Survey, survey
from workers.mesh.roster import Roster

sharing = ActorSet("probe")


@sharing.on(Poked, together=5)
async def share(session: AsyncSession, delivery: Delivery[Poked]) -> None:
    """Is only claimed here."""


async def test_each_message_has_a_lease_of_its_own(mesh: Mesh) -> None:
    relay = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    row = {"tenant_id": mesh.tenant, "name": "probe.share", "payload": {}, "trace": {}, "max_attempts": 3}
    rows = [{**row, "id": new_id(), "lane": int(Lane.INTERACTIVE)} for _ in range(12)]
    async with mesh.transaction() as session:
        await session.execute(job.insert(), rows)
    before = (await survey(relay)).in_flight.get(Lane.INTERACTIVE, 0)

    found = Survey(unshipped=False, due=[Lane.INTERACTIVE], in_flight={}, threads=4)
    claims = Claims(relay, Roster([sharing]), mesh.redis, lease_seconds=30)
    sent = (await claims.dispatch_due(found)).messages

    leases = Counter(row["lease_token"] for row in await mesh.jobs())
    assert (sent, sorted(leases.values())) == (3, [2, 5, 5])
    assert (await survey(relay)).in_flight[Lane.INTERACTIVE] - before == 3
    # Nobody else knows this actor.
    async with mesh.transaction() as session:
        await session.execute(text("DELETE FROM job"))
    await mesh.redis.delete(redis_key("probe", Lane.INTERACTIVE))
    await relay.close()
