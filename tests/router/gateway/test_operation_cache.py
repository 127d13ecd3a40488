"""Whatever clients combine, what the cache of operations keeps is bounded; metrics say what it does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint

from router.execution.executor import Request, execute
from router.gateway.authorise import authorise
from router.gateway.context import RequestContext
from router.gateway.documents import Documents, DocumentSettings
from router.gateway.errors import DocumentError, NotReadyError
from router.gateway.operation_cache import CacheLimits
from router.gateway.operation_metrics import OperationMetrics
from router.gateway.override_labels import override_labels_stage

from ..federation import LINK, TestSubgraph
from ..in_process import Federation, quiet

FIELDS = [f"f{number}" for number in range(7)]
SDL = LINK + "type Query {" + "\n".join(f'{name}: Int @policy(policies: [["{name}"]])' for name in FIELDS) + "}"
OLD = LINK + "type Query {" + " ".join(f"{name}: Int" for name in FIELDS) + "}"
NEW = LINK + "type Query {" + " ".join(f'{name}: Int @override(from: "a", label: "{name}")' for name in FIELDS) + "}"
EVERYTHING = f"{{ {' '.join(FIELDS)} }}"


def subgraph(name: str, sdl: str) -> TestSubgraph:
    return TestSubgraph(name, sdl, {}, lambda *_: None)


class Measured:
    """Metrics as they are read at the moment."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.metrics = OperationMetrics(MeterProvider([self._reader]).get_meter("test"))

    def read(self, name: str, attribute: str = "") -> dict[Any, int | float]:
        """Values, or how often something was measured, by an attribute."""
        data = self._reader.get_metrics_data()
        assert data is not None
        (found,) = (
            metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == f"trellis.router.{name}"
        )
        return {
            (point.attributes or {}).get(f"trellis.router.{attribute}"): (
                point.count if isinstance(point, HistogramDataPoint) else point.value
            )
            for point in found.data.data_points
            if isinstance(point, HistogramDataPoint | NumberDataPoint)
        }


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def held_by(federation: Federation, limits: CacheLimits, pool: ThreadPoolExecutor) -> Documents:
    return Documents(federation.supergraph, DocumentSettings(cache=limits), pool, quiet())


async def test_what_requests_may_not_have_is_bounded(pool: ThreadPoolExecutor) -> None:
    documents = held_by(Federation([subgraph("a", SDL)]), CacheLimits(operations=10), pool)
    for held in product((True, False), repeat=len(FIELDS)):
        policies = frozenset(name for name, holds in zip(FIELDS, held, strict=True) if holds)
        context = RequestContext("POST", {}, policies=policies, cache=documents.cache)
        context.operation = await documents.get(EVERYTHING, None)
        await authorise(context)
        assert len(context.denied.get(0, ())) == len(FIELDS) - len(policies)
        assert len(documents.cache) <= 10
    small = held_by(Federation([subgraph("a", SDL)]), CacheLimits(selections=20), pool)
    for name in FIELDS:
        context = RequestContext("POST", {}, policies=frozenset({name}), cache=small.cache)
        context.operation = await small.get(EVERYTHING, None)
        await authorise(context)
        assert small.cache.selections <= 20


async def test_overrides_that_hold_are_bounded(pool: ThreadPoolExecutor) -> None:
    documents = held_by(Federation([subgraph("a", OLD), subgraph("b", NEW)]), CacheLimits(operations=10), pool)
    stage = override_labels_stage(())
    for held in product((True, False), repeat=len(FIELDS)):
        labels = frozenset(name for name, holds in zip(FIELDS, held, strict=True) if holds)
        context = RequestContext("POST", {}, labels=labels, cache=documents.cache)
        context.operation = await documents.get(EVERYTHING, None)
        await stage(context)
        assert len(documents.cache) <= 10


