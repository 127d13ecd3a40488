"""The rules, in the order they run. Each takes the merged view and yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.rules.no_queries import no_queries

Rule = Callable[[Graph], Iterator[CompositionError]]

RULES: tuple[Rule, ...] = (no_queries,)
