"""What is asked in each row, and how it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.report import percentile
from benchmarks.router import alike
from benchmarks.router.load import Client
from benchmarks.router.running import Server

_OPERATIONS = Path(__file__).parent / "operations"
_MANY = 8
"""Clients at once, beside one alone."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: seconds for each burst of requests, operations to plan, rounds over all gateways."""

    rounds: int
    seconds: float
    planned: int


@dataclass(slots=True)
class Measured:
    """A gateway's figures in a row: for each name one value a round. `calls` is what one request asks of subgraphs."""

    name: str
    calls: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)


@dataclass(frozen=True, slots=True)
class Steady:
    """The same operation again and again, planned long before."""

    letter: str
    title: str
    file: str
    most: int = 1_000_000
    graph: str = "shop"

    @property
    def body(self) -> bytes:
        """The request of a client."""
        return msgspec.json.encode({"query": (_OPERATIONS / self.file).read_text(encoding="utf-8")})

    async def warm(self, server: Server, effort: Effort) -> None:
        """Time to compile what is compiled when it is used."""
        async with Client(server.url) as client:
            await client.burst(self.body, _MANY, 2 * effort.seconds, self.most)

    async def measure(self, server: Server, measured: Measured, effort: Effort, _: int) -> None:
        """One round: one client alone, then many at once."""
        async with Client(server.url) as client:
            alone = await client.burst(self.body, 1, effort.seconds, self.most)
            before = server.seconds
            many = await client.burst(self.body, _MANY, effort.seconds, self.most)
            used = server.seconds - before
        measured.add(
            # A burst asks once before it begins to count.
            seconds_per_1000=used / (len(many.latencies) + 1) * 1000,
            p50_alone=percentile(alone.latencies, 50),
            p99_alone=percentile(alone.latencies, 99),
            p50_many=percentile(many.latencies, 50),
            p99_many=percentile(many.latencies, 99),
            rss=server.resident,
            pss=server.proportional,
        )


@dataclass(frozen=True, slots=True)
class Planning:
    """Operations that nobody has asked before, one after the other: each has to be planned."""

    letter: str
    title: str
    graph: str = "alike"

    @property
    def body(self) -> bytes:
        """The request that is compared among gateways, and not measured."""
        return _alike(0)

    async def warm(self, server: Server, effort: Effort) -> None:
        """Nothing: a first request is what is measured."""

    async def measure(self, server: Server, measured: Measured, effort: Effort, round_: int) -> None:
        """One round: a few new operations, the same ones for every gateway."""
        first = 1 + round_ * effort.planned
        before = server.seconds
        async with Client(server.url) as client:
            latencies = [await client.timed(_alike(seed)) for seed in range(first, first + effort.planned)]
        measured.add(
            seconds_per_1000=(server.seconds - before) / effort.planned * 1000,
            p50_alone=percentile(latencies, 50),
            p99_alone=max(latencies),
            rss=server.resident,
            pss=server.proportional,
        )


def _alike(seed: int) -> bytes:
    return msgspec.json.encode({"query": alike.operation(seed)})


Row = Steady | Planning

ROWS: Mapping[str, Row] = {
    row.letter: row
    for row in (
        Steady("a", "a tiny query of one subgraph", "tiny.graphql"),
        Steady("b", "a deep query of four subgraphs", "deep.graphql"),
        Steady("c", "8 MB from one fetch", "large.graphql", most=24),
        Planning("d", "the first request of an operation over seven nearly identical subgraphs"),
    )
}
