"""The graph at rest: print a subgraph, compose a supergraph, explain a plan."""

from __future__ import annotations

from typing import Annotated

import typer


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    application.command()(sdl)


def sdl(domain: Annotated[str, typer.Argument(help="The domain whose schema to print.")]) -> None:
    """Print a domain's schema as federation SDL; needs nothing that runs."""
    from subgraphs.app import sdl as print_sdl

    print(print_sdl(domain))
