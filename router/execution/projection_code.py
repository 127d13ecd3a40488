"""The projection of an operation as Python code, for data that are as the schema says: nearly all there are.

One function an object type of the operation, its checks written out and its result one dict display, runs in about
half the time of an interpreter of the same shape. The code keeps no paths: at the first value that does not fit it
gives up, and the interpreter goes over the data again to say what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
)
from graphql.type import GraphQLAbstractType, GraphQLCompositeType

from router.execution.representations import JsonObject
from router.planning.operation import INTROSPECTION, FieldSelection, SelectionSet

Groups = Mapping[str, Sequence[FieldSelection]]
ProjectObject = Callable[[JsonObject], JsonObject]
# An object that stands at many places of the data is projected once for each place of the operation.
_Seen = dict[tuple[object, int], JsonObject]
_Function = Callable[[JsonObject, _Seen], JsonObject]

# What a built-in scalar's value is in JSON, as the generated code tests it.
_CLASSES: dict[str, tuple[str, ...]] = {
    "Int": ("int",),
    "Float": ("float", "int"),
    "String": ("str",),
    "Boolean": ("bool",),
    "ID": ("str", "int"),
}
INT_RANGE = range(-(2**31), 2**31)
"""The values of the built-in Int."""
_IN_RANGE = f"{INT_RANGE.start} <= {{}} < {INT_RANGE.stop}"
_TYPES: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}


class UnfitError(Exception):
    """A value is not what the schema says, or null where none may be."""


class Selected(Protocol):
    """Which fields of an operation an object of a type has, under the conditions that hold."""

    @property
    def schema(self) -> GraphQLSchema: ...

    def groups(self, parent: GraphQLObjectType, sets: Sequence[SelectionSet]) -> Groups:
        """Fields by response key, in the client's order."""
        ...

    def veiled_groups(self, parent: GraphQLInterfaceType, sets: Sequence[SelectionSet]) -> Groups | None:
        """The same for an object of which only the interface is known; None where that is not enough."""
        ...


def generate(selected: Selected, root: GraphQLCompositeType, selections: SelectionSet) -> ProjectObject:
    """The projection from the root. It raises UnfitError, AttributeError or TypeError for data that do not fit."""
    if not isinstance(root, GraphQLObjectType):
        members = _Members(selected, root, (selections,))
        return lambda value: members[value.get("__typename")](value, {})
    module = _Module(selected)
    project = module.load(module.object_function(root, selected.groups(root, (selections,))))
    return lambda value: project(value, {})


