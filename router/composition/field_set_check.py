"""What can be wrong inside a field set, found by walking it over the types of its subgraph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode, specified_directives

from router.composition.subgraph import FieldDef, SubgraphSchema
from router.supergraph.model import TypeKind

_LEAF_KINDS = frozenset({TypeKind.SCALAR, TypeKind.ENUM})
_STANDARD = frozenset(directive.name for directive in specified_directives)


class Fault(StrEnum):
    """What can be wrong inside a field set. The codes of errors end with these."""

    INVALID = "INVALID_FIELDS"
    DIRECTIVE = "DIRECTIVE_IN_FIELDS_ARG"
    ARGUMENTS = "FIELDS_HAS_ARGS"


@dataclass(frozen=True, slots=True)
class FieldSetCheck:
    """The check for the field sets of one directive in one subgraph."""

    sub: SubgraphSchema
    directive: str

    def of(self, type_name: str, selections: SelectionSetNode) -> Iterator[tuple[Fault, str]]:
        if not selections.selections:
            yield Fault.INVALID, f"it selects nothing of {type_name}"
        for selection in selections.selections:
            for applied in selection.directives or ():
                name = applied.name.value
                if name in self.sub.directive_definitions or name in _STANDARD:
                    yield Fault.DIRECTIVE, f"@{name} cannot be applied inside"
                else:
                    yield Fault.INVALID, f"there is no directive @{name}"
            if isinstance(selection, FieldNode):
                yield from self._field(type_name, selection)
            elif isinstance(selection, InlineFragmentNode):
                yield from self._fragment(type_name, selection)
            elif isinstance(selection, FragmentSpreadNode):
                yield Fault.INVALID, f"there is no fragment {selection.name.value} in a field set"

    def _fragment(self, type_name: str, node: InlineFragmentNode) -> Iterator[tuple[Fault, str]]:
        condition = node.type_condition.name.value if node.type_condition else type_name
        type_ = self.sub.types.get(condition)
        if type_ is None:
            yield Fault.INVALID, f"there is no type {condition} in this subgraph"
            return
        here = {found.name for found in self.sub.possible(type_name)}
        if condition != type_name and here.isdisjoint(found.name for found in self.sub.possible(condition)):
            yield Fault.INVALID, f"no {type_name} can be a {condition}"
        yield from self.of(condition, node.selection_set)

    def _field(self, type_name: str, node: FieldNode) -> Iterator[tuple[Fault, str]]:
        name = node.name.value
        if node.alias is not None:
            yield Fault.INVALID, f"{name} cannot have an alias"
        if name == "__typename":
            return
        type_ = self.sub.types.get(type_name)
        field = type_.fields.get(name) if type_ else None
        if field is None:
            yield Fault.INVALID, f"{type_name} has no field {name}; one of another subgraph is declared @external"
            return
        yield from self._arguments(type_name, field, node)
        below = self.sub.returned(field)
        if below is None or below.kind in _LEAF_KINDS:
            if node.selection_set:
                yield Fault.INVALID, f"{type_name}.{name} has no fields to select"
        elif node.selection_set:
            yield from self.of(below.name, node.selection_set)
        else:
            yield Fault.INVALID, f"{type_name}.{name} needs a selection of its fields"

    def _arguments(self, type_name: str, field: FieldDef, node: FieldNode) -> Iterator[tuple[Fault, str]]:
        coordinates = f"{type_name}.{field.name}"
        if self.directive != "requires":
            if field.arguments:
                yield Fault.ARGUMENTS, f"{coordinates} has arguments, so it cannot be selected"
            return
        given = {argument.name.value for argument in node.arguments or ()}
        for name in sorted(given.difference(field.arguments)):
            yield Fault.INVALID, f"{coordinates} has no argument {name}"
        for argument in field.arguments.values():
            if argument.is_required and argument.name not in given:
                yield Fault.INVALID, f"{coordinates} needs its argument {argument.name}"
