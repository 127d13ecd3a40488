"""Operation and fragments to one normalised selection tree.

Before: `query($x: Boolean!) { order { ...F id } } fragment F on Order { id lines @include(if: $x) { quantity } }`
After:  `order { id  lines if $x { quantity } }`

What is deferred stays apart, but for what is asked for without `@defer` too:

Before: `order { id ... @defer { id lines { id } payment { status } } lines { quantity } }`
After:  `order { id  deferred { payment { status } }  lines { quantity  deferred { id } } }`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

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
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
    print_ast,
)
from graphql.type import GraphQLAbstractType, GraphQLInterfaceType, GraphQLObjectType

from router.planning.budget import Budget
from router.planning.defer_directive import Deferring, defer_of
from router.planning.handed_on import distinct, handed_on, printed_directives, variables_in
from router.planning.operation import (
    INTROSPECTION,
    Condition,
    DeferredPart,
    FieldSelection,
    FragmentSelection,
    Operation,
    SelectionSet,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Selections as they were written, under which conditions they hold, and in which deferred part they are."""

    node: SelectionSetNode
    conditions: tuple[Condition, ...] = ()
    deferred: DeferredPart | None = None


@dataclass(slots=True, eq=False)
class _Mention:
    """A place where a field is asked for, under which conditions and in which deferred part; `place` counts those of
    one response key."""

    node: FieldNode
    conditions: tuple[Condition, ...]
    deferred: DeferredPart | None
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
    document: DocumentNode,
    operation: OperationDefinitionNode,
    schema: GraphQLSchema,
    budget: Budget,
    deferring: Deferring = None,
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
    normaliser = _Normaliser(schema, fragments, budget, deferring)
    selections = normaliser.selection_set(root, [_Part(operation.selection_set)], None)
    directives = handed_on(operation)
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
        directives=printed_directives(directives),
        directive_variables=variables_in(directives),
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
        deferring: Deferring,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.budget = budget
        self.deferring = deferring
        self.introspection: dict[tuple[str, ...], list[FieldNode]] = {}
        self.path: list[str] = []
        self._deferred: dict[tuple[object, ...], DeferredPart] = {}

    def selection_set(
        self, parent: GraphQLNamedType, parts: Iterable[_Part], around: DeferredPart | None
    ) -> SelectionSet:
        """`around` is the deferred part that the selections as a whole are in."""
        groups: _Groups = []
        for part in parts:
            self._collect(parent, part, groups)
        return self._arranged(parent, groups, around)

    def _arranged(self, parent: GraphQLNamedType, groups: _Groups, around: DeferredPart | None) -> SelectionSet:
        mentions: dict[str, list[_Mention]] = {}
        for group in groups:
            if isinstance(group, _Mention):
                mentions.setdefault(group.response_key, []).append(group)
        for same in mentions.values():
            # What comes sooner decides where a field stands in it.
            same.sort(key=lambda mention: mention.deferred is not around)
            for place, mention in enumerate(same):
                mention.place = place
        apart = {key: found for key, same in mentions.items() if (found := _outermost(same, around))}
        items: list[FieldSelection | FragmentSelection | DeferredPart] = []
        deferred: dict[DeferredPart, _Groups] = {}
        for group in groups:
            if isinstance(group, _FragmentGroup):
                inner = self.selection_set(self.schema.type_map[group.type_name], group.parts, around)
                if inner.items:
                    items.append(FragmentSelection(group.type_name, inner))
                continue
            if group.response_key not in apart:
                fields = self._leading(parent, group, mentions[group.response_key])
                items.extend(fields if group.deferred is around else _deferred(parent, group.deferred, fields))
                continue
            for part in apart[group.response_key]:
                if group.deferred is not None and group.deferred.is_in(part):
                    if part not in deferred:
                        items.append(part)
                    deferred.setdefault(part, []).append(replace(group))
        return SelectionSet(
            tuple(
                FragmentSelection(parent.name, self._arranged(parent, deferred[item], item), item)
                if isinstance(item, DeferredPart)
                else item
                for item in items
            )
        )

    def _collect(self, parent: GraphQLNamedType, part: _Part, groups: _Groups) -> None:
        for selection in part.node.selections:
            self.budget.spend()
            conditions = _conditions(selection.directives or (), part.conditions)
            if conditions is None:
                continue
            if isinstance(selection, FieldNode):
                self._collect_field(selection, conditions, part.deferred, groups)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self.fragments[selection.name.value]
                name = fragment.type_condition.name.value
                inner = _Part(fragment.selection_set, conditions, self._part_of(selection, part.deferred))
                self._collect_fragment(parent, name, inner, groups)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                name = condition.name.value if condition else parent.name
                inner = _Part(selection.selection_set, conditions, self._part_of(selection, part.deferred))
                self._collect_fragment(parent, name, inner, groups)

    def _part_of(
        self, fragment: FragmentSpreadNode | InlineFragmentNode, around: DeferredPart | None
    ) -> DeferredPart | None:
        """The deferred part that the fragment begins here; the one around it where it is not deferred."""
        defer = defer_of(fragment, self.deferring)
        if defer is None:
            return around
        identity = (tuple(self.path), id(fragment), around)
        known = self._deferred.get(identity)
        if known is None:
            known = DeferredPart(len(self._deferred) + 1, defer.label, tuple(self.path), around)
            self._deferred[identity] = known
        return known

    def _collect_field(
        self, node: FieldNode, conditions: tuple[Condition, ...], deferred: DeferredPart | None, groups: _Groups
    ) -> None:
        if node.name.value in INTROSPECTION:
            self.introspection.setdefault(tuple(self.path), []).append(node)
        groups.append(_Mention(node, conditions, deferred))

    def _collect_fragment(self, parent: GraphQLNamedType, name: str, part: _Part, groups: _Groups) -> None:
        if name == parent.name or self._covers(name, parent):
            self._collect(parent, part, groups)
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
        self,
        parent: GraphQLNamedType,
        mention: _Mention,
        mentions: Sequence[_Mention],
    ) -> Iterator[FieldSelection]:
        """The field at the place of this mention, for the cases in which no mention before it takes part.

        The first mention that takes part says where the field stands, and a mutation when it runs: once, with what all
        mentions ask below it.
        """
        cases = [mention.conditions]
        for other in mentions[mention.place :]:
            if handed_on(other.node):
                # Whether the subgraph sees its directives depends on its conditions.
                cases = [case for known in cases for case in _decided(known, other.conditions)]
                self.budget.spend(len(cases))
        for earlier in mentions[: mention.place]:
            cases = [case for known in cases for case in _unless(known, earlier.conditions)]
            if not cases:
                return
            self.budget.spend(len(cases))
        for case in cases:
            named = [
                replace(other, conditions=tuple(condition for condition in other.conditions if condition not in case))
                for other in mentions[mention.place :]
                if _is_possible((*case, *other.conditions))
            ]
            yield self._field(parent, named, case, mention.deferred)

    def _field(
        self,
        parent: GraphQLNamedType,
        mentions: Sequence[_Mention],
        conditions: tuple[Condition, ...],
        around: DeferredPart | None,
    ) -> FieldSelection:
        node = mentions[0].node
        name = node.name.value
        key = node.alias.value if node.alias else name
        if name == "__typename" or name in INTROSPECTION:
            return FieldSelection(key, name, "String", conditions=conditions)
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - validated before
        type_ = get_named_type(parent.fields[name].type)
        parts = [
            _Part(mention.node.selection_set, mention.conditions, mention.deferred)
            for mention in mentions
            if mention.node.selection_set is not None
        ]
        arguments = ", ".join(print_ast(argument) for argument in node.arguments or ())
        directives = distinct(
            self.schema, [found for mention in mentions if not mention.conditions for found in handed_on(mention.node)]
        )
        self.path.append(key)
        selections = self.selection_set(type_, parts, around) if is_composite_type(type_) else None
        self.path.pop()
        return FieldSelection(
            response_key=key,
            name=name,
            type_name=type_.name,
            arguments=f"({arguments})" if arguments else "",
            variables=variables_in([*(node.arguments or ()), *directives]),
            conditions=conditions,
            selections=selections,
            directives=printed_directives(directives),
        )


