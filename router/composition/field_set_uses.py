"""Where field sets stand in a subgraph, as written: the model holds what was understood, a rule must see the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    EnumValueNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    parse,
)

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault, FieldSetCheck
from router.composition.merged import Graph
from router.composition.subgraph import Applied, FieldDef, SubgraphSchema, TypeDef
from router.supergraph.model import TypeKind, named_type

_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


@dataclass(frozen=True, slots=True)
class FieldSetUse:
    """`@key`, `@requires` or `@provides` where it is applied. `root` is the type whose fields it selects."""

    sub: SubgraphSchema
    owner: TypeDef
    field: FieldDef | None
    applied: Applied
    root: str

    @property
    def where(self) -> str:
        return f"{self.owner.name}.{self.field.name}" if self.field else self.owner.name

    @property
    def is_text(self) -> bool:
        """Whether the argument is what the directive takes; that it is missing is for INVALID_GRAPHQL to say."""
        node = self.applied.arguments.get("fields")
        if isinstance(node, ListValueNode):
            return self.sub.is_federation_1 and all(isinstance(item, StringValueNode) for item in node.values)
        if isinstance(node, EnumValueNode):
            return self.sub.is_federation_1
        return node is None or isinstance(node, StringValueNode | NullValueNode)

    @property
    def text(self) -> str | None:
        return self.applied.text("fields") if self.is_text else None

    @property
    def can_select(self) -> bool:
        """Whether the root is a type that has something to select."""
        root = self.sub.types.get(self.root)
        return root is not None and root.kind in _COMPOSITE

    def faults(self) -> Iterator[tuple[Fault, str]]:
        """Everything that is wrong inside the field set."""
        if self.text is None or not self.can_select:
            return
        try:
            selections = parsed_selections(self.text)
        except (GraphQLError, ValueError) as error:
            yield Fault.INVALID, f"it does not parse: {getattr(error, 'message', error)}"
            return
        yield from FieldSetCheck(self.sub, self.applied.name).of(self.root, selections)

    def leaves_resolved_here(self) -> Iterator[str]:
        """Coordinates of selected leaves that are external neither themselves nor by a field above them."""
        try:
            selections = parsed_selections(self.text or "__typename")
        except (GraphQLError, ValueError):
            return
        yield from _leaves_resolved_here(self.sub, self.root, selections)

    def error(self, code: str, problem: str) -> CompositionError:
        message = f"@{self.applied.name} on {self.where}: {problem}"
        return CompositionError(f"{self.applied.name.upper()}_{code}", message, (self.applied.place,))


def field_set_uses(graph: Graph, directive: str) -> Iterator[FieldSetUse]:
    """Every application of the directive in its place, but those on interfaces of Federation 1: they meant nothing."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            if sub.is_federation_1 and type_.kind is TypeKind.INTERFACE:
                continue
            if directive == "key":
                for applied in type_.applied(directive):
                    yield FieldSetUse(sub, type_, None, applied, type_.name)
                continue
            for field in type_.fields.values():
                for applied in field.applied(directive):
                    root = named_type(field.type) if directive == "provides" else type_.name
                    yield FieldSetUse(sub, type_, field, applied, root)


def faults_of(graph: Graph, directive: str, kind: Fault) -> Iterator[CompositionError]:
    """The errors of one kind in all field sets of a directive."""
    for use in field_set_uses(graph, directive):
        for fault, problem in use.faults():
            if fault is kind:
                yield use.error(fault, problem)


def parsed_selections(text: str) -> SelectionSetNode:
    """A selection as GraphQL reads it, directives, aliases and all. Raises GraphQLError or ValueError."""
    text = text if text.lstrip().startswith("{") else f"{{{text}}}"
    definitions = parse(text, no_location=True).definitions
    if len(definitions) != 1 or not isinstance(definitions[0], OperationDefinitionNode):
        raise ValueError("more than one selection")
    return definitions[0].selection_set


def _leaves_resolved_here(sub: SubgraphSchema, type_name: str, selections: SelectionSetNode) -> Iterator[str]:
    type_ = sub.types.get(type_name)
    for selection in selections.selections:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition.name.value if selection.type_condition else type_name
            yield from _leaves_resolved_here(sub, condition, selection.selection_set)
        if not isinstance(selection, FieldNode) or type_ is None:
            continue
        field = type_.fields.get(selection.name.value)
        if field is None or _may_be_external(sub, type_, field):
            continue
        if selection.selection_set:
            yield from _leaves_resolved_here(sub, named_type(field.type), selection.selection_set)
        else:
            yield f"{type_name}.{field.name}"


def _may_be_external(sub: SubgraphSchema, type_: TypeDef, field: FieldDef) -> bool:
    """Whether the field is external, or stands for one of an implementing object that is."""
    objects = sub.implementations(type_.name)
    return field.external or any(found.fields[field.name].external for found in objects if field.name in found.fields)
