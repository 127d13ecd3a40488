"""Reading `@listSize`."""

from __future__ import annotations

from router.composition.subgraph import Applied


def names(applied: Applied, argument: str) -> list[str]:
    """The names listed in an argument; what is no name is for INVALID_GRAPHQL to report."""
    value = applied.value(argument)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def is_list(printed: str) -> bool:
    return printed.startswith("[")
