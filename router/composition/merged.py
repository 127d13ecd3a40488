"""The view of all subgraphs at once that the rules, the hints and the printer work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from router.composition.merge_types import merge_input_types, merge_output_types
from router.composition.selections import selected_fields, used_fields
from router.composition.subgraph import FieldDef, InputDef, SubgraphSchema, TypeDef
from router.supergraph.model import TypeKind, named_type

ROOTS = ("Query", "Mutation", "Subscription")
BUILT_IN_SCALARS = frozenset({"ID", "String", "Int", "Float", "Boolean"})

TypeMention = tuple[SubgraphSchema, TypeDef]
FieldMention = tuple[SubgraphSchema, FieldDef]
InputMention = tuple[SubgraphSchema, InputDef]


@dataclass(frozen=True)
class Graph:
    """All subgraphs, sorted by name, so that nothing depends on the order they came in."""

    subgraphs: tuple[SubgraphSchema, ...]

    # -- types -------------------------------------------------------------------------------------------

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        names = {name for subgraph in self.subgraphs for name in subgraph.types}
        roots = [name for name in ROOTS if name in names]
        return (*roots, *sorted(names.difference(ROOTS).difference(BUILT_IN_SCALARS)))

    def of_type(self, name: str) -> list[TypeMention]:
        """Who defines the type, and how."""
        return self._by_type.get(name, [])

    @cached_property
    def _by_type(self) -> Mapping[str, list[TypeMention]]:
        found: dict[str, list[TypeMention]] = {}
        for subgraph in self.subgraphs:
            for type_ in subgraph.types.values():
                found.setdefault(type_.name, []).append((subgraph, type_))
        return found

    def kind(self, type_name: str) -> TypeKind | None:
        """The kind in the first subgraph that has it; TYPE_KIND_MISMATCH reports any other."""
        found = self.of_type(type_name)
        return kind_of(found[0][1]) if found else None

    def types_of(self, *kinds: TypeKind) -> Iterator[tuple[str, list[TypeMention]]]:
        """The types of some kinds with everyone who defines them so; others are left to TYPE_KIND_MISMATCH."""
        for name in self.type_names:
            found = self.of_type(name)
            if kind_of(found[0][1]) in kinds:
                yield name, [(sub, type_) for sub, type_ in found if kind_of(type_) in kinds]

    def interfaces_of(self, type_name: str) -> tuple[str, ...]:
        """The interfaces that the type implements in any subgraph."""
        return tuple(sorted({name for _, type_ in self.of_type(type_name) for name in type_.interfaces}))

    @cached_property
    def implementations(self) -> Mapping[str, tuple[str, ...]]:
        """By interface, the object types that implement it in any subgraph."""
        found: dict[str, list[str]] = {}
        for name in self.type_names:
            if self.kind(name) is TypeKind.OBJECT:
                for interface in self.interfaces_of(name):
                    found.setdefault(interface, []).append(name)
        return {interface: tuple(names) for interface, names in found.items()}

    @cached_property
    def supertypes(self) -> dict[str, set[str]]:
        """Every type name that an object of the key satisfies in any subgraph."""
        found: dict[str, set[str]] = {}
        for subgraph in self.subgraphs:
            for type_ in subgraph.types.values():
                found.setdefault(type_.name, {type_.name}).update(type_.interfaces)
                for member in type_.members:
                    found.setdefault(member, {member}).add(type_.name)
        return found

    def satisfies(self, narrow: str, wide: str) -> bool:
        return narrow == wide or wide in self.supertypes.get(narrow, ())

    # -- fields ------------------------------------------------------------------------------------------

    def of_field(self, type_name: str, field_name: str) -> list[FieldMention]:
        """Who mentions the field, and how."""
        return self._mentions.get((type_name, field_name), [])

    @cached_property
    def _mentions(self) -> Mapping[tuple[str, str], list[FieldMention]]:
        found: dict[tuple[str, str], list[FieldMention]] = {}
        for type_name in self.type_names:
            for sub, type_ in self.of_type(type_name):
                for field in type_.fields.values():
                    found.setdefault((type_name, field.name), []).append((sub, field))
        return found

    def field_names(self, type_name: str) -> tuple[str, ...]:
        """In order of first mention, subgraphs by name; then those that come from interface objects."""
        own = dict.fromkeys(name for _, type_ in self.of_type(type_name) for name in type_.fields)
        return (*own, *self.inherited(type_name))

    def fields(self) -> Iterator[tuple[str, str, list[FieldMention]]]:
        """Every field of every object and interface with everyone who mentions it."""
        for type_name in self.type_names:
            for field_name in dict.fromkeys(name for _, type_ in self.of_type(type_name) for name in type_.fields):
                yield type_name, field_name, self.of_field(type_name, field_name)

    def defined(self, type_name: str, field_name: str) -> list[FieldMention]:
        """Who defines the field: not those who only say that somebody else does; all of them where nobody does."""
        mentions = self.of_field(type_name, field_name)
        return [(sub, field) for sub, field in mentions if not field.external] or mentions

    def resolvers(self, type_name: str, field_name: str) -> list[FieldMention]:
        """Who resolves the field: neither external nor overridden for good."""
        gone = self.overridden(type_name, field_name)
        return [
            (sub, field)
            for sub, field in self.of_field(type_name, field_name)
            if not field.external and sub.name not in gone
        ]

    def overridden(self, type_name: str, field_name: str) -> frozenset[str]:
        """Subgraphs that resolved the field until another one took it from them for good (no label)."""
        mentions = self.of_field(type_name, field_name)
        resolving = {sub.name for sub, field in mentions if not field.external}
        return frozenset(
            field.override for _, field in mentions if field.override in resolving and field.override_label is None
        )

    def labels(self, type_name: str, field_name: str) -> Mapping[str, str]:
        """Subgraphs, on both sides of an override, to the label that decides between them."""
        found: dict[str, str] = {}
        mentions = self.of_field(type_name, field_name)
        resolving = {sub.name for sub, field in mentions if not field.external}
        for sub, field in mentions:
            if field.override in resolving and field.override_label is not None:
                found[sub.name] = found[field.override] = field.override_label
        return found

    def uses(self, subgraph: SubgraphSchema, type_name: str, field_name: str) -> bool:
        """Whether the subgraph needs the field for itself: in a field set, or for an interface."""
        if (type_name, field_name) in self._used[subgraph.name]:
            return True
        interfaces = subgraph.types[type_name].interfaces
        return any(field_name in subgraph.types[name].fields for name in interfaces if name in subgraph.types)

    @cached_property
    def _used(self) -> Mapping[str, set[tuple[str, str]]]:
        return {subgraph.name: used_fields(subgraph) for subgraph in self.subgraphs}

    def is_shareable(self, subgraph: SubgraphSchema, type_name: str, field: FieldDef) -> bool:
        """Whether others may resolve the field as well. What a key is made of always is, at any depth."""
        return field.shareable or (type_name, field.name) in self._in_keys[subgraph.name]

    @cached_property
    def _in_keys(self) -> Mapping[str, set[tuple[str, str]]]:
        return {
            subgraph.name: {
                (type_name, field.name)
                for type_ in subgraph.types.values()
                for key in type_.keys
                for type_name, field in selected_fields(subgraph, type_.name, key.fields)
            }
            for subgraph in self.subgraphs
        }

    # -- interface objects -------------------------------------------------------------------------------

    def interface_objects(self, type_name: str) -> list[TypeMention]:
        """Who has the interface as an object."""
        return [(sub, type_) for sub, type_ in self.of_type(type_name) if type_.interface_object]

    def of_field_by_interface(self, type_name: str, field_name: str) -> list[FieldMention]:
        """Who has the field of an object type by way of an interface object, without knowing the type itself."""
        return [
            (sub, type_.fields[field_name])
            for interface in self.interfaces_of(type_name)
            for sub, type_ in self.interface_objects(interface)
            if field_name in type_.fields and type_name not in sub.types
        ]

    def inherited(self, type_name: str) -> dict[str, str]:
        """Fields that an object type has from interface objects alone, each with the interface it comes from."""
        if self.kind(type_name) is not TypeKind.OBJECT:
            return {}
        own = {name for _, type_ in self.of_type(type_name) for name in type_.fields}
        found: dict[str, str] = {}
        for interface in self.interfaces_of(type_name):
            for _, type_ in self.interface_objects(interface):
                for name in type_.fields:
                    if name not in own:
                        found.setdefault(name, interface)
        return found

    # -- what becomes of them ----------------------------------------------------------------------------

    def merged_type(self, mentions: Sequence[FieldMention]) -> str | None:
        return merge_output_types([field.type for _, field in mentions], self.satisfies)

    def arguments(self, mentions: Sequence[FieldMention]) -> dict[str, list[InputMention]]:
        """Every argument that any of the mentions has, with who has it; not those that the router fills in."""
        found: dict[str, list[InputMention]] = {}
        for sub, field in mentions:
            for argument in field.arguments.values():
                if argument.from_context is None:
                    found.setdefault(argument.name, []).append((sub, argument))
        return found

    def merged_arguments(self, mentions: Sequence[FieldMention]) -> dict[str, list[InputMention]]:
        """Arguments that every one of the mentions has; others cannot be offered to clients."""
        return {name: parts for name, parts in self.arguments(mentions).items() if len(parts) == len(mentions)}

    def inputs(self, type_name: str) -> dict[str, list[InputMention]]:
        """Every field of an input object that any subgraph has, with who has it."""
        found: dict[str, list[InputMention]] = {}
        for sub, type_ in self.of_type(type_name):
            for item in type_.inputs.values():
                found.setdefault(item.name, []).append((sub, item))
        return found

    def merged_inputs(self, type_name: str) -> dict[str, list[InputMention]]:
        """Fields of an input object that every subgraph has that has the type."""
        everyone = sum(type_.kind is TypeKind.INPUT_OBJECT for _, type_ in self.of_type(type_name))
        return {name: parts for name, parts in self.inputs(type_name).items() if len(parts) == everyone}

    def merged_input(self, parts: Sequence[InputMention]) -> str | None:
        return merge_input_types([part.type for _, part in parts], self.satisfies)

    def merged_default(self, parts: Sequence[InputMention]) -> str | None:
        """A default that all agree on; where some have none, clients must not count on it."""
        defaults = {part.default for _, part in parts}
        return defaults.pop() if len(defaults) == 1 else None

    @cached_property
    def used_as_input(self) -> frozenset[str]:
        """Named types of arguments and of fields of input objects that clients can use."""
        used: set[str] = set()
        for name, _ in self.types_of(TypeKind.INPUT_OBJECT):
            used.update(named_type(part.type) for found in self.merged_inputs(name).values() for _, part in found)
        for type_name, field_name, _ in self.fields():
            arguments = self.merged_arguments(self.defined(type_name, field_name))
            used.update(named_type(part.type) for found in arguments.values() for _, part in found)
        return frozenset(used)

    @cached_property
    def used_as_output(self) -> frozenset[str]:
        """Named types of fields of objects and interfaces."""
        return frozenset(named_type(field.type) for _, _, mentions in self.fields() for _, field in mentions)

    def enum_values(self, type_name: str) -> tuple[str, ...]:
        """Union where clients read the enum, intersection where they only write it."""
        found = [(sub, type_) for sub, type_ in self.of_type(type_name) if type_.kind is TypeKind.ENUM]
        names = tuple(dict.fromkeys(value for _, type_ in found for value in type_.values))
        if type_name in self.used_as_input and type_name not in self.used_as_output:
            return tuple(name for name in names if all(name in type_.values for _, type_ in found))
        return names


def kind_of(type_: TypeDef) -> TypeKind:
    """What a type stands for: an interface object is an interface."""
    return TypeKind.INTERFACE if type_.interface_object else type_.kind
