"""The one object that the stages of a request pass along."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from graphql import OperationType

from router.execution.compiled import CompiledOperation
from router.execution.deferred import Increment
from router.execution.errors import FieldError
from router.execution.executor import Response
from router.execution.uploaded_file import PlacedFile
from router.gateway.incremental_form import IncrementalForm
from router.gateway.media_type import MediaType
from router.gateway.operation_cache import OperationCache
from router.gateway.returned_headers import ReturnedHeaders


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What the client asks, as it came. `query` may be empty where a document is named instead."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict)
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: the claims of a verified token, and when (Unix seconds) it ends."""

    claims: Mapping[str, object]
    expires_at: float

    @property
    def scopes(self) -> frozenset[str]:
        """Of the `scope` claim (space separated) or a `scopes` list."""
        scope = self.claims.get("scope")
        return frozenset(scope.split()) if isinstance(scope, str) else self._listed("scopes")

    @property
    def policies(self) -> frozenset[str]:
        """Of a `policies` list."""
        return self._listed("policies")

    def _listed(self, claim: str) -> frozenset[str]:
        found = self.claims.get(claim)
        return frozenset(str(item) for item in found) if isinstance(found, list) else frozenset()


@dataclass(slots=True)
class RequestContext:
    """A request on its way. A stage fills what the stages after it read.

    `headers` have lower-case names. `client_address` is where the request came from, None where that has no address.
    `uploads` are the files of a multipart request, whose `body` is then the field `operations`. `incremental` says in
    which form the client takes what comes in parts, None that it takes one response. `operation` and the `cache` that
    it is from are set by the document stage, then `variables` with `files` that belong into them, then either
    `response` or, for a subscription, `events`; for what comes in parts `increments`, of which `events` are made.
    `denied` are errors for fields this request may not have, by the deferred part that these are in. `labels` are those
    of overrides that hold for it, `policies` those that a stage found it to meet, beside the identity's. `returned`
    gathers headers of subgraphs for the client, where any go there.
    """

    method: str
    headers: Mapping[str, str]
    query_string: bytes = b""
    body: bytes = b""
    client_address: str | None = None
    uploads: tuple[PlacedFile, ...] | None = None
    request: GraphQLRequest | None = None
    media_type: MediaType = MediaType.JSON
    identity: Identity | None = None
    cache: OperationCache | None = None
    operation: CompiledOperation | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    files: tuple[PlacedFile, ...] = ()
    labels: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    denied: Mapping[int, Sequence[FieldError]] = field(default_factory=dict)
    returned: ReturnedHeaders | None = None
    incremental: IncrementalForm | None = None
    increments: AsyncGenerator[Increment] | None = None
    response: Response | None = None
    events: AsyncGenerator[Response] | None = None

    @property
    def asked(self) -> GraphQLRequest:
        """The request; only stages before it was parsed have none."""
        if self.request is None:
            raise RuntimeError("the request has not been parsed yet")
        return self.request

    @property
    def compiled(self) -> CompiledOperation:
        """The operation; only stages before the document stage have none."""
        if self.operation is None:
            raise RuntimeError("the document has not been read yet")
        return self.operation

    async def keep(self, variant: Hashable, compile_: Callable[[CompiledOperation], CompiledOperation]) -> None:
        """Goes on with another form of the operation, compiled once for all requests that need the same.

        Off the event loop like every plan, and as bounded. Raises NotReadyError while too much is being compiled.
        """
        operation = self.compiled
        if self.cache is None:
            raise RuntimeError("the document has not been read yet")
        self.operation = await self.cache.get((operation, variant), partial(compile_, operation))

    @property
    def is_subscription(self) -> bool:
        return self.operation is not None and self.operation.plan.kind is OperationType.SUBSCRIPTION


Stage = Callable[[RequestContext], Awaitable[None]]
"""One step of every request: fills the context, or raises GatewayError to end it there."""
