"""Why an operation has no plan."""


class PlanningError(Exception):
    """Base of what planning refuses; `code` is stable and safe to show."""

    code = "QUERY_PLANNING_FAILED"


class UnresolvableFieldError(PlanningError):
    """No chain of subgraphs reaches the field from where the operation asks for it."""

    code = "UNRESOLVABLE_FIELD"

    def __init__(self, coordinates: str) -> None:
        super().__init__(f"no subgraph can resolve {coordinates} on this path")
        self.coordinates = coordinates


class PlanningBudgetError(PlanningError):
    """The operation asks for more planning work than the cap allows."""

    code = "QUERY_PLANNING_BUDGET_EXCEEDED"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the operation needs more than {limit} planning steps; ask for less at once")
        self.limit = limit
