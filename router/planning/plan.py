"""The plan: an immutable graph of fetches, with all that execution needs and nothing of how it was found."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import OperationType

from router.planning.deferral import DeferredPiece
from router.planning.fetch_graph import Conditions, Path
from router.planning.operation import Operation
from router.planning.optimise.separate_clashes import Rename


@dataclass(frozen=True, slots=True)
class InputField:
    """One field of a representation: its name for the subgraph, and where it is in our data.

    `required` fields must be there and not null, others only be there. `on` limits the field to objects of
    these types. `fields` are those of an object, which is sent with its `__typename` where `typed`. `is_plain` says
    that the value is one of a built-in scalar or an enum.
    """

    name: str
    source: str
    required: bool
    fields: tuple[InputField, ...] = ()
    on: frozenset[str] | None = None
    typed: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Representation:
    """How objects of the type `of` are named to a subgraph, which calls them `type_name`.

    `members` are the runtime types of `of`, where that is an interface whose objects the subgraph before this one
    could not tell apart.
    """

    of: str
    type_name: str
    members: tuple[str, ...]
    fields: tuple[InputField, ...]


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A variable of a lookup, whose value is found as many levels above an object as `up` says.

    Of `fields`, and of those below each, the first that holds for the object there leads to it.
    """

    variable: str
    type: str
    up: int
    fields: tuple[InputField, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One `_entities` of a fetch: asked for every object at `path` for which `conditions` hold.

    `key` is its response key, `variable` that of its representations. `leaves` are what it asks for, where
    that is leaves alone; None where objects are among them. With `contexts` it is asked once for each of
    their values, for the objects that have these.
    """

    key: str
    variable: str
    path: Path
    representations: tuple[Representation, ...]
    conditions: Conditions
    renames: tuple[Rename, ...]
    leaves: frozenset[str] | None = None
    contexts: tuple[ContextValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request. With `lookups` it asks for entities; without, it enters a root type, and its data are merged into
    every object at `path` (that of the root's own fetches is empty); `fields` are their response keys there.

    `part` is the id of the deferred part that it is for; 0 where the first response waits for it.
    """

    id: int
    subgraph: str
    kind: str
    path: Path
    document: str
    operation_name: str
    variables: tuple[str, ...]
    lookups: tuple[Lookup, ...]
    depends_on: tuple[int, ...]
    conditions: Conditions
    renames: tuple[Rename, ...]
    part: int = 0
    fields: tuple[tuple[str, Conditions], ...] = ()


@dataclass(frozen=True, slots=True)
class Introspection:
    """A document on the schema itself, for the query objects at the path."""

    path: tuple[str, ...]
    document: str


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """`passthrough` says that the one fetch's data, where they fit the schema, are the client's, byte for byte.

    `introspection` are the parts of the operation that the router answers from the API schema, `deferred` those that
    come after the first response.
    For a subscription the first fetch is the source, and the others run for each of its events.
    """

    operation: Operation
    fetches: tuple[Fetch, ...]
    introspection: tuple[Introspection, ...]
    passthrough: bool
    steps: int
    deferred: tuple[DeferredPiece, ...] = ()

    @property
    def kind(self) -> OperationType:
        return self.operation.kind
