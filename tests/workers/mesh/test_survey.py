"""What the relay sees at one look."""

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Lane
from tests.support.mesh import Mesh
from tests.support.mesh_domains import BulkPoke
from workers.mesh.connection import MeshConnection
from workers.mesh.presence import Capacity, Presence
from workers.mesh.relay.survey import survey
from workers.mesh.under_way import UnderWay


async def test_a_lane_that_no_worker_reads_is_not_due(mesh: Mesh) -> None:
    relay = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))
    await relay.rows("DELETE FROM worker")
    await mesh.enqueue(BulkPoke("k"))

    due = []
    for lanes in ([Lane.INTERACTIVE, Lane.PREMIUM], [Lane.STANDARD, Lane.BULK]):
        presence = Presence(new_id(), [relay], Capacity(threads=1, lanes=lanes), UnderWay(), lease_seconds=12)
        await presence.beat(relay)
        due.append(Lane.BULK in (await survey(relay)).due)

    assert due == [False, True]
    await relay.rows("DELETE FROM worker")
    await relay.rows("DELETE FROM job WHERE tenant_id = %(tenant)s", {"tenant": mesh.tenant})
    await relay.close()
