"""A hard cap on planning work, counted in steps and not in time so that it is the same on every machine."""

from __future__ import annotations

from router.planning.errors import PlanningBudgetError


class Budget:
    """Spend one for each candidate looked at; raises PlanningBudgetError when nothing is left."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int = 1) -> None:
        self.spent += steps
        if self.spent > self.limit:
            raise PlanningBudgetError(self.limit)
