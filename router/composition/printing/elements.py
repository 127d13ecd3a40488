"""Directives on an element of the supergraph: those that pass through from its elements in the subgraphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from router.composition.auth import Requirements
from router.composition.composed_directives import OwnDirectives
from router.composition.merge_directives import merged_applications, supergraph_name
from router.composition.merge_texts import merged_description
from router.composition.merged import Graph, InputMention
from router.composition.printing.connectors import joined_directives
from router.composition.printing.graph_names import graph_names
from router.composition.printing.text import quoted
from router.composition.subgraph import Applied, Element


class ElementPrinter:
    """What every kind of type is printed with; remembers which directives were needed."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.graph_name = graph_names(graph.subgraphs)
        self.used: set[str] = set()

    @cached_property
    def own(self) -> OwnDirectives:
        return OwnDirectives(self.graph)

    @cached_property
    def requirements(self) -> Requirements:
        return Requirements(self.graph)

    def passed(self, elements: Iterable[Element], further: Sequence[Applied] = ()) -> list[str]:
        """The directives of all subgraphs on one element, with what it inherits from elsewhere."""
        applications = [applied for element in elements for applied in element.directives if self.own.keeps(applied)]
        applications.extend(further)
        self.used.update(supergraph_name(applied) for applied in applications)
        return merged_applications(applications, self.own.is_repeatable)

    def connectors(self, element: Element) -> Iterator[str]:
        """What the supergraph keeps of an element for one subgraph alone."""
        return joined_directives(element.directives, self.graph_name)

    def input(self, name: str, parts: Sequence[InputMention], join: Sequence[str] = ()) -> str:
        """An argument, or a field of an input object."""
        merged = self.graph.merged_input(parts) or parts[0][1].type
        default = self.graph.merged_default(parts)
        elements = [part for _, part in parts]
        text = merged_description(elements)
        head = f"{quoted(text)} " if text else ""
        typed = f"{name}: {merged}" + (f" = {default}" if default is not None else "")
        return head + " ".join([typed, *join, *self.passed(elements)])
