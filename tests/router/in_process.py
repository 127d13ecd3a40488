"""The router's execution over subgraphs in the same process: no sockets, everything else is real."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from opentelemetry.metrics import NoOpMeter

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from router.execution.compiled import CompiledOperation, compile_deferring
from router.execution.deferred import Increment, execute_deferring
from router.execution.executor import Request, execute, subscribe
from router.execution.transport import SubgraphRequest
from router.gateway.documents import DocumentSettings, compile_document
from router.gateway.limits import Limits
from router.gateway.operation_cache import CacheLimits, OperationCache
from router.gateway.operation_metrics import OperationMetrics
from router.gateway.pipeline import encode_response
from router.supergraph.model import Supergraph
from router.supergraph.reading import read_supergraph

from .federation import TestSubgraph

GENEROUS = DocumentSettings(limits=Limits(depth=50, aliases=1_000, fields=100_000, tokens=100_000))


class InProcess:
    """A transport that executes."""

    def __init__(self, subgraphs: Sequence[TestSubgraph]) -> None:
        self.by_name = {subgraph.name: subgraph for subgraph in subgraphs}

    async def send(self, request: SubgraphRequest) -> bytes:
        answer = await self.by_name[request.subgraph.name].answer(json.loads(request.body))
        return msgspec.json.encode(answer)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        async for event in self.by_name[request.subgraph.name].events(json.loads(request.body)):
            yield msgspec.json.encode(event)


def quiet() -> OperationMetrics:
    """Metrics that nobody reads."""
    return OperationMetrics(NoOpMeter("test"))


def cache(limits: CacheLimits | None = None) -> OperationCache:
    """A cache of operations by itself."""
    return OperationCache(limits or CacheLimits(), ThreadPoolExecutor(1), quiet())


class Federation:
    """Composed subgraphs, ready to be asked."""

    def __init__(self, subgraphs: Sequence[TestSubgraph]) -> None:
        self.subgraphs = {subgraph.name: subgraph for subgraph in subgraphs}
        self.sdl = compose([SubgraphSource(s.name, f"http://{s.name}/", s.sdl) for s in subgraphs]).sdl
        self.supergraph: Supergraph = read_supergraph(self.sdl)
        self.transport = InProcess(subgraphs)

    def compile(self, query: str) -> CompiledOperation:
        return compile_document(self.supergraph, query, None, GENEROUS)

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The response as the client would decode it."""
        response = await execute(self.compile(query), Request(variables or {}, {}), self.transport)
        decoded: dict[str, Any] = json.loads(encode_response(response))
        return decoded

    async def ask_deferring(self, query: str, variables: Mapping[str, Any] | None = None) -> list[Increment]:
        """Every message of an operation that defers."""
        given = variables or {}
        operation = self.compile(query)
        assert operation.deferral is not None
        deferring = compile_deferring(operation, operation.deferral, operation.deferral.holding(given))
        return [item async for item in execute_deferring(deferring, Request(given, {}), self.transport)]

    async def listen(self, query: str, variables: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All responses of a subscription."""
        return [
            json.loads(encode_response(response))
            async for response in subscribe(self.compile(query), Request(variables or {}, {}), self.transport)
        ]
