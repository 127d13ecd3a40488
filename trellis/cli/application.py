"""Parses the command line, runs the command, and turns what the operator can mend into one line."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from trellis.cli import graph, importing, jobs, platform, roles
from trellis.environment import explain, refuse_unknown
from trellis.errors import OperatorError

application = typer.Typer(
    name="trellis",
    help="A federated GraphQL back end: subgraphs, router, worker mesh, one trace.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
platform.register(application)
roles.register(application)
graph.register(application)
importing.register(application)
jobs.register(application)


def main(args: list[str] | None = None) -> int:
    """Runs the command line `args`, or that of the process; returns the exit status."""
    try:
        refuse_unknown()
        application(args=args, prog_name="trellis")
    except OperatorError as error:
        return _fail(str(error))
    except ValidationError as error:
        return _fail(str(explain(error)))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _fail(line: str) -> int:
    print(line, file=sys.stderr)
    return 1
