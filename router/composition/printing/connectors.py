"""Directives that stay a subgraph's own: the supergraph keeps them as `@join__directive`, with whose they are.

That is how REST connectors travel: their meaning is for the router that calls them, not for other subgraphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import print_ast

from router.composition.links import Link
from router.composition.printing.text import quoted
from router.composition.subgraph import Applied, SubgraphSchema

CONNECT_IDENTITY = "https://specs.apollo.dev/connect"


def joined_directives(applications: Iterable[Applied], graph_name: Mapping[str, str]) -> Iterator[str]:
    """Connector directives on an element."""
    for applied in applications:
        if applied.spec == CONNECT_IDENTITY:
            arguments = ", ".join(f"{name}: {print_ast(node)}" for name, node in applied.arguments.items())
            graph = graph_name[applied.place.subgraph]
            args = f", args: {{{arguments}}}" if arguments else ""
            yield f"@join__directive(graphs: [{graph}], name: {quoted(applied.name)}{args})"


def joined_links(subgraphs: Iterable[SubgraphSchema], graph_name: Mapping[str, str]) -> Iterator[str]:
    """The links to the connector spec, each subgraph's own."""
    for sub in subgraphs:
        for link in connect_links(sub):
            arguments = ", ".join(f"{item.name.value}: {print_ast(item.value)}" for item in link.node.arguments or ())
            yield f'@join__directive(graphs: [{graph_name[sub.name]}], name: "link", args: {{{arguments}}})'


def connect_links(sub: SubgraphSchema) -> list[Link]:
    return [link for link in sub.links if link.identity == CONNECT_IDENTITY]
