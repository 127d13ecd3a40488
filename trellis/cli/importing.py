"""`trellis import`: real data into a running platform."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trellis.cli.options import HOME, Home

if TYPE_CHECKING:
    from shared_models.orders.importing.progress import ImportProgress

File = Annotated[Path, typer.Argument(help="A CSV file of invoices.")]
Tenant = Annotated[str, typer.Option(help="Name of the tenant it belongs to.")]


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    group = typer.Typer(help="Bring data into a running platform.", no_args_is_help=True)
    group.command()(orders)
    group.command()(products)
    application.add_typer(group, name="import")


def orders(
    file: File,
    tenant: Tenant,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")] = False,
    home: Home = HOME,
) -> None:
    """Replay a retailer's invoices as orders, its cancellations as refunds. Repeating it changes nothing."""
    from trellis.database_errors import database_must_answer
    from trellis.home import adopt_environment
    from trellis.importing.command import run_orders

    adopt_environment(home)
    with database_must_answer():
        summary = asyncio.run(run_orders(file, tenant, _show, detach=detach))
    print(summary)
    raise typer.Exit(0 if summary.succeeded else 1)


def products(file: File, tenant: Tenant, home: Home = HOME) -> None:
    """List the goods that a file of invoices names and the catalog does not have yet."""
    from trellis.database_errors import database_must_answer
    from trellis.home import adopt_environment
    from trellis.importing.command import run_products

    adopt_environment(home)
    with database_must_answer():
        listed = asyncio.run(run_products(file, tenant))
    print(f"{listed} new products")


def _show(progress: ImportProgress) -> None:
    handled = progress.done + progress.empty + len(progress.failed)
    print(
        f"  {handled} of {progress.invoices} invoices, {progress.orders_pending} orders and "
        f"{progress.returns_pending} returns on their way",
        file=sys.stderr,
    )
