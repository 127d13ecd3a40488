"""What of the merged graph clients will see: `@inaccessible` in one subgraph hides an element from all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from router.composition.declarations import elements
from router.composition.merged import FieldMention, Graph, InputMention, TypeMention
from router.composition.places import Place
from router.composition.subgraph import Element, FieldDef, SubgraphSchema


@dataclass(frozen=True)
class Visibility:
    """By coordinates (`T`, `T.f`, `T.f(a:)`): what is hidden, and what is there to be seen."""

    graph: Graph

    def hides(self, coordinates: str) -> bool:
        return coordinates in self.marks

    @cached_property
    def marks(self) -> Mapping[str, tuple[Place, ...]]:
        """Where each hidden element is marked. What a subgraph says of a field it leaves to others does not count."""
        found: dict[str, list[Place]] = {}
        for sub in self.graph.subgraphs:
            for coordinates, element in elements(sub):
                if not (isinstance(element, FieldDef) and element.external):
                    for applied in element.applied("inaccessible"):
                        found.setdefault(coordinates, []).append(applied.place)
        return {coordinates: tuple(places) for coordinates, places in found.items()}

    def types(self) -> Iterator[tuple[str, list[TypeMention]]]:
        """The types that clients see."""
        for name in self.graph.type_names:
            if not self.hides(name):
                yield name, self.graph.of_type(name)

    def fields(self) -> Iterator[tuple[str, str, list[FieldMention]]]:
        """The fields that clients see, with who defines them."""
        for type_name, field_name, _ in self.graph.fields():
            if not self.hides(type_name) and not self.hides(f"{type_name}.{field_name}"):
                yield type_name, field_name, self.graph.defined(type_name, field_name)

    def inputs(self) -> Iterator[tuple[str, list[InputMention]]]:
        """The arguments and input fields that clients see, by coordinates."""
        for coordinates, parts in self.inputs_of_visible():
            if not self.hides(coordinates):
                yield coordinates, parts

    def inputs_of_visible(self) -> Iterator[tuple[str, list[InputMention]]]:
        """All arguments and input fields, hidden or not, of the fields and types that clients see."""
        for type_name, _ in self.types():
            for name, parts in self.graph.merged_inputs(type_name).items():
                yield f"{type_name}.{name}", parts
        for type_name, field_name, mentions in self.fields():
            for name, parts in self.graph.merged_arguments(mentions).items():
                yield f"{type_name}.{field_name}({name}:)", parts


def places(mentions: Sequence[tuple[SubgraphSchema, Element]]) -> tuple[Place, ...]:
    """Where each of the mentions is."""
    return tuple(element.place for _, element in mentions)
