"""What every source of a supergraph has in common: it offers one whenever there is something else to serve."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from router.composition.compose import Composition


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to serve. `compose` gives its SDL; it may take seconds and raise CompositionFailedError."""

    compose: Callable[[], Composition]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source was looked at, and has what it offered last."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The source could not be looked at, which is tried again. The reason is safe to show, the detail for the log."""

    reason: str
    code: str = "SUPERGRAPH_UNAVAILABLE"
    detail: str = ""


Look = Offer | Unchanged | Unavailable
"""What came of one look."""


class Source(Protocol):
    """`is_patient` says whether something better may come without anybody's hand at this machine: then a first offer
    that cannot be served is no reason to give up."""

    is_patient: bool

    def looks(self) -> AsyncIterator[Look]:
        """What comes of each look, without end. Raises what a restart with other settings or files would cure."""
        ...


def as_written(sdl: str) -> Offer:
    """A supergraph that somebody else composed."""
    return Offer(lambda: Composition(sdl, ()))