async def test_conditions_that_clients_combine_are_bounded(pool: ThreadPoolExecutor) -> None:
    # Of one subgraph alone the answer would be passed on as it is.
    other = LINK + "type Query { f6: Int }"
    federation = Federation([subgraph("a", OLD.replace("f6: Int", "g: Int")), subgraph("b", other)])
    documents = held_by(federation, CacheLimits(selections=7 * 50), pool)
    variables = ", ".join(f"$c{name}: Boolean!" for name in FIELDS)
    fields = " ".join(f"{name} @include(if: $c{name})" for name in FIELDS)
    others = [f"query Other{number} {EVERYTHING}" for number in range(30)]
    for query in others:
        await documents.get(query, None)
    fewest = len(documents.cache)
    assert fewest == 30
    for held in product((True, False), repeat=6):
        operation = await documents.get(f"query({variables}) {{ {fields} }}", None)
        values = {f"c{name}": holds for name, holds in zip(FIELDS, (*held, True), strict=True)}
        await execute(operation, Request(values, {}), federation.transport)
        assert documents.cache.selections <= 7 * 50
        fewest = min(fewest, len(documents.cache))
    assert fewest < 20


async def test_equal_forms_are_compiled_once(pool: ThreadPoolExecutor) -> None:
    documents = held_by(Federation([subgraph("a", SDL)]), CacheLimits(), pool)
    contexts = [RequestContext("POST", {}, cache=documents.cache) for _ in range(20)]
    for context in contexts:
        context.operation = await documents.get(EVERYTHING, None)
    await asyncio.gather(*(authorise(context) for context in contexts))
    assert len({id(context.operation) for context in contexts}) == 1


async def test_so_many_forms_wait_and_no_more(pool: ThreadPoolExecutor) -> None:
    documents = held_by(Federation([subgraph("a", SDL)]), CacheLimits(waiting=2), pool)
    operation = await documents.get(EVERYTHING, None)
    free = threading.Event()
    pool.submit(free.wait, 60)
    contexts = [
        RequestContext("POST", {}, policies=frozenset({name}), cache=documents.cache, operation=operation)
        for name in FIELDS[:3]
    ]
    waiting = [asyncio.create_task(authorise(context)) for context in contexts[:2]]
    await asyncio.sleep(0)
    with pytest.raises(NotReadyError):
        await authorise(contexts[2])
    free.set()
    await asyncio.gather(*waiting)


async def test_metrics_say_what_the_cache_does(pool: ThreadPoolExecutor) -> None:
    measured = Measured()
    federation = Federation([subgraph("a", OLD)])
    settings = DocumentSettings(cache=CacheLimits(operations=2, waiting=1))
    documents = Documents(federation.supergraph, settings, pool, measured.metrics)
    measured.metrics.observe(lambda: (len(documents.cache), documents.cache.selections))
    free = threading.Event()
    pool.submit(free.wait, 60)
    waiting = [asyncio.create_task(documents.get("{ f0 }", None)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(NotReadyError):
        await documents.get("{ f1 }", None)
    free.set()
    await asyncio.gather(*waiting)
    for query in ("{ f0 }", "{ f1 f2 }", "{ f3 f4 f5 }"):
        await documents.get(query, None)
    for refused in ("{ nothing }", "{"):
        with pytest.raises(DocumentError):
            await documents.get(refused, None)
    results = measured.read("operation_cache.requests", "operation_cache.result")
    assert results == {"hit": 1, "miss": 5, "coalesced": 2, "refused": 1}
    assert measured.read("operation_cache.evictions") == {None: 1}
    assert measured.read("operation_cache.operations") == {None: 2}
    assert measured.read("operation_cache.selections") == {None: 5}
    phases = measured.read("operation.phase.duration", "operation.phase")
    assert phases == {"parse": 1, "validate": 1, "plan": 3}


async def test_counts_go_on_with_another_supergraph(pool: ThreadPoolExecutor) -> None:
    measured = Measured()
    for _ in range(2):
        federation = Federation([subgraph("a", OLD)])
        documents = Documents(federation.supergraph, DocumentSettings(), pool, measured.metrics)
        await documents.get("{ f0 }", None)
    assert measured.read("operation_cache.requests", "operation_cache.result") == {"miss": 2}


async def test_what_no_cache_can_hold_is_no_obstacle_to_another_supergraph(pool: ThreadPoolExecutor) -> None:
    federation = Federation([subgraph("a", OLD)])
    before = held_by(federation, CacheLimits(), pool)
    await before.get(EVERYTHING, None)
    after = held_by(federation, CacheLimits(selections=1), pool)
    await after.warm_up(before, 10, 60)
    assert len(after.cache) == 0
