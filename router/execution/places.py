"""Where the data hold objects, each path walked once though many fetches ask for what is there."""

from __future__ import annotations

from collections.abc import Mapping

from router.execution.representations import JsonObject, Take
from router.execution.response_data import distinct, objects_in
from router.planning.fetch_graph import Path


class Places:
    """The objects at each path of a response that is being put together.

    With `takes`, which gives what a representation is made of, equal objects become one and the same wherever a field
    holds them: a subgraph repeats an entity at each of its places. All that is asked of the objects at a path is asked
    of each, so what is merged into one holds for its equals, and from here on they are walked and projected once. On
    the way to a path those above it are shared first, and less is below them.
    """

    def __init__(self, root: JsonObject, takes: Mapping[Path, Take]) -> None:
        self._takes = takes
        self._found: dict[Path, list[JsonObject]] = {(): [root]}

    def at(self, path: Path) -> list[JsonObject]:
        """The objects at the path, lists flattened, nulls and other types left out, each object once."""
        known = self._found.get(path)
        if known is not None:
            return known
        *_, last = path
        above = self.at(path[:-1])
        take = self._takes.get(path)
        found = objects_in(above, last) if take is None or not isinstance(last, str) else _shared(above, last, take)
        # Types become known later: what lies behind a condition on them is looked for each time.
        if all(isinstance(element, str) for element in path):
            self._found[path] = found
        return found

    def forget_below(self, path: Path) -> None:
        """Must be called where objects may come into those at the path."""
        keys = tuple(element for element in path if isinstance(element, str))
        for known in [known for known in self._found if len(known) > len(keys) and known[: len(keys)] == keys]:
            del self._found[known]


def _shared(holders: list[JsonObject], key: str, take: Take) -> list[JsonObject]:
    known: dict[object, JsonObject] = {}
    others: list[JsonObject] = []
    apart: list[JsonObject] = []
    for holder in holders:
        value = holder.get(key)
        if not isinstance(value, dict):
            # Lists hold their objects in places of their own: these stay apart.
            apart.append(holder)
            continue
        try:
            first = known.setdefault(take(value), value)
        except (KeyError, TypeError):
            others.append(value)
            continue
        if first is not value and first == value:
            holder[key] = first
        elif first is not value:
            others.append(value)
    return distinct([*known.values(), *others, *(objects_in(apart, key) if apart else ())])
