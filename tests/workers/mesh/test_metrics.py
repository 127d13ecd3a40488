"""What SREs see of the mesh in numbers."""

from __future__ import annotations

from uuid import UUID

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint

from shared_models.kernel.database import RELAY_ROLE, database_url
from shared_models.kernel.tenancy import Lane, Tier
from tests.support.mesh import Mesh
from tests.support.mesh_domains import BulkPoke, Poke
from workers.mesh.connection import MeshConnection
from workers.mesh.metrics import Kind, Outcome, QueueCensus, RelayMetrics, WorkerMetrics
from workers.mesh.relay.census import take_census

KIND = Kind("orders", "default", Lane.PREMIUM, Tier.PREMIUM)


class Reader:
    """A meter whose values can be read."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.meter = MeterProvider([self._reader]).get_meter("test")

    def points(self, name: str) -> list[NumberDataPoint | HistogramDataPoint]:
        data = self._reader.get_metrics_data()
        assert data is not None
        return [
            point  # type: ignore[misc]
            for scope in data.resource_metrics[0].scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


def test_an_attempt_has_its_queue_lane_tier_and_end() -> None:
    reader = Reader()
    metrics = WorkerMetrics(reader.meter)
    metrics.started(KIND, 0.2)
    metrics.ended(KIND, Outcome.RETRY, 1.5, "STRIPE_AWAY")
    (attempt,) = reader.points("messaging.process.duration")
    assert isinstance(attempt, HistogramDataPoint)
    assert (attempt.count, attempt.sum) == (1, 1.5)
    assert dict(attempt.attributes or {}) == {
        "messaging.system": "trellis",
        "messaging.destination.name": "orders.default",
        "trellis.domain": "orders",
        "trellis.queue": "default",
        "trellis.lane": "premium",
        "trellis.tier": "premium",
        "trellis.outcome": "retry",
        "error.type": "STRIPE_AWAY",
    }
    (wait,) = reader.points("trellis.job.wait")
    assert isinstance(wait, HistogramDataPoint)
    assert wait.sum == 0.2


def test_a_relay_tells_of_what_it_leads_and_of_nothing_else() -> None:
    reader = Reader()
    metrics = RelayMetrics(reader.meter)
    metrics.seen("orders", [QueueCensus(KIND, due=7, scheduled=2, blocked=1, in_flight=3, dead=4, age=12.5)])
    metrics.rescued("orders", "queued")
    metrics.rescued("orders", "queued")
    metrics.rescued("orders", "dead")
    metrics.shipped("orders", 3)
    metrics.shipped("billing", 1)
    metrics.dispatched("orders", 5)
    values = {
        name: [point.value for point in reader.points(f"trellis.job.{name}") if isinstance(point, NumberDataPoint)]
        for name in ("due", "scheduled", "blocked", "in_flight", "dead", "age")
    }
    assert values == {"due": [7], "scheduled": [2], "blocked": [1], "in_flight": [3], "dead": [4], "age": [12.5]}
    rescued = {
        dict(point.attributes or {})["trellis.job.state"]: point.value
        for point in reader.points("trellis.relay.rescued")
        if isinstance(point, NumberDataPoint)
    }
    assert rescued == {"queued": 2, "dead": 1}
    moved = {
        (name, dict(point.attributes or {})["trellis.domain"]): point.value
        for name in ("shipped", "dispatched")
        for point in reader.points(f"trellis.relay.{name}")
        if isinstance(point, NumberDataPoint)
    }
    assert moved == {("shipped", "orders"): 3, ("shipped", "billing"): 1, ("dispatched", "orders"): 5}
    metrics.seen("orders", [])
    assert reader.points("trellis.job.due") == []


async def test_the_census_counts_by_lane_and_tier(mesh: Mesh) -> None:
    relay = MeshConnection("probe", database_url(mesh.settings, "probe", role=RELAY_ROLE))

    async def due() -> dict[Lane, int]:
        return {found.kind.lane: found.due for found in await take_census(relay)}

    before = await due()
    ids: list[UUID] = await mesh.enqueue(Poke("a"), Poke("b"), BulkPoke("c"))
    after = await due()
    assert {lane: after[lane] - before.get(lane, 0) for lane in (Lane.STANDARD, Lane.BULK)} == {
        Lane.STANDARD: 2,
        Lane.BULK: 1,
    }
    await relay.rows("DELETE FROM job WHERE id = ANY(%(ids)s)", {"ids": ids})
    await relay.close()
