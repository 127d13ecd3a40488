"""What `@fromContext` selects of the type that sets the context: one value of the type of the argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from router.composition.field_set_check import FieldSetCheck
from router.composition.subgraph import SubgraphSchema, TypeDef
from router.supergraph.model import named_type


@dataclass(frozen=True, slots=True)
class ContextSelection:
    """The selection of one argument of the given type."""

    sub: SubgraphSchema
    selections: SelectionSetNode
    type: str

    def problems(self, holder: TypeDef) -> Iterator[str]:
        """Why it gives no value on this holder of the context."""
        if holder.interface_object:
            yield f"{holder.name} is an interface object, whose objects are not known here"
            return
        selections = self._for(holder)
        if not selections.selections:
            yield f"nothing is selected where the context is a {holder.name}"
            return
        faults = [problem for _, problem in FieldSetCheck(self.sub, "fromContext").of(holder.name, selections)]
        yield from faults
        if not faults and not _is_one(selections):
            yield "more than one value is selected"
        elif not faults:
            for found in sorted(set(self._types(holder.name, selections))):
                if not _is_a(found, self.type):
                    yield f"the value is {found}, the argument {self.type}"

    def unused_conditions(self, holders: list[TypeDef]) -> list[str]:
        """Types that the selection tells apart, but that no holder of the context can be."""
        possible = {name for holder in holders for name in self._possible(holder.name)}
        conditions = [node for node in self.selections.selections if isinstance(node, InlineFragmentNode)]
        names = [node.type_condition.name.value for node in conditions if node.type_condition]
        return [name for name in names if possible.isdisjoint(self._possible(name))]

    def _possible(self, type_name: str) -> set[str]:
        return {type_.name for type_ in self.sub.possible(type_name)}

    def _for(self, holder: TypeDef) -> SelectionSetNode:
        """The selection without what is for other holders of the context."""
        here = self._possible(holder.name)
        kept = tuple(
            node
            for node in self.selections.selections
            if not isinstance(node, InlineFragmentNode)
            or node.type_condition is None
            or not here.isdisjoint(self._possible(node.type_condition.name.value))
        )
        return SelectionSetNode(selections=kept)

    def _types(self, type_name: str, selections: SelectionSetNode) -> Iterator[str]:
        """The types that the value can have."""
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else type_name
                yield from self._types(condition, node.selection_set)
            elif isinstance(node, FieldNode) and node.name.value == "__typename":
                yield "String!"
            elif isinstance(node, FieldNode):
                type_ = self.sub.types[type_name].fields[node.name.value].type
                if node.selection_set:
                    yield from (_inside(type_, found) for found in self._types(named_type(type_), node.selection_set))
                else:
                    yield type_


def _is_one(selections: SelectionSetNode) -> bool:
    """Whether there is one field, or one for each of some types, all the way down."""
    nodes = selections.selections
    if len(nodes) == 1 and isinstance(nodes[0], FieldNode):
        return nodes[0].selection_set is None or _is_one(nodes[0].selection_set)
    conditions = [
        node.type_condition.name.value for node in nodes if isinstance(node, InlineFragmentNode) and node.type_condition
    ]
    return len(set(conditions)) == len(nodes) and all(
        _is_one(node.selection_set) for node in nodes if isinstance(node, InlineFragmentNode)
    )


def _inside(outer: str, inner: str) -> str:
    """The type of a value inside of another: `[A!]` and `B!` to `[B!]`, `A` and `B!` to `B`."""
    if outer.endswith("!"):
        bare = outer[:-1]
        return f"[{_inside(bare[1:-1], inner)}]!" if bare.startswith("[") else inner
    return f"[{_inside(outer[1:-1], inner)}]" if outer.startswith("[") else inner.removesuffix("!")


def _is_a(narrow: str, wide: str) -> bool:
    """Whether a value of one type always is one of the other: as it is, or where null is allowed as well."""
    if wide.endswith("!"):
        return narrow.endswith("!") and _is_a(narrow[:-1], wide[:-1])
    narrow = narrow.removesuffix("!")
    if wide.startswith("["):
        return narrow.startswith("[") and _is_a(narrow[1:-1], wide[1:-1])
    return narrow == wide
