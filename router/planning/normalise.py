"""Operation and fragments to one normalised selection tree.

Before: `query($x: Boolean!) { order { ...F id } } fragment F on Order { id lines @include(if: $x) { quantity } }`
After:  `order { id  lines if $x { quantity } }`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
    print_ast,
    visit,
)
from graphql.type import GraphQLAbstractType, GraphQLInterfaceType, GraphQLObjectType

from router.planning.budget import Budget
from router.planning.operation import (
    INTROSPECTION,
    Condition,
    FieldSelection,
    FragmentSelection,
    Operation,
    SelectionSet,
)

_Part = tuple[SelectionSetNode, tuple[Condition, ...]]


@dataclass(slots=True, eq=False)
class _Mention:
    """A place where a field is asked for, and under which conditions; `place` counts those of one response key."""

    node: FieldNode
    conditions: tuple[Condition, ...]
    place: int = 0

    @property
    def response_key(self) -> str:
        return self.node.alias.value if self.node.alias else self.node.name.value


@dataclass(slots=True)
class _FragmentGroup:
    type_name: str
    parts: list[_Part]


_Groups = list[_Mention | _FragmentGroup]


def normalise(
    document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema, budget: Budget
) -> Operation:
    """The operation, which must be valid against `schema`, in normal form."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        raise ValueError(f"the schema has no root for {operation.operation.value}")
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    normaliser = _Normaliser(schema, fragments, budget)
    selections = normaliser.selection_set(root, [(operation.selection_set, ())])
    return Operation(
        kind=operation.operation,
        name=operation.name.value if operation.name else None,
        root_type=root.name,
        selections=selections,
        variables={
            definition.variable.name.value: print_ast(definition) for definition in operation.variable_definitions or ()
        },
        introspection=normaliser.introspection,
        fragments=_spread_in([field for asked in normaliser.introspection.values() for field in asked], fragments),
    )


def _spread_in(
    fields: Sequence[FieldNode], fragments: dict[str, FragmentDefinitionNode]
) -> tuple[FragmentDefinitionNode, ...]:
    """The fragments that the fields spread, and those that these spread in turn."""
    found: dict[str, FragmentDefinitionNode] = {}
    waiting = [field.selection_set for field in fields]
    while waiting:
        node = waiting.pop()
        for selection in node.selections if node else ():
            if not isinstance(selection, FragmentSpreadNode):
                waiting.append(getattr(selection, "selection_set", None))
            elif (name := selection.name.value) not in found:
                found[name] = fragments[name]
                waiting.append(fragments[name].selection_set)
    return tuple(found.values())


