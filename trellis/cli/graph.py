"""The graph at rest: print a subgraph, compose a supergraph, show a plan. None of it needs anything that runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError

from trellis.cli.names import known_domain
from trellis.domains import DOMAINS
from trellis.errors import OperatorError


class GraphRefusedError(OperatorError):
    """The graph, or the operation on it, is not sound."""

    code = "GRAPH_REFUSED"


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    application.command()(sdl)
    application.command()(compose)
    application.command()(plan)
    application.command()(check)


def sdl(domain: Annotated[str, typer.Argument(help="The domain whose schema to print.")]) -> None:
    """Print a domain's schema as federation SDL."""
    print(_sdl_of(known_domain(domain)))


def compose(
    subgraphs: Annotated[
        Path | None, typer.Option(help="JSON list of {name, url, sdl}; by default the domains of this deployment.")
    ] = None,
) -> None:
    """Compose subgraphs into a supergraph and print its SDL; every finding at once when they do not fit."""
    from router.composition.compose import compose as compose_sources
    from router.composition.errors import CompositionFailedError
    from router.composition.files import SubgraphListError, read_subgraph_list
    from router.composition.subgraph import SubgraphSource

    try:
        if subgraphs is None:
            sources = [SubgraphSource(domain, f"http://{domain}/graphql", _sdl_of(domain)) for domain in DOMAINS]
        else:
            listed = read_subgraph_list(subgraphs)
            sources = [SubgraphSource(entry.name, entry.url, entry.sdl or "") for entry in listed]
        composition = compose_sources(sources)
    except CompositionFailedError as error:
        _tell(error.hints)
        raise GraphRefusedError(str(error)) from None
    except SubgraphListError as error:
        raise GraphRefusedError(str(error)) from None
    _tell(composition.hints)
    print(composition.sdl)


def plan(
    supergraph: Annotated[Path, typer.Option(help="Supergraph SDL.")],
    operation: Annotated[Path, typer.Option(help="GraphQL document.")],
    name: Annotated[str | None, typer.Option(help="Which of its operations.")] = None,
    explain: Annotated[bool, typer.Option(help="Show every stage on the way to the plan.")] = False,
) -> None:
    """Show how the router would carry out an operation."""
    from router.planning.explain import explain_stages, plan_text
    from router.supergraph.reading import read_supergraph

    show = explain_stages if explain else plan_text
    try:
        print(show(read_supergraph(supergraph.read_text()), operation.read_text(), name))
    except OSError as error:
        raise GraphRefusedError(f"{error.filename}: {error.strerror}") from None
    except GraphQLError as error:
        raise GraphRefusedError(error.message) from None


def _tell(hints: Iterable[object]) -> None:
    for hint in hints:
        print(hint, file=sys.stderr)


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def check(
    old: Annotated[Path, typer.Argument(help="The graph in force: supergraph, plain SDL or JSON list of subgraphs.")],
    new: Annotated[Path, typer.Argument(help="The graph that would replace it.")],
    operations: Annotated[
        Path | None,
        typer.Option(help="Clients' documents (file, folder, manifest): then only what breaks one of them counts."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.TEXT,
) -> None:
    """Say what another graph would mean for clients. Exits with 1 where it breaks one, 2 where a graph is unsound."""
    from router.checking.changes import Severity, broken_operations, find_changes
    from router.checking.files import UnreadableGraphError, read_graph, read_operations

    try:
        before, after = read_graph(old), read_graph(new)
        documents = read_operations(operations) if operations else []
    except UnreadableGraphError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    changes = find_changes(before, after)
    broken = broken_operations(before, after, documents)
    if form is Form.JSON:
        found = {"changes": [asdict(item) for item in changes], "broken": [asdict(item) for item in broken]}
        print(json.dumps(found))
    else:
        for finding in (*changes, *broken):
            print(finding)
    is_breaking = bool(broken) if operations else any(change.severity is Severity.BREAKING for change in changes)
    if is_breaking:
        raise typer.Exit(1)


def _sdl_of(domain: str) -> str:
    from subgraphs.app import sdl as sdl_of

    return sdl_of(domain)
