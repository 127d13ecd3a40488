"""What composition has to say about a set of subgraphs: findings that forbid it, and hints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from router.composition.places import Place


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A stable code, what is so, and every place it is seen from."""

    code: str
    message: str
    places: tuple[Place, ...] = ()

    @property
    def subgraphs(self) -> tuple[str, ...]:
        return tuple(sorted({place.subgraph for place in self.places}))

    def __str__(self) -> str:
        where = f" [{', '.join(str(place) for place in self.places)}]" if self.places else ""
        return f"{self.code}{where}: {self.message}"


class CompositionError(Finding):
    """The subgraphs do not compose because of this."""

    __slots__ = ()


class Hint(Finding):
    """The subgraphs compose, but somebody may not have meant this."""

    __slots__ = ()


class CompositionFailedError(Exception):
    """The subgraphs do not compose; `errors` and `hints` hold everything that was found, sorted."""

    code = "COMPOSITION_FAILED"

    def __init__(self, errors: Sequence[CompositionError], hints: Sequence[Hint] = ()) -> None:
        self.errors = tuple(sorted(set(errors)))
        self.hints = tuple(sorted(set(hints)))
        super().__init__("\n".join(str(error) for error in self.errors))