class _Normaliser:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        budget: Budget,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.budget = budget
        self.introspection: dict[tuple[str, ...], list[FieldNode]] = {}
        self.path: list[str] = []

    def selection_set(self, parent: GraphQLNamedType, parts: Iterable[_Part]) -> SelectionSet:
        groups: _Groups = []
        for node, conditions in parts:
            self._collect(parent, node, conditions, groups)
        mentions: dict[str, list[_Mention]] = {}
        for group in groups:
            if isinstance(group, _Mention):
                same = mentions.setdefault(group.response_key, [])
                group.place = len(same)
                same.append(group)
        items: list[FieldSelection | FragmentSelection] = []
        for group in groups:
            if isinstance(group, _Mention):
                items.extend(self._leading(parent, group, mentions[group.response_key]))
                continue
            inner = self.selection_set(self.schema.type_map[group.type_name], group.parts)
            if inner.items:
                items.append(FragmentSelection(group.type_name, inner))
        return SelectionSet(tuple(items))

    def _collect(
        self,
        parent: GraphQLNamedType,
        node: SelectionSetNode,
        inherited: tuple[Condition, ...],
        groups: _Groups,
    ) -> None:
        for selection in node.selections:
            self.budget.spend()
            conditions = _conditions(selection.directives or (), inherited)
            if conditions is None:
                continue
            if isinstance(selection, FieldNode):
                self._collect_field(selection, conditions, groups)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self.fragments[selection.name.value]
                name = fragment.type_condition.name.value
                self._collect_fragment(parent, name, (fragment.selection_set, conditions), groups)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                name = condition.name.value if condition else parent.name
                self._collect_fragment(parent, name, (selection.selection_set, conditions), groups)

    def _collect_field(self, node: FieldNode, conditions: tuple[Condition, ...], groups: _Groups) -> None:
        if node.name.value in INTROSPECTION:
            self.introspection.setdefault(tuple(self.path), []).append(node)
        groups.append(_Mention(node, conditions))

    def _collect_fragment(self, parent: GraphQLNamedType, name: str, part: _Part, groups: _Groups) -> None:
        if name == parent.name or self._covers(name, parent):
            self._collect(parent, part[0], part[1], groups)
            return
        condition = self.schema.type_map[name]
        if is_object_type(parent) or not self._overlap(parent, condition):
            return
        last = groups[-1] if groups else None
        # Only neighbours merge: moving a fragment up would change the order of the client's keys.
        if isinstance(last, _FragmentGroup) and last.type_name == name:
            last.parts.append(part)
        else:
            groups.append(_FragmentGroup(name, [part]))

    def _covers(self, name: str, parent: GraphQLNamedType) -> bool:
        condition = self.schema.type_map[name]
        if not is_abstract_type(condition):
            return False
        if not (is_object_type(parent) or is_interface_type(parent)):
            return False
        return self.schema.is_sub_type(condition, parent)

    def _overlap(self, left: GraphQLNamedType, right: GraphQLNamedType) -> bool:
        return bool(self._possible(left).intersection(self._possible(right)))

    def _possible(self, type_: GraphQLNamedType) -> set[str]:
        if isinstance(type_, GraphQLAbstractType):
            return {found.name for found in self.schema.get_possible_types(type_)}
        return {type_.name}

    def _leading(
        self, parent: GraphQLNamedType, mention: _Mention, mentions: Sequence[_Mention]
    ) -> Iterator[FieldSelection]:
        """The field at the place of this mention, for the cases in which no mention before it takes part.

        The first mention that takes part says where the field stands, and a mutation when it runs: once, with what all
        mentions ask below it.
        """
        cases = [mention.conditions]
        for earlier in mentions[: mention.place]:
            cases = [case for known in cases for case in _unless(known, earlier.conditions)]
            if not cases:
                return
            self.budget.spend(len(cases))
        for case in cases:
            parts = [
                (other.node, tuple(condition for condition in other.conditions if condition not in case))
                for other in mentions[mention.place :]
                if _is_possible((*case, *other.conditions))
            ]
            yield self._field(parent, parts, case)

    def _field(
        self,
        parent: GraphQLNamedType,
        mentions: Sequence[tuple[FieldNode, tuple[Condition, ...]]],
        conditions: tuple[Condition, ...],
    ) -> FieldSelection:
        node = mentions[0][0]
        name = node.name.value
        key = node.alias.value if node.alias else name
        if name == "__typename" or name in INTROSPECTION:
            return FieldSelection(key, name, "String", conditions=conditions)
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - validated before
        type_ = get_named_type(parent.fields[name].type)
        parts = [(item.selection_set, inner) for item, inner in mentions if item.selection_set is not None]
        arguments = ", ".join(print_ast(argument) for argument in node.arguments or ())
        self.path.append(key)
        selections = self.selection_set(type_, parts) if is_composite_type(type_) else None
        self.path.pop()
        return FieldSelection(
            response_key=key,
            name=name,
            type_name=type_.name,
            arguments=f"({arguments})" if arguments else "",
            variables=_variables_in(node),
            conditions=conditions,
            selections=selections,
        )


def _unless(known: tuple[Condition, ...], other: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """The cases, each excluding the others, in which all of `known` hold and not all of `other`."""
    held = known
    for variable, wanted in other:
        case = (*held, (variable, not wanted))
        if _is_possible(case):
            yield tuple(sorted(set(case)))
        held = (*held, (variable, wanted))


def _is_possible(conditions: Sequence[Condition]) -> bool:
    return all((variable, not wanted) not in conditions for variable, wanted in conditions)


def _conditions(directives: Sequence[DirectiveNode], inherited: tuple[Condition, ...]) -> tuple[Condition, ...] | None:
    """All conditions in force, or None where a literal (or a contradiction) excludes the selection."""
    found = dict.fromkeys(inherited)
    for directive in directives:
        wanted = {"include": True, "skip": False}.get(directive.name.value)
        if wanted is None:
            continue
        value: ValueNode = (directive.arguments or ())[0].value
        if isinstance(value, BooleanValueNode):
            if value.value is not wanted:
                return None
        elif isinstance(value, VariableNode):
            if (value.name.value, not wanted) in found:
                return None
            found[(value.name.value, wanted)] = None
    return tuple(sorted(found))


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found.add(node.name.value)


def _variables_in(node: FieldNode) -> frozenset[str]:
    visitor = _Variables()
    for argument in node.arguments or ():
        visit(argument, visitor)
    return frozenset(visitor.found)
