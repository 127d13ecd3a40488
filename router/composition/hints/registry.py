"""The hints. Each takes the merged view and yields what it finds; their order means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph

Suggestion = Callable[[Graph], Iterator[Hint]]

HINTS: tuple[Suggestion, ...] = ()
