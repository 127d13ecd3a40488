"""A subgraph's schema as composition sees it: directives under their own names, roots renamed, federation left out.

Every element knows its place in the SDL and keeps the directives applied to it. What almost every rule asks
(external, shareable, requires, ...) is read once into fields of its own; these mean what Federation 2 means by
them, also where the subgraph is written for Federation 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from graphql import ConstValueNode, DocumentNode, print_ast, value_from_ast_untyped

from router.composition.links import FederationVersion, Link
from router.composition.places import Place
from router.supergraph.field_set import FieldSet
from router.supergraph.model import TypeKind, named_type

FEDERATION = "federation"
BUILT_IN = "graphql"


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """What composition is given: a name, the address for the router, and the SDL of `_service { sdl }`."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A directive where it is applied.

    `spec` says whose it is: FEDERATION, BUILT_IN, the identity (URL without version) of another linked spec, or
    empty for the subgraph's own. `name` is the spec's name for it, `written` what the subgraph calls it.
    """

    spec: str
    name: str
    written: str
    arguments: Mapping[str, ConstValueNode]
    place: Place

    def value(self, argument: str) -> object:
        """The argument as plain Python; None where it is absent. An enum value reads as a string."""
        node = self.arguments.get(argument)
        return None if node is None else value_from_ast_untyped(node)

    def text(self, argument: str) -> str | None:
        """The argument as a string, None where absent or null. (Federation 1 took lists of fields for field sets.)"""
        value = self.value(argument)
        if isinstance(value, list):
            return " ".join(str(item) for item in value)
        return None if value is None else str(value)

    @property
    def printed_arguments(self) -> str:
        """`(a: 1, b: "x")`, or nothing."""
        listed = ", ".join(f"{name}: {print_ast(node)}" for name, node in self.arguments.items())
        return f"({listed})" if listed else ""


@dataclass(frozen=True, slots=True)
class Element:
    """Anything in a schema that has a name, a place, a description and directives."""

    name: str
    place: Place
    description: str | None = None
    directives: tuple[Applied, ...] = ()

    def applied(self, name: str, spec: str = FEDERATION) -> Iterator[Applied]:
        """The applications of one directive, as written in this subgraph."""
        return (item for item in self.directives if item.name == name and item.spec == spec)

    def has(self, name: str, spec: str = FEDERATION) -> bool:
        return any(True for _ in self.applied(name, spec))


@dataclass(frozen=True, slots=True)
class InputDef(Element):
    """An argument, or a field of an input object. `default` is as printed."""

    type: str = ""
    default: str | None = None

    @property
    def from_context(self) -> str | None:
        """What `@fromContext` selects; such an argument is not the client's."""
        return next((applied.text("field") or "" for applied in self.applied("fromContext")), None)

    @property
    def is_required(self) -> bool:
        """Whether a client must give it."""
        return self.from_context is None and self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class FieldDef(Element):
    """A field of an object or interface. The texts of field sets are kept for the supergraph."""

    type: str = ""
    arguments: Mapping[str, InputDef] = field(default_factory=dict)
    external: bool = False
    shareable: bool = False
    requires: str | None = None
    provides: str | None = None
    override: str | None = None
    override_label: str | None = None


@dataclass(frozen=True, slots=True)
class KeyDef:
    """`@key` as written, with its parsed selection (empty when it does not parse: a rule reports that)."""

    text: str
    fields: FieldSet
    resolvable: bool
    place: Place


@dataclass(frozen=True, slots=True)
class ValueDef(Element):
    """A value of an enum."""


@dataclass(frozen=True, slots=True)
class TypeDef(Element):
    """A type with all its extensions in this subgraph folded in. `extension` where nothing here defines it."""

    kind: TypeKind = TypeKind.SCALAR
    extension: bool = False
    interface_object: bool = False
    keys: tuple[KeyDef, ...] = ()
    fields: Mapping[str, FieldDef] = field(default_factory=dict)
    inputs: Mapping[str, InputDef] = field(default_factory=dict)
    interfaces: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    values: Mapping[str, ValueDef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectiveDef(Element):
    """A directive that the subgraph defines itself, under the name it gives it."""

    arguments: Mapping[str, InputDef] = field(default_factory=dict)
    locations: tuple[str, ...] = ()
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class SubgraphSchema:
    """One subgraph, read. `document` is its SDL as parsed, for rules on what the model leaves out.

    `roots` are the names that the SDL gives the root types (`query` to `RootQuery`); in `types` they are `Query`,
    `Mutation` and `Subscription`.
    """

    name: str
    url: str
    federation: FederationVersion
    roots: Mapping[str, str]
    links: tuple[Link, ...]
    types: Mapping[str, TypeDef]
    directive_definitions: Mapping[str, DirectiveDef]
    schema_directives: tuple[Applied, ...]
    document: DocumentNode

    @property
    def place(self) -> Place:
        """The subgraph as a whole."""
        return Place(self.name)

    @property
    def is_federation_1(self) -> bool:
        return self.federation < (2, 0)

    def with_fields(self, change: Callable[[TypeDef, FieldDef], FieldDef]) -> SubgraphSchema:
        """The subgraph with another version of each field."""
        types = {
            type_.name: replace(type_, fields={name: change(type_, found) for name, found in type_.fields.items()})
            for type_ in self.types.values()
        }
        return replace(self, types=types)

    def returned(self, field_: FieldDef) -> TypeDef | None:
        """The type that a field returns, None for a built-in scalar."""
        return self.types.get(named_type(field_.type))

    def implementations(self, interface: str) -> Iterator[TypeDef]:
        """The object types here that implement the interface."""
        for type_ in self.types.values():
            if type_.kind is TypeKind.OBJECT and interface in type_.interfaces:
                yield type_

    def possible(self, type_name: str) -> Iterator[TypeDef]:
        """The object types that a value of the type can be in this subgraph."""
        type_ = self.types.get(type_name)
        if type_ is None:
            return
        if type_.kind is TypeKind.OBJECT:
            yield type_
        elif type_.kind is TypeKind.INTERFACE:
            yield from self.implementations(type_name)
        elif type_.kind is TypeKind.UNION:
            for member in type_.members:
                found = self.types.get(member)
                if found is not None and found.kind is TypeKind.OBJECT:
                    yield found
