"""One field asked of several subgraphs at once, each for the part below it that it has itself.

A field that several subgraphs resolve can be had from the best of them, with a hop for everything that one lacks, at
every level anew. Or from each of them side by side: they return the same object, and each fills in its part.

Before: `start` from `a`, then `start.left` from `b`, `start.left.left` from `c`, ...
After:  `start { left { left } }` from `a`, `b` and `c` at once

The subgraphs are taken greedily, the one with the largest part first, each for what those before it left (after the
greedy algorithm for set cover, V. Chvatal, A Greedy Heuristic for the Set-Covering Problem, 1979; ranked once, since
ranking what is left anew for every subgraph costs more than it finds).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from router.planning.choices import Choice, Option, Position, Step, total_cost
from router.planning.operation import FieldSelection, SelectionSet

WalkLocally = Callable[[Position, SelectionSet], Choice]
"""What of the selections the fetch that the position is in has itself, and what not."""

OptionsFor = Callable[[FieldSelection], Sequence[Option]]
"""The whole ways to a field, hops included."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Parts that are one field together."""

    parts: tuple[Option, ...]
    cost: int
    steps: frozenset[Step]


def spread(
    field: FieldSelection, options: Sequence[Option], walk_locally: WalkLocally, options_for: OptionsFor
) -> Spread | None:
    """The parts; None where one subgraph has all, or where something is left that none of them leads to."""
    whole = field.selections
    if whole is None:
        return None
    entered = [(option, option.below) for option in options if option.below is not None]
    ranked = sorted(entered, key=lambda found: (_left(walk_locally(found[1], whole)), total_cost(found[0])))
    rest: SelectionSet | None = whole
    parts: list[Option] = []
    for option, below in ranked:
        if rest is None:
            break
        choice = walk_locally(below, rest)
        if _left(choice) < rest.size():
            parts.append(_part(option, choice))
            rest = choice.leftover
    if rest is not None:
        ways = options_for(replace(field, selections=rest))
        if not ways:
            return None
        parts.append(min(ways, key=total_cost))
    if len(parts) < 2:
        return None
    steps = frozenset[Step]().union(*(part.steps for part in parts))
    return Spread(tuple(parts), sum(part.cost for part in parts), steps)


def _left(choice: Choice) -> int:
    return choice.leftover.size() if choice.leftover else 0


def _part(option: Option, choice: Choice) -> Option:
    """The option for what it has itself."""
    below = option.child.cost if option.child else 0
    return replace(option, child=replace(choice, leftover=None), cost=option.cost - below + choice.cost)
