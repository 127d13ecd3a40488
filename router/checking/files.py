"""Graphs and operations in files, for whoever checks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, parse

from router.composition.compose import compose
from router.composition.errors import CompositionFailedError
from router.composition.files import SubgraphListError, read_subgraph_list
from router.composition.subgraph import SubgraphSource
from router.supergraph.errors import SupergraphError
from router.supergraph.reading import read_supergraph


class UnreadableGraphError(Exception):
    """The file holds no graph, or its subgraphs do not compose; the message says why."""

    code = "GRAPH_UNREADABLE"


def read_graph(path: Path) -> GraphQLSchema:
    """What clients see of a supergraph SDL, of a JSON list of subgraphs (each with its SDL), or of a plain schema.

    Raises UnreadableGraphError.
    """
    try:
        if path.suffix == ".json":
            sources = [SubgraphSource(entry.name, entry.url, entry.sdl or "") for entry in read_subgraph_list(path)]
            return read_supergraph(compose(sources).sdl).schema
        text = path.read_text(encoding="utf-8")
        return read_supergraph(text).schema if "join__Graph" in text else build_schema(text)
    except (
        CompositionFailedError,
        SubgraphListError,
        SupergraphError,
        GraphQLError,
        OSError,
        TypeError,
        ValueError,
    ) as error:
        raise UnreadableGraphError(f"{path}: {error}") from error


def read_operations(path: Path) -> list[tuple[str, DocumentNode]]:
    """Documents with their names: of a file, of every `.graphql` file of a folder, or of a manifest, which is a JSON
    object of documents by hash or name. Raises UnreadableGraphError."""
    try:
        return [(name, parse(text)) for name, text in _texts(path)]
    except (GraphQLError, OSError, msgspec.DecodeError, ValueError) as error:
        raise UnreadableGraphError(f"{path}: {error}") from error


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.graphql")):
            yield file.relative_to(path).as_posix(), file.read_text(encoding="utf-8")
    elif path.suffix == ".json":
        yield from sorted(msgspec.json.decode(path.read_bytes(), type=dict[str, str]).items())
    else:
        yield path.name, path.read_text(encoding="utf-8")
