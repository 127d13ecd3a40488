"""In which order units start, and in the reverse of which they stop."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from trellis.launcher.errors import StartOrderError


def levels(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Names grouped so that each comes after everything it waits for, as early as possible.

    >>> levels({"postgres": [], "migrate": ["postgres"], "valkey": [], "orders": ["migrate", "valkey"]})
    [['postgres', 'valkey'], ['migrate'], ['orders']]

    Raises:
        StartOrderError: a name is unknown, or names wait for each other.
    """
    for name, needed in after.items():
        if unknown := sorted(set(needed) - set(after)):
            raise StartOrderError(f"{name} starts after {', '.join(unknown)}, which is not in the list")
    sorter = TopologicalSorter(after)
    try:
        sorter.prepare()
    except CycleError as error:
        raise StartOrderError(f"these wait for each other: {' -> '.join(error.args[1])}") from error
    result: list[list[str]] = []
    while sorter.is_active():
        level = sorter.get_ready()
        result.append(sorted(level))
        sorter.done(*level)
    return result
