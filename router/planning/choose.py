"""One option for each field so that the whole is cheapest.

Trying every combination explodes: ten shareable fields in three subgraphs are 59,049. But the price of a
combination only grows as fields are added, so a partial one that already costs at least as much as the best
known is dropped with everything that would follow it. What a rest must cost at least is the sum of the
cheapest option of each field, fetches not counted (an earlier field may have paid for them). Fields with few
options go first: they decide which fetches exist anyway, and those with a single one are not searched at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from router.planning.budget import Budget
from router.planning.choices import Step, fetch_cost

_MOST_SEARCHED = 200
"""Fields with several options beyond this number are taken greedily: the search is as deep as they are many."""


class Candidate(Protocol):
    """Something to choose: its own price, and the fetches it needs, which others may share."""

    @property
    def cost(self) -> int: ...

    @property
    def steps(self) -> frozenset[Step]: ...


C = TypeVar("C", bound=Candidate)


def choose(candidates: Sequence[Sequence[C]], budget: Budget) -> list[C]:
    """The cheapest combination, in the order of `candidates`; each of them holds at least one option."""
    if all(len(options) == 1 for options in candidates):
        return [options[0] for options in candidates]
    picked = {index: options[0] for index, options in enumerate(candidates) if len(options) == 1}
    steps = frozenset[Step]().union(*(option.steps for option in picked.values()))
    order = sorted(
        (index for index in range(len(candidates)) if index not in picked),
        key=lambda index: len(candidates[index]),
    )
    for index in order[_MOST_SEARCHED:]:
        picked[index] = _by_price(candidates[index], steps)[0]
        steps |= picked[index].steps
    searched = order[:_MOST_SEARCHED]
    found = _Search([candidates[index] for index in searched], budget).run(steps)
    picked.update(zip(searched, found, strict=True))
    return [picked[index] for index in range(len(candidates))]


def _by_price(options: Sequence[C], steps: frozenset[Step]) -> list[C]:
    """Cheapest first, given the fetches that are there anyway."""
    return sorted(options, key=lambda option: option.cost + fetch_cost(option.steps - steps))


class _Search(Generic[C]):
    """Branch and bound over fields with several options each."""

    def __init__(self, candidates: Sequence[Sequence[C]], budget: Budget) -> None:
        self.candidates = candidates
        self.budget = budget
        self.floor = [0] * (len(candidates) + 1)
        for place in range(len(candidates) - 1, -1, -1):
            self.floor[place] = self.floor[place + 1] + min(option.cost for option in candidates[place])
        self.best_price: int | None = None
        self.best: list[C] = []
        self.picked: list[C] = []

    def run(self, steps: frozenset[Step]) -> list[C]:
        """One option a field; `steps` are fetches that are there whatever is chosen."""
        self._descend(0, 0, steps)
        return self.best

    def _descend(self, place: int, price: int, steps: frozenset[Step]) -> None:
        total = price + fetch_cost(steps)
        if self.best_price is not None and total + self.floor[place] >= self.best_price:
            return
        if place == len(self.candidates):
            self.best_price, self.best = total, list(self.picked)
            return
        for option in _by_price(self.candidates[place], steps):
            self.budget.spend()
            self.picked.append(option)
            self._descend(place + 1, price + option.cost, steps | option.steps)
            self.picked.pop()
