"""The immutable model of a federated graph: everything the planner asks, already resolved.

Types of fields are kept as GraphQL prints them (`[Order!]!`); `named_type` gives the name inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from graphql import GraphQLSchema

from router.supergraph.costs import Costs
from router.supergraph.field_set import FieldSet

_NO_COSTS = Costs()


class TypeKind(StrEnum):
    """The kinds of GraphQL types, as introspection names them."""

    SCALAR = "SCALAR"
    OBJECT = "OBJECT"
    INTERFACE = "INTERFACE"
    UNION = "UNION"
    ENUM = "ENUM"
    INPUT_OBJECT = "INPUT_OBJECT"


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One service of the graph. `name` is what its team calls it, `graph` its name in join directives."""

    name: str
    graph: str
    url: str


@dataclass(frozen=True, slots=True)
class Key:
    """One way to fetch an entity from a subgraph."""

    fields: FieldSet
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that no client gives: the value of `selection` at the nearest object around the field, itself
    included, whose type sets the context."""

    context: str
    name: str
    type: str
    selection: FieldSet


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """What one subgraph knows of a field.

    `external` means that the subgraph only mentions it: it can return the field nowhere except where a
    `@provides` says so. `via` is the interface as which the subgraph knows the object: where it has the interface
    as an interface object, it resolves the field without knowing what the object is.
    """

    subgraph: str
    type: str
    via: str | None = None
    external: bool = False
    requires: FieldSet = ()
    provides: FieldSet = ()
    contexts: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """What a request must hold: a verified identity, one whole group of scopes out of `scopes`, and one of policies
    out of `policies`."""

    authenticated: bool = False
    scopes: tuple[tuple[str, ...], ...] = ()
    policies: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return self.authenticated or bool(self.scopes) or bool(self.policies)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object or interface, with everyone who knows it."""

    name: str
    type: str
    owners: Mapping[str, FieldOwner]
    access: Access = Access()


@dataclass(frozen=True, slots=True)
class Type:
    """A type of the graph. `keys` is by subgraph, in the order they were declared.

    `interface_objects` are the subgraphs where this interface is an object type (`@interfaceObject`): what they
    return has no runtime type until a subgraph with the real interface has been asked. `contexts` are those that its
    objects set for what is below them.
    """

    name: str
    kind: TypeKind
    subgraphs: frozenset[str]
    fields: Mapping[str, Field]
    keys: Mapping[str, tuple[Key, ...]]
    access: Access = Access()
    interface_objects: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()

    @property
    def is_abstract(self) -> bool:
        return self.kind in (TypeKind.INTERFACE, TypeKind.UNION)

    @property
    def is_composite(self) -> bool:
        return self.kind is TypeKind.OBJECT or self.is_abstract


@dataclass(frozen=True, slots=True)
class LabelledOverride:
    """A field on its way from the subgraph `source` to `target`: there for requests with the label.

    `is_input` says that keys or requirements are made of such a field, so that plans may need it unasked.
    """

    label: str
    type_name: str
    field_name: str
    source: str
    target: str
    is_input: bool


@dataclass(frozen=True, slots=True)
class Supergraph:
    """The whole graph.

    `members[subgraph][abstract]` are the object types that this subgraph may return there, `supertypes[name]`
    every type that an object of `name` satisfies anywhere in the graph (itself included). `schema` is what
    clients see: nothing of federation, nothing inaccessible. `hides_something` is true where the two differ
    in more than directives, so that data of a subgraph may hold what a client must not see. `veiled_interfaces` are
    those some subgraph has as interface object, `uneven_unions` those whose members are not the same in all subgraphs.
    `overrides` are the moves that depend on a label; as the graph is read, none of them has happened.
    `contextual_fields` are the names of the fields that take arguments from a context.
    """

    subgraphs: Mapping[str, Subgraph]
    types: Mapping[str, Type]
    members: Mapping[str, Mapping[str, tuple[str, ...]]]
    supertypes: Mapping[str, frozenset[str]]
    roots: Mapping[str, str]
    schema: GraphQLSchema
    hides_something: bool
    veiled_interfaces: frozenset[str]
    uneven_unions: frozenset[str]
    overrides: tuple[LabelledOverride, ...] = ()
    costs: Costs = _NO_COSTS
    contextual_fields: frozenset[str] = frozenset()

    def field(self, type_name: str, field_name: str) -> Field | None:
        """The field, or None where the type does not have it."""
        found = self.types.get(type_name)
        return found.fields.get(field_name) if found else None

    def is_veiled(self, subgraph: str | None, type_name: str) -> bool:
        """Whether `subgraph` has the interface as an interface object."""
        return subgraph in self.types[type_name].interface_objects

    def unveiling(self, type_name: str) -> tuple[str, ...]:
        """The subgraphs that know the runtime types behind an interface some others have as interface object."""
        found = self.types[type_name]
        return tuple(sorted(found.subgraphs - found.interface_objects))

    def possible_types(self, type_name: str) -> tuple[str, ...]:
        """The object types that satisfy `type_name` anywhere in the graph, by name."""
        return tuple(
            sorted(
                name
                for name, found in self.supertypes.items()
                if type_name in found and self.types[name].kind is TypeKind.OBJECT
            )
        )

    def contexts_of(self, type_name: str) -> frozenset[str]:
        """The contexts that an object of the type sets, by its own declaration or that of a type that it satisfies."""
        return frozenset[str]().union(*(self.types[name].contexts for name in self.supertypes[type_name]))

    def members_in(self, subgraph: str, type_name: str) -> tuple[str, ...]:
        """The object types that `subgraph` may return where it declares `type_name`."""
        if not self.types[type_name].is_abstract:
            return (type_name,)
        return self.members.get(subgraph, {}).get(type_name, ())


def named_type(printed: str) -> str:
    """`[Order!]!` -> `Order`."""
    return printed.strip("[]!")
