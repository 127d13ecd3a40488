"""Metrics say which supergraph is served since when, and what became of the looks at its source."""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric, NumberDataPoint

from router.server.standing import Standing


def read(reader: InMemoryMetricReader) -> dict[str, Metric]:
    data = reader.get_metrics_data()
    assert data is not None
    return {metric.name: metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics}


def points(metric: Metric) -> list[tuple[dict[str, object], int | float]]:
    return [
        (dict(point.attributes or {}), point.value)
        for point in metric.data.data_points
        if isinstance(point, NumberDataPoint)
    ]


def test_looks_are_counted_by_what_came_of_them() -> None:
    reader = InMemoryMetricReader()
    standing = Standing(MeterProvider([reader]).get_meter("test"))
    standing.do_without("away")
    standing.serve("aaa")
    standing.see_again()
    standing.keep()
    standing.refuse("broken")
    standing.serve("bbb")
    found = read(reader)
    counts = {
        attributes["trellis.router.supergraph.result"]: value
        for attributes, value in points(found["trellis.router.supergraph.looks"])
    }
    assert counts == {"unavailable": 1, "served": 2, "unchanged": 2, "refused": 1}
    ((attributes, age),) = points(found["trellis.router.supergraph.age"])
    assert attributes == {"trellis.router.supergraph.id": "bbb"}
    assert age >= 0


def test_nothing_has_no_age() -> None:
    reader = InMemoryMetricReader()
    standing = Standing(MeterProvider([reader]).get_meter("test"))
    standing.do_without("away")
    assert "trellis.router.supergraph.age" not in read(reader)
    assert standing.obstacle == "away"