def _deferred(
    parent: GraphQLNamedType, part: DeferredPart | None, fields: Iterable[FieldSelection]
) -> Iterator[FragmentSelection]:
    """Fields that are deferred where conditions hold, and are asked for without `@defer` where others do."""
    for field in fields:
        yield FragmentSelection(parent.name, SelectionSet((field,)), part)


def _outermost(mentions: Sequence[_Mention], around: DeferredPart | None) -> list[DeferredPart]:
    """The deferred parts that a field is in; none where it is asked for without one, or in the part around it."""
    found = list(dict.fromkeys(mention.deferred for mention in mentions))
    parts = [part for part in found if part is not None and part is not around]
    if len(parts) < len(found):
        return []
    return [part for part in parts if not any(part is not other and part.is_in(other) for other in parts)]


def _unless(known: tuple[Condition, ...], other: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """The cases, each excluding the others, in which all of `known` hold and not all of `other`."""
    held = known
    for variable, wanted in other:
        case = (*held, (variable, not wanted))
        if _is_possible(case):
            yield tuple(sorted(set(case)))
        held = (*held, (variable, wanted))


def _decided(known: tuple[Condition, ...], other: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """The cases of `known`, each excluding the others, in all of which `other` either holds or does not."""
    both = tuple(sorted({*known, *other}))
    if _is_possible(both):
        yield both
    yield from _unless(known, other)


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
