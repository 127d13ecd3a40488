"""A normalised operation: no named fragments, no literal conditions, fields merged where they may be.

Selections compare by identity: the walk remembers what it found for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import FieldNode as AstField
from graphql import FragmentDefinitionNode, OperationType

INTROSPECTION = frozenset({"__schema", "__type"})
"""Root fields on the schema itself. In normal form they are leaves: the router answers them, whatever is below."""

Condition = tuple[str, bool]
"""A Boolean variable, and the value of it with which the selection takes part."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldSelection:
    """A field asked for. `arguments` is as printed, and so are `directives`, those that are the subgraph's to act on;
    `type_name` is the named type it returns in the API schema.

    `internal` marks what the router needs itself (keys, requirements): such fields have no response key of the
    client, they get one when they are put into a fetch.
    """

    response_key: str
    name: str
    type_name: str
    arguments: str = ""
    variables: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    selections: SelectionSet | None = None
    internal: bool = False
    directives: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class DeferredPart:
    """What a fragment with `@defer` asks of the objects at `path` (response keys): it may come after the rest.

    `id` counts from 1 in the order of the operation. `within` is the part around it, which comes before it.
    """

    id: int
    label: str | None
    path: tuple[str, ...]
    within: DeferredPart | None = None

    def is_in(self, other: DeferredPart) -> bool:
        """Whether it is the other one, or within it."""
        return self is other or (self.within is not None and self.within.is_in(other))


@dataclass(frozen=True, slots=True, eq=False)
class FragmentSelection:
    """Selections for one type condition. Conditions on variables sit on the fields inside.

    `part` is the deferred part that they belong to, where they belong to another than what is around them.
    """

    type_name: str
    selections: SelectionSet
    part: DeferredPart | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SelectionSet:
    """Selections in the client's order."""

    items: tuple[FieldSelection | FragmentSelection, ...]

    def __iter__(self) -> Iterator[FieldSelection | FragmentSelection]:
        return iter(self.items)

    def size(self) -> int:
        """How many selections there are at all depths."""
        return sum(1 + (item.selections.size() if item.selections else 0) for item in self.items)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """`variables` are the definitions as printed, by name, `directives` those of the whole operation, with the
    variables in them.

    `introspection` are the fields on the schema itself, as they were written, by the path of the query object that they
    are asked of; `fragments` are those they spread.
    """

    kind: OperationType
    name: str | None
    root_type: str
    selections: SelectionSet
    variables: Mapping[str, str]
    introspection: Mapping[tuple[str, ...], Sequence[AstField]] = field(default_factory=dict)
    fragments: tuple[FragmentDefinitionNode, ...] = ()
    directives: str = ""
    directive_variables: frozenset[str] = frozenset()