class _Module:
    """Functions being written, and what they refer to."""

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.lines: list[str] = []
        self.names: dict[str, object] = {"UnfitError": UnfitError}
        self.count = 0

    def load(self, name: str) -> _Function:
        # Response keys and type names enter the source through repr alone.
        exec("\n".join(self.lines), self.names)  # noqa: S102
        loaded = self.names[name]
        assert callable(loaded)  # noqa: S101 - we wrote it
        return loaded

    def object_function(self, parent: GraphQLObjectType | GraphQLInterfaceType, groups: Groups) -> str:
        body: list[str] = ["    get = v.get"]
        entries: list[str] = []
        for place, (key, fields) in enumerate(groups.items()):
            if fields[0].name == "__typename":
                entries.append(f"{key!r}: {parent.name!r}")
                continue
            if fields[0].name in INTROSPECTION:
                entries.append(f"{key!r}: get({key!r})")
                continue
            variable = f"a{place}"
            body.append(f"    {variable} = get({key!r})")
            below = tuple(item.selections for item in fields if item.selections is not None)
            body.extend(self._value(variable, parent.fields[fields[0].name].type, below))
            entries.append(f"{key!r}: {variable}")
        name = self._new_name("object")
        self.lines += [f"def {name}(v, seen):", *body, f"    return {{{', '.join(entries)}}}"]
        return name

    def _new_name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def _named(self, stem: str, value: object) -> str:
        name = self._new_name(stem)
        self.names[name] = value
        return name

    def _value(self, variable: str, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> list[str]:
        """Statements that check and convert the variable, its nulls included."""
        if isinstance(type_, GraphQLNonNull):
            checked = self._checked(variable, type_.of_type, below)
            # Every check but those of values that may be anything fails for null by itself.
            return checked or [f"    if {variable} is None: raise UnfitError"]
        checked = self._checked(variable, type_, below)
        if not checked:
            return []
        return [f"    if {variable} is not None:", *(f"    {line}" for line in checked)]

    def _checked(self, variable: str, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> list[str]:
        """Statements for a value that should not be null; none where any value will do."""
        if isinstance(type_, GraphQLList):
            return self._list(variable, type_.of_type, below)
        if isinstance(type_, GraphQLEnumType):
            values = self._named("values", frozenset(type_.values))
            return [f"    if {variable} not in {values}: raise UnfitError"]
        converted = self._converted(variable, type_, below)
        if converted is not None:
            # Two places of the operation may ask different things of one object: each has results of its own.
            results = self._named("place", object())
            return [
                f"    known = seen.get(({results}, id({variable})))",
                f"    if known is None: known = seen[{results}, id({variable})] = {converted}",
                f"    {variable} = known",
            ]
        classes = _CLASSES.get(getattr(type_, "name", ""), ())
        if not classes:
            return []
        test = " and ".join(f"{variable}.__class__ is not {name}" for name in classes)
        if classes == _CLASSES["Int"]:
            test += f" or not {_IN_RANGE.format(variable)}"
        return [f"    if {test}: raise UnfitError"]

    def _converted(self, variable: str, type_: GraphQLOutputType, below: Sequence[SelectionSet]) -> str | None:
        """The expression for an object; None for leaves, which stay what they are."""
        if isinstance(type_, GraphQLObjectType):
            return f"{self.object_function(type_, self.selected.groups(type_, below))}({variable}, seen)"
        if isinstance(type_, GraphQLAbstractType):
            members = self._named("members", _Members(self.selected, type_, below))
            return f"{members}[{variable}.get('__typename')]({variable}, seen)"
        return None

    def _list(self, variable: str, item: GraphQLOutputType, below: Sequence[SelectionSet]) -> list[str]:
        is_list = f"    if {variable}.__class__ is not list: raise UnfitError"
        nullable = not isinstance(item, GraphQLNonNull)
        bare = item.of_type if isinstance(item, GraphQLNonNull) else item
        if isinstance(bare, GraphQLList):
            inner = self._new_name("list")
            self.lines += [f"def {inner}(v, seen):", *self._list("v", bare.of_type, below), "    return v"]
            converted: str | None = f"{inner}(i, seen)"
        else:
            converted = self._converted("i", bare, below)
        if converted is not None:
            if nullable:
                converted = f"None if i is None else {converted}"
            return [is_list, f"    {variable} = [{converted} for i in {variable}]"]
        return [is_list, *self._leaves(variable, bare, nullable)]

    def _leaves(self, variable: str, bare: GraphQLOutputType, nullable: bool) -> list[str]:
        """A check of all items of a list at once."""
        if isinstance(bare, GraphQLEnumType):
            allowed: set[object] = {*bare.values, None} if nullable else {*bare.values}
            values = self._named("values", frozenset(allowed))
            return [f"    if not {values}.issuperset({variable}): raise UnfitError"]
        classes = _CLASSES.get(getattr(bare, "name", ""), ())
        if classes:
            kinds = {_TYPES[name] for name in classes} | ({type(None)} if nullable else set())
            types = self._named("types", frozenset(kinds))
            lines = [f"    if not {types}.issuperset(map(type, {variable})): raise UnfitError"]
            if classes == _CLASSES["Int"]:
                unfit = "i is not None and not" if nullable else "not"
                lines.append(f"    for i in {variable}:")
                lines.append(f"        if {unfit} {_IN_RANGE.format('i')}: raise UnfitError")
            return lines
        return [] if nullable else [f"    if None in {variable}: raise UnfitError"]


class _Members(dict[object, _Function]):
    """The projections of an abstract type by `__typename`, written as they occur: an interface may have hundreds of
    types of which an operation meets two."""

    def __init__(self, selected: Selected, type_: GraphQLAbstractType, below: Sequence[SelectionSet]) -> None:
        super().__init__()
        self.selected = selected
        self.type = type_
        self.below = below

    def __missing__(self, name: object) -> _Function:
        module = _Module(self.selected)
        found = self[name] = module.load(self._written(module, name))
        return found

    def _written(self, module: _Module, name: object) -> str:
        if isinstance(self.type, GraphQLInterfaceType) and (name is None or name == self.type.name):
            veiled = self.selected.veiled_groups(self.type, self.below)
            if veiled is None:
                raise UnfitError
            return module.object_function(self.type, veiled)
        for member in self.selected.schema.get_possible_types(self.type):
            if member.name == name:
                return module.object_function(member, self.selected.groups(member, self.below))
        raise UnfitError
