"""The roles of the artefact: each runs in the foreground until SIGTERM, configured by the environment alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trellis.cli.names import known_domain, known_domains, known_lanes
from trellis.cli.options import HOST, Host, Port
from trellis.domains import DOMAINS


def register(application: typer.Typer) -> None:
    """Adds the commands of this module."""
    application.command()(serve)
    application.command()(work)
    application.command()(relay)
    application.command()(route)
    application.command()(observe)
    application.command("stripe-sandbox")(stripe_sandbox)


def serve(
    domain: Annotated[str, typer.Argument(help="The domain whose subgraph to serve.")],
    port: Port = 4001,
    host: Host = HOST,
) -> None:
    """Serve a domain's subgraph."""
    from subgraphs.app import run

    run(known_domain(domain), host, port)


def work(
    domains: Annotated[list[str] | None, typer.Argument(help="Whose jobs to run; all by default.")] = None,
    lanes: Annotated[str, typer.Option(help="Comma-separated lanes to take jobs from; all by default.")] = "",
    port: Port = 4020,
    host: Host = HOST,
) -> None:
    """Run background jobs. --port is that of the health addresses."""
    from trellis.actors import roster_of
    from workers.mesh.worker import run

    run(roster_of(known_domains(domains)), known_lanes(lanes), host, port)


def relay(
    domains: Annotated[list[str] | None, typer.Argument(help="Whose databases to lead; all by default.")] = None,
    port: Port = 4030,
    host: Host = HOST,
) -> None:
    """Ship events and dispatch jobs; any number may run, one leads each database. --port serves health."""
    from trellis.actors import roster_of
    from workers.mesh.relay.relay import run

    run(roster_of(DOMAINS), known_domains(domains), host, port)


def route(
    supergraph: Annotated[str | None, typer.Option(help="Supergraph SDL to serve: a file or an http(s) URL.")] = None,
    subgraphs: Annotated[Path | None, typer.Option(help="JSON list of {name, url, sdl?} to compose and serve.")] = None,
    port: Port = 4000,
    host: Host = HOST,
) -> None:
    """Serve a supergraph as one GraphQL endpoint. Needs no database and no Redis."""
    from router.server.serve import run
    from router.settings import RouterSettings

    run(RouterSettings(router_host=host, router_port=port, **_named(supergraph=supergraph, subgraphs=subgraphs)))


def observe(port: Port = 4318, host: Host = HOST) -> None:
    """Receive OTLP and show traces."""
    from observability.dashboard.serve import run

    run(port, host)


def stripe_sandbox(port: Port = 4040, host: Host = HOST) -> None:
    """Serve the built-in Stripe sandbox."""
    from trellis.sandbox.stripe.serve import run
    from trellis.sandbox.stripe.settings import StripeSandboxSettings

    run(StripeSandboxSettings(stripe_sandbox_host=host, stripe_sandbox_port=port))


def _named(**paths: str | Path | None) -> dict[str, Any]:
    """What the command line says to serve, instead of what the environment says; nothing, if it says nothing."""
    return paths if any(paths.values()) else {}
