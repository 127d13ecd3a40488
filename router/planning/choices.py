"""What the walk finds: for each selection where it is fetched, and how the fetch gets there.

Costs are integers: a fetch is about a thousand, a field is one. Latency is depth, so each level of
dependent fetches adds a little more, which decides between plans with the same number of fetches. Where these
agree as well, fields behind a hop count twice: what is here already is better than what must be waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

from router.planning.operation import DeferredPart, FieldSelection, FragmentSelection, SelectionSet
from router.supergraph.field_set import FieldSet
from router.supergraph.model import ContextArgument

FETCH_COST = 1_000
DEPTH_COST = 50
FIELD_COST = 1


@dataclass(frozen=True, slots=True)
class Position:
    """An object on the way: its type as `subgraph` declares it, and what a `@provides` above adds there.

    The root of an operation is a position in no subgraph. `contexts` are those set above, each with the nearest
    position that does so; such positions have none themselves, so that there are finitely many. `is_deferred` says that
    the object's own fetch must not be asked for more: it would come the later for it.
    """

    type_name: str
    subgraph: str | None
    provided: FieldSet = ()
    contexts: tuple[tuple[str, Position], ...] = ()
    is_deferred: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One more fetch at a position. Equal steps are one fetch: same subgraph, same fetches before it."""

    subgraph: str
    after: frozenset[Step] = frozenset()

    @property
    def depth(self) -> int:
        return 1 + max((step.depth for step in self.after), default=0)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """How a selection set is fetched from one position.

    `leftover` is what cannot be reached from there; `steps` are the fetches needed at the position itself;
    `local_fields` counts what comes with the fetch that the position is in. `deferred` is fetched apart, and its price
    decides nothing here.
    """

    options: tuple[Option, ...]
    typed: tuple[tuple[str, Choice], ...]
    leftover: SelectionSet | None
    cost: int
    steps: frozenset[Step]
    local_fields: int
    deferred: tuple[tuple[DeferredPart, Choice], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One way to fetch one field. `hop` is None where the fetch we are in has it, `below` where it is a leaf.

    Where the object's runtime type is not known yet, the item is a fragment: what depends on that type, fetched
    from a subgraph that knows it.
    """

    item: FieldSelection | FragmentSelection
    subgraph: str | None
    type: str
    below: Position | None
    child: Choice | None
    hop: Hop | None
    cost: int

    @property
    def steps(self) -> frozenset[Step]:
        return self.hop.steps if self.hop else frozenset()

    @property
    def local_fields(self) -> int:
        return 1 + (self.child.local_fields if self.child else 0)

    @property
    def leftover(self) -> SelectionSet | None:
        return self.child.leftover if self.child else None


@dataclass(frozen=True, slots=True, eq=False)
class ContextInput:
    """An argument from a context: what of it is selected at the object that sets it, and how that is fetched there."""

    argument: ContextArgument
    selection: FieldSet
    choice: Choice


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """The way into another fetch: the inputs of its representation, and how these are fetched.

    `entered` is what the subgraph calls the type: the interface, where it has that as an interface object. No key is
    needed for a root type, which every subgraph can enter.
    """

    type_name: str
    entered: str
    key: FieldSet
    requires: FieldSet
    inputs: tuple[Choice, ...]
    steps: frozenset[Step]
    contexts: tuple[ContextInput, ...] = ()


def fetch_cost(steps: frozenset[Step]) -> int:
    """What these fetches cost together; shared ones count once."""
    return sum(FETCH_COST + DEPTH_COST * (step.depth - 1) for step in steps)


def total_cost(option: Option) -> int:
    """What an option costs where none of its fetches is there yet."""
    return option.cost + fetch_cost(option.steps)
