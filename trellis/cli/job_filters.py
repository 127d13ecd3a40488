"""The options that say which jobs are meant: the same for every command that takes them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trellis.cli.names import known_domain, known_lane

if TYPE_CHECKING:
    from shared_models.jobs.models import Wanted

DomainName = Annotated[str | None, typer.Option("--domain", help="Of this domain alone.")]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is said of the jobs; what is not said does not restrict."""

    domain: DomainName = None
    queue: Annotated[str | None, typer.Option("--queue", help="Of this queue.")] = None
    name: Annotated[str | None, typer.Option("--name", help="Of this name, such as orders.ImportInvoice.")] = None
    lane: Annotated[str | None, typer.Option("--lane", help="In this lane.")] = None
    tenant: Annotated[str | None, typer.Option("--tenant", help="Of the tenant of this name or id.")] = None

    def wanted(self, **more: Any) -> Wanted:
        """All of it but the tenant, whose name only the platform knows, and `more`. Raises `UnknownNameError`."""
        from shared_models.jobs.models import Wanted

        return Wanted(
            domain=None if self.domain is None else known_domain(self.domain),
            queue=self.queue,
            name=self.name,
            lane=None if self.lane is None else known_lane(self.lane),
            **more,
        )


def takes_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Decorates a command whose parameter `filters` is made of the options of `Filters`.

    Typer knows a command's options by its signature: in this one, the fields come first, in the parameter's stead.
    """
    options = inspect.signature(Filters, eval_str=True).parameters
    signature = inspect.signature(command, eval_str=True)
    others = [parameter for name, parameter in signature.parameters.items() if name != "filters"]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(filters=Filters(**{name: given.pop(name) for name in options}), **given)

    shown = signature.replace(parameters=[*options.values(), *others])
    run.__signature__ = shown  # type: ignore[attr-defined]  # what `inspect` asks a function for first
    return run
