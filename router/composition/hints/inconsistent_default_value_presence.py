"""INCONSISTENT_DEFAULT_VALUE_PRESENCE: only some subgraphs have a default."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph, InputMention
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def inconsistent_default_value_presence(graph: Graph) -> Iterator[Hint]:
    """Then clients cannot count on it, and the supergraph has none."""
    for type_name, field_name, _ in graph.fields():
        for argument, parts in graph.merged_arguments(graph.defined(type_name, field_name)).items():
            yield from _partly(f"{type_name}.{field_name}({argument}:)", parts)
    for type_name, _ in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, parts in graph.merged_inputs(type_name).items():
            yield from _partly(f"{type_name}.{name}", parts)


def _partly(coordinate: str, parts: list[InputMention]) -> Iterator[Hint]:
    having = [sub.name for sub, part in parts if part.default is not None]
    if having and len(having) < len(parts):
        without = [sub.name for sub, part in parts if part.default is None]
        yield Hint(
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            f"{coordinate} has no default in the supergraph: it has one in {listed(having)}, but not in "
            f"{listed(without)}",
            tuple(part.place for _, part in parts),
        )
