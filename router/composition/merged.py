"""The view of all subgraphs at once that the rules and the printer work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from router.composition.merge_types import merge_input_types, merge_output_types
from router.composition.subgraph import FieldDef, InputDef, SubgraphSchema, TypeDef
from router.supergraph.field_set import fields_for
from router.supergraph.model import TypeKind, named_type

ROOTS = ("Query", "Mutation", "Subscription")
BUILT_IN_SCALARS = frozenset({"ID", "String", "Int", "Float", "Boolean"})


@dataclass(frozen=True)
class Graph:
    """All subgraphs, sorted by name, so that nothing depends on the order they came in."""

    subgraphs: tuple[SubgraphSchema, ...]

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        names = {name for subgraph in self.subgraphs for name in subgraph.types}
        roots = [name for name in ROOTS if name in names]
        return (*roots, *sorted(names.difference(ROOTS).difference(BUILT_IN_SCALARS)))

    def of_type(self, name: str) -> list[tuple[SubgraphSchema, TypeDef]]:
        """Who defines the type, and how."""
        return [(sub, sub.types[name]) for sub in self.subgraphs if name in sub.types]

    def of_field(self, type_name: str, field_name: str) -> list[tuple[SubgraphSchema, FieldDef]]:
        """Who mentions the field, and how."""
        return [(sub, type_.fields[field_name]) for sub, type_ in self.of_type(type_name) if field_name in type_.fields]

    def field_names(self, type_name: str) -> tuple[str, ...]:
        """In order of first mention, subgraphs by name."""
        return tuple(dict.fromkeys(name for _, type_ in self.of_type(type_name) for name in type_.fields))

    def fields(self) -> Iterator[tuple[str, str, list[tuple[SubgraphSchema, FieldDef]]]]:
        """Every field of every object and interface with everyone who mentions it."""
        for type_name in self.type_names:
            for field_name in self.field_names(type_name):
                yield type_name, field_name, self.of_field(type_name, field_name)

    def kind(self, type_name: str) -> TypeKind | None:
        """The kind in the first subgraph that has it; TYPE_KIND_MISMATCH reports any other."""
        found = self.of_type(type_name)
        return found[0][1].kind if found else None

    def key_field_names(self, subgraph: SubgraphSchema, type_name: str) -> frozenset[str]:
        """Top-level fields of any key of the type in the subgraph."""
        type_ = subgraph.types.get(type_name)
        if type_ is None:
            return frozenset()
        return frozenset(item.name for key in type_.keys for item in fields_for(key.fields, frozenset([type_name])))

    def overridden(self, type_name: str, field_name: str) -> frozenset[str]:
        """Subgraphs that another one has taken the field from for good (no label)."""
        return frozenset(
            field.override
            for _, field in self.of_field(type_name, field_name)
            if field.override and field.override_label is None
        )

    def resolvers(self, type_name: str, field_name: str) -> list[tuple[SubgraphSchema, FieldDef]]:
        """Who resolves the field: neither external nor overridden."""
        gone = self.overridden(type_name, field_name)
        return [
            (sub, field)
            for sub, field in self.of_field(type_name, field_name)
            if sub.name not in gone and (not field.external or field_name in self.key_field_names(sub, type_name))
        ]

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

    def merged_type(self, mentions: Sequence[tuple[SubgraphSchema, FieldDef]]) -> str | None:
        return merge_output_types([field.type for _, field in mentions], self.satisfies)

    def merged_arguments(
        self, mentions: Sequence[tuple[SubgraphSchema, FieldDef]]
    ) -> dict[str, list[tuple[SubgraphSchema, InputDef]]]:
        """Arguments that every one of the mentions has; others cannot be offered to clients."""
        if not mentions:
            return {}
        names = [name for name in mentions[0][1].arguments if all(name in field.arguments for _, field in mentions)]
        return {name: [(sub, field.arguments[name]) for sub, field in mentions] for name in names}

    def merged_input(self, parts: Sequence[tuple[SubgraphSchema, InputDef]]) -> str | None:
        return merge_input_types([part.type for _, part in parts], self.satisfies)

    @cached_property
    def used_as_input(self) -> frozenset[str]:
        """Named types of arguments and of fields of input objects."""
        used: set[str] = set()
        for subgraph in self.subgraphs:
            for type_ in subgraph.types.values():
                used.update(named_type(item.type) for item in type_.inputs.values())
                for field in type_.fields.values():
                    used.update(named_type(item.type) for item in field.arguments.values())
        return frozenset(used)

    @cached_property
    def used_as_output(self) -> frozenset[str]:
        """Named types of fields of objects and interfaces."""
        return frozenset(
            named_type(field.type)
            for subgraph in self.subgraphs
            for type_ in subgraph.types.values()
            for field in type_.fields.values()
        )

    def enum_values(self, type_name: str) -> tuple[str, ...]:
        """Union where clients only read the enum, intersection where they only write it."""
        found = self.of_type(type_name)
        names = tuple(dict.fromkeys(value for _, type_ in found for value in type_.values))
        if type_name in self.used_as_input and type_name not in self.used_as_output:
            return tuple(name for name in names if all(name in type_.values for _, type_ in found))
        return names
