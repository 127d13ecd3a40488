"""The platform as a whole: start it, migrate it, seed it, look after it."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Annotated

import typer

from trellis.cli.options import HOME, Home
from trellis.domains import DOMAINS

#: The dashboard's port is 318 above the router's, and the last of all.
_LAST_PORT = 65_535 - 318


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    application.command()(up)
    application.command()(migrate)
    application.command()(seed)
    application.command()(doctor)


def up(
    home: Home = HOME,
    port: Annotated[int, typer.Option(min=1, max=_LAST_PORT, help="Port of the router; all others follow it.")] = 4000,
    workers: Annotated[int, typer.Option(min=1, max=9, help="Worker processes.")] = 2,
) -> None:
    """Start everything on this machine, until Ctrl-C."""
    from trellis.environment import refuse_invalid
    from trellis.launcher.launch import launch
    from trellis.topology import LocalRun, Ports

    began = time.monotonic()
    ports = Ports(port)
    run = LocalRun(home=home.absolute(), ports=ports, workers=workers, given=dict(os.environ))
    plan = run.plan()
    os.environ.update(run.environment())
    refuse_invalid()

    def ready() -> None:
        print(
            f"ready http://127.0.0.1:{port}/graphql\n"
            f"  after {time.monotonic() - began:.1f} s; traces at http://127.0.0.1:{ports.dashboard}/; "
            f"logs in {run.home / 'logs'}\n"
            "  log in as owner@premium.example or owner@standard.example, password trellis-demo",
            flush=True,
        )

    asyncio.run(launch(plan, lambda line: print(line, flush=True), ready))


def migrate() -> None:
    """Create the domains' databases, bring each to its newest revision, and declare who takes its events."""
    from shared_models.kernel.provision import provision
    from shared_models.kernel.settings import KernelSettings
    from trellis.actors import roster_of
    from trellis.database_errors import database_must_answer
    from workers.mesh.subscribers import Subscribers

    settings = KernelSettings()
    with database_must_answer():
        provision(settings, list(DOMAINS))
    # Before anything of this release emits an event, so that relays of the last one keep it for the next.
    asyncio.run(Subscribers(roster_of(DOMAINS), settings).declare())


def seed() -> None:
    """Create the demo tenants and their catalog, and wait until every domain knows them."""
    from shared_models.kernel.settings import KernelSettings
    from trellis.database_errors import database_must_answer
    from trellis.seeding import seed_everything

    with database_must_answer():
        asyncio.run(seed_everything(KernelSettings()))


def doctor(home: Home = HOME) -> None:
    """Check a running platform, and list every setting."""
    from trellis.doctor import examine
    from trellis.environment import known_settings
    from trellis.home import adopt_environment

    for name, description in sorted(known_settings().items()):
        print(f"{'*' if name in os.environ else ' '} {name}: {description}")
    adopt_environment(home)
    raise typer.Exit(0 if asyncio.run(examine(print)) else 1)
