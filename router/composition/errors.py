"""What is wrong with a set of subgraphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class CompositionError:
    """One finding: its stable code, where it is, and the subgraphs it concerns."""

    code: str
    message: str
    subgraphs: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" [{', '.join(self.subgraphs)}]" if self.subgraphs else ""
        return f"{self.code}{where}: {self.message}"


class CompositionFailedError(Exception):
    """The subgraphs do not compose; `errors` holds every finding, sorted."""

    code = "COMPOSITION_FAILED"

    def __init__(self, errors: Sequence[CompositionError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(error) for error in self.errors))
