"""The names that commands take: of domains and of lanes."""

from __future__ import annotations

from shared_models.kernel.tenancy import Lane
from trellis.domains import DOMAINS
from trellis.errors import OperatorError


class UnknownNameError(OperatorError):
    """A domain or lane that does not exist."""

    code = "UNKNOWN_NAME"


def known_domains(names: list[str] | None) -> list[str]:
    """The domains named, all where none is. Raises `UnknownNameError`."""
    for name in names or ():
        if name not in DOMAINS:
            raise UnknownNameError(f"there is no domain {name!r}; there are {', '.join(DOMAINS)}")
    return list(names or DOMAINS)


def known_lanes(names: str) -> list[Lane]:
    """The lanes of a list separated by commas, all where none is named. Raises `UnknownNameError`."""
    lanes = {lane.name.lower(): lane for lane in Lane}
    wanted = [name for name in names.split(",") if name]
    for name in wanted:
        if name not in lanes:
            raise UnknownNameError(f"there is no lane {name!r}; there are {', '.join(lanes)}")
    return [lanes[name] for name in wanted] or list(Lane)
