"""Random records for a layout: nulls where they may be, cycles, and of abstract types only what the subgraph knows."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, build_schema

from .layout import FieldShape, Layout
from .world import Record, Ref

_WORDS = ("tea", "lantern", "", "ünï", '"quoted"')


class WorldMaker:
    """The records of one graph. `faulty` lets some be null where they must not."""

    def __init__(self, random: Random, layout: Layout, untouchable: set[str], faulty: bool) -> None:
        self.random = random
        self.layout = layout
        self.untouchable = untouchable
        self.faulty = faulty
        self.schema = build_schema(
            "\n".join(
                f"type {name} {{ {' '.join(f'{item.name}: {item.text}' for item in shape.fields.values())} }}"
                for name, shape in layout.types.items()
                if shape.kind == "type" and shape.fields
            )
            + "".join(f"\nscalar {name}" for name, shape in layout.types.items() if shape.kind != "type")
        )
        self.names: dict[str, list[str]] = {}

    def make(self) -> dict[str, Record]:
        """Names of records first, so that they can refer to each other."""
        shapes = [shape for shape in self.layout.types.values() if shape.kind == "type" and shape.fields]
        roots = ("Query", "Mutation")
        for shape in shapes:
            if shape.name not in roots:
                count = 3 if shape.name.endswith("Ref") else self.random.choice([1, 2, 3])
                if shape.name == "E0":
                    count = 3  # others may be known by theirs
                self.names[shape.name] = [f"{shape.name}-{n}" for n in range(count)]
        self.names["Query"] = ["Query"]
        records: dict[str, Record] = {}
        for shape in shapes:
            for place, name in enumerate([shape.name] if shape.name in roots else self.names[shape.name]):
                record: Record = {"__typename": shape.name}
                for item in shape.fields.values():
                    if not item.computed:
                        record[item.name] = self._value(shape.name, item, place)
                records[name] = record
        if self.random.random() < 0.3:
            self._lose(records)
        return records

    def _lose(self, records: dict[str, Record]) -> None:
        """Lets one subgraph not know an entity, where all that only it could tell may be null."""
        choices = [
            (subgraph, name)
            for subgraph, parts in self.layout.parts.items()
            for name, part in parts.items()
            if len(part.keys) == 1 and name in self.names and self._may_be_unknown(subgraph, name)
        ]
        if choices:
            subgraph, type_name = self.random.choice(choices)
            record = records[self.random.choice(self.names[type_name])]
            record["@unknown"] = [subgraph]
            for name in self._own(subgraph, type_name):
                record[name] = None

    def _own(self, subgraph: str, type_name: str) -> list[str]:
        part = self.layout.parts[subgraph][type_name]
        words = "".join(part.keys).replace("{", " ").split()
        return [name for name, declared in part.fields.items() if name not in words and not declared.external]

    def _may_be_unknown(self, subgraph: str, type_name: str) -> bool:
        if "N" in self.layout.types[type_name].interfaces:
            return False  # only it could tell of which type the entity is
        own = self._own(subgraph, type_name)
        fields = [self.layout.types[type_name].fields[name] for name in own]
        alone = all(self.layout.owners(type_name, name) == [subgraph] for name in own)
        nullable = not any(item.text.endswith("!") or item.computed or item.never_null for item in fields)
        return alone and nullable and not any(f"{type_name}.{name}" in self.untouchable for name in own)

    def _value(self, type_name: str, item: FieldShape, place: int) -> Any:
        if item.never_null and (item.named.endswith("Ref") or item.name == "owner"):
            return Ref(f"{item.named}-{place}")
        if item.never_null and item.name in ("id", "sku", "code", "zone"):
            return place + 7 if item.named == "Int" else f"{type_name.lower()}{place}"
        if type_name == "Mutation" and item.named != "Int":
            return [Ref(name) for name in self.names[item.named]]
        if type_name == "Query" and item.arguments == "(id: ID!)":
            return [Ref(name) for name in self.names[item.named]]
        alone = len(self.layout.owners(type_name, item.name)) == 1
        untouchable = item.never_null or f"{type_name}.{item.name}" in self.untouchable
        required = item.text.endswith("!") and self._is_leaf(item)
        if self.faulty and alone and required and not untouchable and self.random.random() < 0.3:
            return None
        type_: GraphQLOutputType = self.schema.type_map[type_name].fields[item.name].type  # type: ignore[attr-defined]
        if item.named == "Size":
            return self._of(type_, item.never_null, self._known(type_name, item))
        return self._of(type_, item.never_null, [Ref(name) for name in self._targets(type_name, item)])

    def _is_leaf(self, item: FieldShape) -> bool:
        return self.layout.types.get(item.named) is None or self.layout.types[item.named].kind in (
            "enum",
            "scalar",
            "input",
        )

    def _known(self, type_name: str, item: FieldShape) -> list[str]:
        """The values of an enum that the field's subgraph knows."""
        return self.layout.parts[self._owner(type_name, item)][item.named].members

    def _owner(self, type_name: str, item: FieldShape) -> str:
        """A subgraph that resolves the field, if only as one of an interface object."""
        names = [type_name, *self.layout.types[type_name].interfaces]
        return next(owner for name in names for owner in self.layout.owners(name, item.name))

    def _targets(self, type_name: str, item: FieldShape) -> list[str]:
        """The records that the field may lead to: those of types which its subgraph knows."""
        shape = self.layout.types.get(item.named)
        if shape is None or shape.kind in ("enum", "scalar", "input"):
            return []
        if shape.kind == "type":
            return self.names[shape.name]
        parts = self.layout.parts[self._owner(type_name, item)]
        if parts[shape.name].interface_object:
            known = shape.members
        elif shape.kind == "union":
            known = parts[shape.name].members
        else:
            known = [name for name, part in parts.items() if shape.name in part.interfaces and name in self.names]
        return [name for member in known for name in self.names[member]]

    def _of(self, type_: GraphQLOutputType, never_null: bool, targets: Sequence[Any]) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._of(type_.of_type, True, targets)
        if not never_null and self.random.random() < 0.2:
            return None
        if isinstance(type_, GraphQLList):
            return [self._of(type_.of_type, False, targets) for _ in range(self.random.choice([0, 1, 2, 3]))]
        if targets:
            return self.random.choice(targets)
        leaf = {
            "Int": self.random.randint(-5, 99),
            "Boolean": self.random.random() < 0.5,
            "Color": self.random.choice(["RED", "GREEN", "BLUE"]),
            "Money": self.random.choice(["1.50 EUR", 3, {"amount": 7}, [1, None]]),
            "ID": f"x{self.random.randint(0, 9)}",
        }
        return leaf.get(str(type_), self.random.choice(_WORDS))
