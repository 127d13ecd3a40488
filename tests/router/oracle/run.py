"""Runs of the oracle: which seed makes which graph, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from .case import Difference, Graph, GraphText, RefusedError
from .deferring import sprinkled
from .random_graph import GraphMaker
from .random_operation import OperationMaker, RandomOperation
from .random_world import WorldMaker

NOTHING = RandomOperation("{ __typename }", ({},))


@dataclass(frozen=True)
class Failure:
    """A graph and an operation for which the router is wrong; the seed makes them again."""

    seed: str
    graph: GraphText
    operation: RandomOperation
    difference: Difference


@dataclass
class Statistics:
    """What a run saw."""

    graphs: int = 0
    unsatisfiable: int = 0
    operations: int = 0
    requests: int = 0
    differences: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.graphs} graphs ({self.unsatisfiable} unsatisfiable), {self.operations} operations, "
            f"{self.requests} subgraph requests, differences: {dict(self.differences) or 'none'}"
        )


def graph_of(seed: str) -> tuple[GraphText, bool]:
    """The graph that a seed makes, and whether composition must accept it."""
    random = Random(seed)
    maker = GraphMaker(random)
    layout = maker.make()
    records = WorldMaker(random, layout, maker.required, random.random() < 0.15).make()
    subgraphs = {name: layout.sdl(name) for name in layout.parts if layout.says_something(name)}
    return GraphText(subgraphs, layout.api(), records), maker.certain


def failures(seed: str, operations: int, statistics: Statistics) -> Iterator[Failure]:
    """What is wrong with one graph: its composition, or the answers to some operations."""
    text, certain = graph_of(seed)
    statistics.graphs += 1
    try:
        graph = Graph(text)
    except RefusedError as refused:
        if certain or refused.reachable or refused.codes != {"SATISFIABILITY_ERROR"}:
            statistics.differences["composition"] += 1
            detail = "".join(f"\nbut it can: {message}" for message in refused.reachable)
            yield Failure(seed, text, NOTHING, Difference("composition", f"{refused}{detail}"))
        else:
            statistics.unsatisfiable += 1
        return
    ids = [str(record["id"]) for record in text.records.values() if "id" in record]
    maker = OperationMaker(Random(f"{seed} operations"), graph.api, [*ids[:6], "nobody"])
    deferring = Random(f"{seed} deferring")
    for _ in range(operations):
        operation = _made(maker, deferring)
        found = graph.difference(operation.query, operation.assignments)
        while found is not None and found.kind == "plan" and graph.problems(operation.query):
            operation = _made(maker, deferring)
            found = graph.difference(operation.query, operation.assignments)
        statistics.operations += 1
        if found is not None:
            statistics.differences[found.kind] += 1
            yield Failure(seed, text, operation, found)
    statistics.requests += graph.requests


def _made(maker: OperationMaker, deferring: Random) -> RandomOperation:
    """One in three defers something."""
    operation = maker.make()
    if deferring.random() < 2 / 3:
        return operation
    return replace(operation, query=sprinkled(operation.query, deferring))
