"""What a proof under way must not use."""

from __future__ import annotations

from dataclasses import dataclass

from router.supergraph.field_set import FieldSet


@dataclass(frozen=True, slots=True)
class Guard:
    """Subgraphs that must not be entered at this very position and keys that must not be used there, fields anywhere
    below, or any hop."""

    subgraphs: frozenset[str] = frozenset()
    requirements: frozenset[tuple[str, str, str]] = frozenset()
    is_local: bool = False
    keys: frozenset[FieldSet] = frozenset()

    def below(self) -> Guard:
        """For what is below the position."""
        return Guard(requirements=self.requirements, is_local=self.is_local)
