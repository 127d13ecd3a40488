"""The names that commands take: of domains and of lanes."""

from __future__ import annotations

from shared_models.kernel.tenancy import Lane
from trellis.domains import DOMAINS
from trellis.errors import OperatorError

_LANES = {lane.name.lower(): lane for lane in Lane}


class UnknownNameError(OperatorError):
    """A domain or lane that does not exist."""

    code = "UNKNOWN_NAME"


def known_domain(name: str) -> str:
    """The domain of that name. Raises `UnknownNameError`."""
    if name not in DOMAINS:
        raise UnknownNameError(f"there is no domain {name!r}; there are {', '.join(DOMAINS)}")
    return name


def known_domains(names: list[str] | None) -> list[str]:
    """The domains named, all where none is. Raises `UnknownNameError`."""
    return [known_domain(name) for name in names or DOMAINS]


def known_lane(name: str) -> Lane:
    """The lane of that name. Raises `UnknownNameError`."""
    if name not in _LANES:
        raise UnknownNameError(f"there is no lane {name!r}; there are {', '.join(_LANES)}")
    return _LANES[name]


def known_lanes(names: str) -> list[Lane]:
    """The lanes of a list separated by commas, all where none is named. Raises `UnknownNameError`."""
    return [known_lane(name) for name in names.split(",") if name] or list(Lane)
