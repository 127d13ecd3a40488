"""One option for each field so that the whole is cheapest.

Trying every combination explodes: ten shareable fields in three subgraphs are 59,049. But the price of a
combination only grows as fields are added, so a partial one that already costs at least as much as the best
known is dropped with everything that would follow it. What a rest must cost at least is the sum of the
cheapest option of each field, fetches not counted (an earlier field may have paid for them). Fields with few
options go first: they decide which fetches exist anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from router.planning.budget import Budget
from router.planning.choices import Option, Step, fetch_cost


def choose(candidates: Sequence[Sequence[Option]], budget: Budget) -> list[Option]:
    """The cheapest combination, in the order of `candidates`; each of them holds at least one option."""
    order = sorted(range(len(candidates)), key=lambda index: len(candidates[index]))
    floor = [0] * (len(order) + 1)
    for place in range(len(order) - 1, -1, -1):
        floor[place] = floor[place + 1] + min(option.cost for option in candidates[order[place]])
    best_price: int | None = None
    best: list[Option] = []
    picked: list[Option] = []

    def descend(place: int, price: int, steps: frozenset[Step]) -> None:
        nonlocal best_price, best
        if best_price is not None and price + floor[place] + fetch_cost(steps) >= best_price:
            return
        if place == len(order):
            best_price, best = price + fetch_cost(steps), list(picked)
            return
        options = candidates[order[place]]
        if len(options) > 1:
            options = sorted(options, key=lambda option: option.cost + fetch_cost(option.steps - steps))
        for option in options:
            budget.spend()
            picked.append(option)
            descend(place + 1, price + option.cost, steps | option.steps)
            picked.pop()

    descend(0, 0, frozenset())
    return [option for _, option in sorted(zip(order, best, strict=True), key=lambda pair: pair[0])]
