"""Arguments that are given from an object further up: which objects of a lookup are asked with which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from router.execution.errors import ResponsePath
from router.execution.representations import ABSENT, JsonObject, MissingInputError, identity_of
from router.execution.response_data import located_objects
from router.planning.plan import ContextValue, InputField, Lookup


@dataclass(slots=True)
class ContextGroup:
    """Objects for which the contexts of a lookup have the same values."""

    values: list[object]
    objects: list[JsonObject] = field(default_factory=list)


@dataclass(slots=True)
class ContextGroups:
    """All objects of a lookup; `skipped` lack a value, each with the name of the field that should have it."""

    groups: list[ContextGroup] = field(default_factory=list)
    skipped: list[tuple[JsonObject, str]] = field(default_factory=list)


def by_context(root: JsonObject, lookup: Lookup) -> ContextGroups:
    """The objects at the path of a lookup, by the values of its contexts."""
    found = ContextGroups()
    known: dict[object, ContextGroup] = {}
    for obj, at in located_objects(root, lookup.path):
        try:
            values = [_value(root, at, context) for context in lookup.contexts]
        except MissingInputError as missing:
            found.skipped.append((obj, missing.name))
            continue
        identity = identity_of(values)
        group = known.get(identity)
        if group is None:
            group = known[identity] = ContextGroup(values)
            found.groups.append(group)
        group.objects.append(obj)
    return found


def _value(root: JsonObject, at: ResponsePath, context: ContextValue) -> object:
    value: object = root
    for step in _above(at, context.up):
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return _selected(value, context.fields)


def _above(at: ResponsePath, up: int) -> ResponsePath:
    """The path of the object so many levels further up; places in lists are no levels."""
    if up == 0:
        return at
    keys = [place for place, step in enumerate(at) if isinstance(step, str)]
    return at[: keys[-up]]


def _selected(value: object, fields: Sequence[InputField]) -> object:
    """What the only field that holds for the object leads to."""
    if isinstance(value, list):
        return [_selected(item, fields) for item in value]
    if not isinstance(value, dict) or not fields:
        return value
    for wanted in fields:
        if wanted.on is not None and value.get("__typename") not in wanted.on:
            continue
        inner = value.get(wanted.source, ABSENT)
        if inner is ABSENT or (inner is None and wanted.required):
            raise MissingInputError(wanted.name)
        return _selected(inner, wanted.fields)
    return None
