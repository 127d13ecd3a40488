"""The client's view of the merged data: its order, its types, its nulls.

An operation is compiled once for each combination of its `@include`/`@skip` variables that occurs: into code for data
that are as they should be, and into a tree of closures that finds out what is wrong with others. A null where none may
be makes the nearest nullable parent null, and is reported unless an error at that place already explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from graphql.type import GraphQLAbstractType, GraphQLCompositeType

from router.execution.answer_pattern import AnswerPattern
from router.execution.errors import FieldError, ResponsePath
from router.execution.projection_code import INT_RANGE, UnfitError, generate
from router.execution.representations import JsonObject
from router.planning.operation import INTROSPECTION, FieldSelection, FragmentSelection, SelectionSet

_MOST_VARIANTS = 64
_MOST_FINDINGS = 1_000
"""Places of one kind that are told; the rest are counted."""
Link = tuple["Link | None", str | int]
"""A path from its end to the root; cheap to extend, turned into a path only for an error."""

Complete = Callable[[object, "Link | None", "Findings"], object]
Check = Callable[[object], bool]


@dataclass(slots=True)
class Findings:
    """Places where the data do not fit the schema: nulls that may not be, and values of another type."""

    nulls: list[Link | None] = field(default_factory=list)
    misfits: list[Link | None] = field(default_factory=list)


class _Entry(NamedTuple):
    key: str
    constant: str | None
    complete: Complete | None
    non_null: bool


_Shape = tuple[_Entry, ...]


class Projection:
    """The compiled projections of selections on one type: an operation's root, or an object that is deferred of.

    `veiled` are interfaces whose objects may come without a runtime type, from a subgraph that knows no more.
    """

    def __init__(
        self, schema: GraphQLSchema, type_name: str, selections: SelectionSet, veiled: Collection[str] = ()
    ) -> None:
        self._schema = schema
        self._veiled = veiled
        self._type_name = type_name
        self._selections = selections
        self._variables = tuple(sorted({name for name, _ in _conditions(selections)}))
        self._variants: dict[tuple[object, ...], _Variant] = {}

    @property
    def variants(self) -> int:
        """For how many combinations of its conditions the operation is compiled at the moment."""
        return len(self._variants)

    def project(
        self,
        data: JsonObject | None,
        variables: Mapping[str, object],
        errors: list[FieldError],
        at: ResponsePath = (),
    ) -> JsonObject | None:
        """What the client sees of the data, which are those `at` a path; adds to `errors` what nothing in there
        explains yet."""
        if data is None:
            return None
        variant = self._variant(variables)
        try:
            return variant.fast(data)
        except (UnfitError, AttributeError, TypeError):
            findings = Findings()
            projected = variant.complete(data, _link(at), findings)
        errors.extend(_explain(findings, errors))
        return projected if isinstance(projected, dict) else None

    def changes_nothing(self, answer: bytes, data: memoryview, variables: Mapping[str, object]) -> bool:
        """Whether these data of the answer, which is JSON, surely are what would become of them."""
        return self._variant(variables).pattern.fits(answer, data)

    def _variant(self, variables: Mapping[str, object]) -> _Variant:
        truth = tuple(variables.get(name) for name in self._variables)
        variant = self._variants.get(truth)
        if variant is None:
            if len(self._variants) >= _MOST_VARIANTS:
                self._variants.clear()
            compiler = _Compiler(self._schema, self._veiled, dict(zip(self._variables, truth, strict=True)))
            root = self._schema.type_map[self._type_name]
            assert is_composite_type(root)  # noqa: S101 - only these have selections
            variant = self._variants[truth] = _Variant(compiler, root, self._selections)
        return variant


class _Variant:
    """The selections under certain conditions. The tree of closures is needed only where something is wrong."""

    def __init__(self, compiler: _Compiler, root: GraphQLCompositeType, selections: SelectionSet) -> None:
        self.fast = generate(compiler, root, selections)
        self._compiler = compiler
        self._root = root
        self._selections = selections

    @cached_property
    def pattern(self) -> AnswerPattern:
        assert isinstance(self._root, GraphQLObjectType)  # noqa: S101 - answers are of a root
        return AnswerPattern(self._compiler, self._root, self._selections)

    @cached_property
    def complete(self) -> Complete:
        if isinstance(self._root, GraphQLObjectType):
            return _object(self._compiler.shape(self._root, (self._selections,)))
        return _abstract(self._root, (self._selections,), self._compiler)


def _conditions(selections: SelectionSet) -> Iterator[tuple[str, bool]]:
    for item in selections:
        if isinstance(item, FieldSelection):
            yield from item.conditions
        if item.selections is not None:
            yield from _conditions(item.selections)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, veiled: Collection[str], truth: Mapping[str, object]) -> None:
        self.schema = schema
        self.veiled = veiled
        self.truth = truth

    def veiled_shape(self, parent: GraphQLInterfaceType, sets: Sequence[SelectionSet]) -> _Shape | None:
        groups = self.veiled_groups(parent, sets)
        return None if groups is None else self._entries(parent, groups)

    def veiled_groups(
        self, parent: GraphQLInterfaceType, sets: Sequence[SelectionSet]
    ) -> dict[str, list[FieldSelection]] | None:
        """For objects of which only the interface is known; None where what is asked depends on more."""
        if parent.name not in self.veiled:
            return None
        groups: dict[str, list[FieldSelection]] = {}
        for item in (item for selections in sets for item in selections):
            if isinstance(item, FragmentSelection):
                if item.part is None and self._asks_something(item.selections):
                    return None
            elif self._is_included(item):
                if item.name == "__typename":
                    return None
                groups.setdefault(item.response_key, []).append(item)
        return groups

    def _asks_something(self, selections: SelectionSet) -> bool:
        return any(
            self._is_included(item)
            if isinstance(item, FieldSelection)
            else item.part is None and self._asks_something(item.selections)
            for item in selections
        )

    def _is_included(self, item: FieldSelection) -> bool:
        return all(self.truth[name] is wanted for name, wanted in item.conditions)

    def shape(self, parent: GraphQLObjectType, sets: Sequence[SelectionSet]) -> _Shape:
        return self._entries(parent, self.groups(parent, sets))

    def groups(self, parent: GraphQLObjectType, sets: Sequence[SelectionSet]) -> dict[str, list[FieldSelection]]:
        """The fields an object of the type has, by response key in the client's order."""
        groups: dict[str, list[FieldSelection]] = {}
        for selections in sets:
            self._collect(parent, selections, groups)
        return groups

    def _entries(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, groups: Mapping[str, list[FieldSelection]]
    ) -> _Shape:
        entries = []
        for key, fields in groups.items():
            if fields[0].name == "__typename":
                entries.append(_Entry(key, parent.name, None, True))
                continue
            if fields[0].name in INTROSPECTION:
                entries.append(_Entry(key, None, None, False))
                continue
            type_ = parent.fields[fields[0].name].type
            below = tuple(item.selections for item in fields if item.selections is not None)
            bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
            entries.append(_Entry(key, None, self._complete(bare, below), bare is not type_))
        return tuple(entries)

    def _collect(
        self, parent: GraphQLObjectType, selections: SelectionSet, groups: dict[str, list[FieldSelection]]
    ) -> None:
        for item in selections:
            if isinstance(item, FieldSelection):
                if self._is_included(item):
                    groups.setdefault(item.response_key, []).append(item)
            elif item.part is not None:
                # Comes in a response of its own.
                continue
            elif item.type_name == parent.name or self._is_possible(item.type_name, parent):
                self._collect(parent, item.selections, groups)

    def _is_possible(self, name: str, parent: GraphQLObjectType) -> bool:
        type_ = self.schema.type_map[name]
        return isinstance(type_, GraphQLAbstractType) and self.schema.is_sub_type(type_, parent)

    def _complete(self, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> Complete | None:
        """What turns a value that is not null into the client's; None where every value is as it should be."""
        if isinstance(type_, GraphQLList):
            item = type_.of_type
            bare = item.of_type if isinstance(item, GraphQLNonNull) else item
            return _list(self._complete(bare, below), bare is not item)
        named = get_named_type(type_)
        if isinstance(named, GraphQLObjectType):
            return _object(self.shape(named, below))
        if is_abstract_type(named) and isinstance(named, GraphQLAbstractType | GraphQLInterfaceType):
            return _abstract(named, below, self)
        check = _SCALARS.get(named.name)
        if isinstance(named, GraphQLEnumType):
            values = frozenset(named.values)
            check = lambda value: isinstance(value, str) and value in values  # noqa: E731 - one line, one use
        return _leaf(check) if check is not None else None


def _project(shape: _Shape, value: JsonObject, at: Link | None, findings: Findings) -> JsonObject | None:
    projected: JsonObject = {}
    for key, constant, complete, non_null in shape:
        if constant is not None:
            projected[key] = constant
            continue
        found = value.get(key)
        if found is None:
            if non_null:
                findings.nulls.append((at, key))
                return None
        elif complete is not None:
            found = complete(found, (at, key), findings)
            if found is None and non_null:
                return None
        projected[key] = found
    return projected


def _object(shape: _Shape) -> Complete:
    def complete(value: object, at: Link | None, findings: Findings) -> object:
        if isinstance(value, dict):
            return _project(shape, value, at, findings)
        findings.misfits.append(at)
        return None

    return complete


def _abstract(named: GraphQLAbstractType, below: Sequence[SelectionSet], compiler: _Compiler) -> Complete:
    members = {member.name: member for member in compiler.schema.get_possible_types(named)}
    # Compiled as they occur: an interface may have hundreds of types of which an operation meets two.
    shapes: dict[object, _Shape] = {}
    if isinstance(named, GraphQLInterfaceType):
        shape = compiler.veiled_shape(named, below)
        if shape is not None:
            shapes[None] = shapes[named.name] = shape

    def complete(value: object, at: Link | None, findings: Findings) -> object:
        if not isinstance(value, dict):
            findings.misfits.append(at)
            return None
        name = value.get("__typename")
        shape = shapes.get(name) if name is None or isinstance(name, str) else None
        if shape is None:
            member = members.get(name) if isinstance(name, str) else None
            if member is None:
                # An object of a type that clients may not see is no object to them.
                findings.misfits.append(at)
                return None
            shape = shapes[name] = compiler.shape(member, below)
        return _project(shape, value, at, findings)

    return complete


def _list(inner: Complete | None, non_null: bool) -> Complete:
    def complete(value: object, at: Link | None, findings: Findings) -> object:
        if not isinstance(value, list):
            findings.misfits.append(at)
            return None
        if inner is None and not non_null:
            return value
        items: list[object] = []
        for index, item in enumerate(value):
            found = item
            if item is None:
                if non_null:
                    findings.nulls.append((at, index))
                    return None
            elif inner is not None:
                found = inner(item, (at, index), findings)
                if found is None and non_null:
                    return None
            items.append(found)
        return items

    return complete


def _leaf(check: Check) -> Complete:
    def complete(value: object, at: Link | None, findings: Findings) -> object:
        if check(value):
            return value
        findings.misfits.append(at)
        return None

    return complete


def _is_int(value: object) -> bool:
    return type(value) is int and value in INT_RANGE


_SCALARS: dict[str, Check] = {
    "Int": _is_int,
    "Float": lambda value: type(value) in (int, float),
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "ID": lambda value: isinstance(value, str) or type(value) is int,
}


def _explain(findings: Findings, errors: Sequence[FieldError]) -> Iterator[FieldError]:
    known = {error.path for error in errors}
    # Where a whole fetch failed, its error explains every null there is, but no value of another type.
    nulls = [] if None in known else findings.nulls
    for links, code, text in (
        (nulls, "NULL_IN_NON_NULL_FIELD", "null where the schema allows none"),
        (findings.misfits, "INVALID_FIELD_VALUE", "a value that does not fit the schema"),
    ):
        for link in links[:_MOST_FINDINGS]:
            path = _path(link)
            if not any(path[:length] in known for length in range(1, len(path) + 1)):
                yield FieldError(text, code, path)
        if len(links) > _MOST_FINDINGS:
            yield FieldError(f"{text}, in {len(links) - _MOST_FINDINGS} more places", code)


def _link(path: ResponsePath) -> Link | None:
    link: Link | None = None
    for part in path:
        link = (link, part)
    return link


def _path(link: Link | None) -> ResponsePath:
    parts: list[str | int] = []
    while link is not None:
        link, part = link
        parts.append(part)
    return tuple(reversed(parts))
