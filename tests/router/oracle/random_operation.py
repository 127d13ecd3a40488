"""Random operations on any schema: aliases that clash, fragments of every kind, variables and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)

_DEPTH = 6
_VARIABLES = {
    "yes": "Boolean!",
    "no": "Boolean! = false",
    "id": "ID!",
    "first": "Int",
    "n": "Int! = 4",
    "m": "Int",
    "c": "Color! = BLUE",
}


@dataclass(frozen=True)
class RandomOperation:
    """An operation, and variables to run it with."""

    query: str
    assignments: tuple[dict[str, Any], ...]


class OperationMaker:
    """Makes operations for one schema; `ids` are arguments worth asking for."""

    def __init__(self, random: Random, schema: GraphQLSchema, ids: list[str]) -> None:
        self.random = random
        self.schema = schema
        self.ids = ids
        self.size = 0
        self.fragments: dict[str, str] = {}

    def make(self) -> RandomOperation:
        """An operation; where aliases clash it is not valid."""
        self.size = self.random.choice([5, 10, 20, 40, 70])
        self.fragments = {}
        mutates = self.schema.mutation_type is not None and self.random.random() < 0.3
        root = self.schema.mutation_type if mutates else self.schema.query_type
        assert root is not None
        body = self._selection_set(root, _DEPTH, least=self.random.choice([1, 2, 3]))
        text = body + "".join(f"\nfragment {name} {self.fragments[name]}" for name in self.fragments)
        used = ", ".join(f"${name}: {type_}" for name, type_ in _VARIABLES.items() if f"${name}" in text)
        head = "mutation" if mutates else "query"
        query = f"{head} Random({used}) {text}" if used else f"{head} Random {text}"
        return RandomOperation(query, tuple(self._assignment() for _ in range(2 if used else 1)))

    def _assignment(self) -> dict[str, Any]:
        values: dict[str, Any] = {"yes": self._chance(0.6), "id": self._pick(self.ids)}
        if self._chance(0.7):
            values["no"] = self._chance(0.4)
        if self._chance(0.7):
            values["first"] = self._pick([None, 0, 1, 2, 5])
        if self._chance(0.5):
            values |= {"n": 1, "c": "GREEN"}
        if self._chance(0.6):
            values["m"] = self._pick([None, 2])
        return values

    def _selection_set(self, type_: GraphQLNamedType, depth: int, least: int = 1) -> str:
        parts = []
        for _ in range(self.random.randint(least, max(least, 4))):
            self.size -= 1
            kind = self.random.random()
            fields = getattr(type_, "fields", None)
            if kind < 0.08:
                parts.append(self._pick(["__typename", "__typename", "kind: __typename", "id: __typename"]))
            elif kind < 0.25 or (fields is None and kind < 0.9):
                parts.append(self._fragment(type_, depth))
            elif fields is not None:
                parts.append(self._field(type_, depth))
            if self.size < 0:
                break
        if type_ is self.schema.query_type and self._chance(0.03):
            parts.append('__type(name: "E0") { kind name }')
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _fragment(self, type_: GraphQLNamedType, depth: int) -> str:
        condition = self._pick(self._conditions(type_))
        body = self._selection_set(self.schema.type_map[condition], depth)
        if self._chance(0.25):
            name = f"F{len(self.fragments)}"
            self.fragments[name] = f"on {condition} {body}"
            again = f" ...{name}" if self._chance(0.2) else ""
            return f"...{name}{self._directive()}{again}"
        if condition == type_.name and self._chance(0.3):
            return f"...{self._directive()} {body}"
        return f"... on {condition}{self._directive()} {body}"

    def _conditions(self, type_: GraphQLNamedType) -> list[str]:
        if isinstance(type_, GraphQLObjectType):
            above = [item.name for item in self.schema.type_map.values() if self._contains(item, type_)]
            return [type_.name, type_.name, *above]
        members = self.schema.get_possible_types(type_)  # type: ignore[arg-type]
        others = [
            item.name
            for item in self.schema.type_map.values()
            if any(self._contains(item, member) for member in members)
        ]
        return [*(member.name for member in members), *(member.name for member in members), *others]

    def _contains(self, abstract: GraphQLNamedType, member: GraphQLObjectType) -> bool:
        if isinstance(abstract, GraphQLInterfaceType):
            return abstract in member.interfaces
        return member in getattr(abstract, "types", ())

    def _field(self, type_: GraphQLNamedType, depth: int) -> str:
        fields: dict[str, GraphQLField] = getattr(type_, "fields", {})
        deep = depth > 1 and self.size > 0
        names = [name for name, field in fields.items() if deep or is_leaf_type(get_named_type(field.type))]
        if not names:
            return "__typename"
        name = self._pick(names)
        field = fields[name]
        alias = self._pick(["", "", "", "", "x: ", "y: ", "id: ", "ref: ", f"{self._pick(list(fields))}: "])
        if alias == f"{name}: ":
            alias = ""
        texts = [f"{key}: {value}" for key, arg in field.args.items() if (value := self._argument(key, arg))]
        arguments = f"({', '.join(texts)})" if texts else ""
        named = get_named_type(field.type)
        below = f" {self._selection_set(named, depth - 1)}" if is_composite_type(named) else ""
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        if not is_required_argument(argument) and self._chance(0.4):
            return ""
        if isinstance(get_named_type(argument.type), GraphQLEnumType):
            return str(self._pick(["RED", "$c"]))
        nullable = not isinstance(argument.type, GraphQLNonNull)
        values = {
            "id": ["$id", f'"{self._pick(self.ids)}"', f'"{self._pick(self.ids)}"'],
            "first": ["1", "$first", "3"],
            "n": ["1", "2", "$n", "$m" if nullable else "$n", "null" if nullable else "5"],
            "f": ["{ n: $n }", "{ n: 1, c: [$c] }", "{ c: RED, f: { n: 3 } }", "{}"],
            "m": ['["a", $n]', "null", "[{ a: 1 }]"],
        }
        return str(self._pick(values[name]))

    def _directive(self) -> str:
        if self._chance(0.85):
            return ""
        return str(
            self._pick([" @include(if: $yes)", " @skip(if: $no)", " @skip(if: $yes)", " @include(if: true)"])
            if self._chance(0.9)
            else " @skip(if: $no) @include(if: $yes)"
        )

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _pick(self, items: list[Any]) -> Any:
        return self.random.choice(items)
