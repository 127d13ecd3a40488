"""`trellis import`: real data into a running platform."""

from __future__ import annotations

import typer


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    group = typer.Typer(help="Bring data into a running platform.", no_args_is_help=True)
    application.add_typer(group, name="import")
