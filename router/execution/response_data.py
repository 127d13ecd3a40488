"""Walking and merging the response while it is being put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from router.execution.errors import ResponsePath
from router.execution.representations import JsonObject
from router.planning.fetch_graph import Path, PathElement, TypeIs
from router.planning.optimise.separate_clashes import Rename

_DICT = frozenset({dict})


def objects_at(root: JsonObject, path: Path) -> list[JsonObject]:
    """The objects at the path, lists flattened, nulls and other types left out, each object once."""
    found: list[JsonObject] = [root]
    for element in path:
        found = objects_in(found, element)
    return found


def objects_in(found: list[JsonObject], element: PathElement) -> list[JsonObject]:
    """One step on from these objects."""
    if isinstance(element, TypeIs):
        return [obj for obj in found if obj.get("__typename") in element.types]
    below: list[JsonObject] = []
    # A list below an entity hangs in every place that the entity has; it is walked once.
    lists: dict[int, list[object]] = {}
    for obj in found:
        value = obj.get(element)
        if isinstance(value, dict):
            below.append(value)
        elif isinstance(value, list):
            lists[id(value)] = value
    for items in lists.values():
        _flatten(items, below)
    return distinct(below)


def distinct(objects: list[JsonObject]) -> list[JsonObject]:
    """Each object once; objects that are merely equal stay."""
    if len(set(map(id, objects))) == len(objects):
        return objects
    return list({id(obj): obj for obj in objects}.values())


def _flatten(values: list[object], into: list[JsonObject]) -> None:
    if _DICT.issuperset(map(type, values)):
        into.extend(values)  # type: ignore[arg-type]  # each of them is a dict
        return
    for value in values:
        if isinstance(value, dict):
            into.append(value)
        elif isinstance(value, list):
            _flatten(value, into)


def located_objects(root: JsonObject, path: Path) -> list[tuple[JsonObject, ResponsePath]]:
    """As `objects_at`, each object with its path. Only errors need it."""
    found: list[tuple[JsonObject, ResponsePath]] = [(root, ())]
    for element in path:
        if isinstance(element, TypeIs):
            found = [(obj, at) for obj, at in found if obj.get("__typename") in element.types]
        else:
            found = [place for obj, at in found for place in _located(obj.get(element), (*at, element))]
    return found


def _located(value: object, at: ResponsePath) -> Iterator[tuple[JsonObject, ResponsePath]]:
    if isinstance(value, dict):
        yield value, at
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _located(item, (*at, index))


def path_to_first_list(root: JsonObject, path: Path) -> ResponsePath:
    """The client's path that covers every object at `path`: up to the first list on the way."""
    at: list[str | int] = []
    value: object = root
    for element in path:
        if isinstance(element, TypeIs):
            continue
        if not isinstance(value, dict):
            break
        at.append(element)
        value = value.get(element)
    return tuple(at)


def merge_into_all(targets: Sequence[JsonObject], source: JsonObject) -> None:
    """Merges one entity into every object that it is."""
    keys = source.keys()
    for target in targets:
        if keys.isdisjoint(target):
            target.update(source)
        else:
            merge(target, source)


def merge_copies(targets: Sequence[JsonObject], source: JsonObject) -> None:
    """Merges one entity into every object that it is, so that no two of them share what is below."""
    for place, target in enumerate(targets):
        merge(target, copied(source) if place else source)


def copied(value: JsonObject) -> JsonObject:
    """The same data as objects of their own."""
    copy: JsonObject = msgspec.json.decode(msgspec.json.encode(value))
    return copy


def merge(target: JsonObject, source: JsonObject) -> None:
    """Deep: objects field by field, lists item by item where both have as many. A null never hides data."""
    for key, value in source.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(known, value)


def _merge_lists(known: list[object], value: list[object]) -> None:
    if len(known) != len(value):
        return
    for index, (left, right) in enumerate(zip(known, value, strict=True)):
        if left is None:
            known[index] = right
        elif isinstance(left, dict) and isinstance(right, dict):
            merge(left, right)
        elif isinstance(left, list) and isinstance(right, list):
            _merge_lists(left, right)


def rename(entities: Sequence[object], renames: Sequence[Rename]) -> None:
    """Undoes the aliases that kept clashing types apart on the wire."""
    for entity in entities:
        if not isinstance(entity, dict):
            continue
        for path, wire, key in renames:
            for obj in objects_at(entity, path):
                if wire in obj:
                    # Under the key may be what all types share of the field.
                    merge(obj, {key: obj.pop(wire)})
