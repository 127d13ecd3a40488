"""Objects in our data to representations, each distinct one once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Protocol

from router.planning.plan import InputField, Representation

JsonObject = dict[str, object]
ABSENT = object()


class MissingInputError(Exception):
    """The object lacks a field its representation is built from."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Batch:
    """`targets[i]` are the objects that `representations[i]` stands for.

    `places` finds a representation again: by the name the subgraph has for the type, then by the inputs.
    """

    representations: list[JsonObject] = field(default_factory=list)
    targets: list[list[JsonObject]] = field(default_factory=list)
    skipped: list[tuple[JsonObject, str]] = field(default_factory=list)
    places: dict[str, dict[object, int]] = field(default_factory=dict)


Take = Callable[[JsonObject], object]
"""What a representation takes of an object, as something hashable. Raises KeyError or TypeError for another object."""


class Builder(Protocol):
    """Adds objects of one type to a batch. `take` is there where equal inputs are taken to be one entity."""

    @property
    def take(self) -> Take | None: ...

    def add(self, objects: Sequence[JsonObject], found: Batch) -> None: ...


Builders = dict[object, Builder]
"""By the `__typename` of the object; None for objects that have none because they can be of one type only."""


def batch(objects: Sequence[JsonObject], builders: Builders) -> Batch:
    """Representations of the objects, those of other types left out, incomplete ones set aside."""
    found = Batch()
    names = [obj.get("__typename") for obj in objects]
    for name, group in _by_name(names, objects):
        builder = builders.get(name)
        if builder is not None:
            builder.add(group, found)
    return found


def _by_name(
    names: Sequence[object], objects: Sequence[JsonObject]
) -> Iterable[tuple[str | None, Sequence[JsonObject]]]:
    first = names[0] if names else None
    # Objects of one type, which are most, need no sorting.
    if (first is None or isinstance(first, str)) and names.count(first) == len(names):
        return [(first, objects)]
    groups: dict[str | None, list[JsonObject]] = {}
    for name, obj in zip(names, objects, strict=True):
        if name is None or isinstance(name, str):
            groups.setdefault(name, []).append(obj)
    return groups.items()


def taking(builders: Builders) -> Take | None:
    """What finds equal entities, where all objects are of one type."""
    distinct = set(builders.values())
    return distinct.pop().take if len(distinct) == 1 else None


def compile_builders(representations: Sequence[Representation]) -> Builders:
    """The builder for each type of object that a fetch takes."""
    builders: Builders = {}
    for representation in representations:
        builder = _FlatBuilder(representation) if is_flat(representation) else _DeepBuilder(representation)
        for name in (representation.of, *representation.members):
            builders.setdefault(name, builder)
        if representation.members or len(representations) == 1:
            builders.setdefault(None, builder)
    return builders


def is_flat(representation: Representation) -> bool:
    """Whether it is made of plain values, of which equal ones are the same to any subgraph."""
    return all(wanted.is_plain and wanted.on is None for wanted in representation.fields)


class _FlatBuilder:
    """For representations of plain values, nearly all there are: what is needed of an object is taken at once."""

    def __init__(self, representation: Representation) -> None:
        self.type_name = representation.type_name
        self.deep = _DeepBuilder(representation)
        self.names = tuple(wanted.name for wanted in representation.fields)
        self.may_be_null = not any(wanted.required for wanted in representation.fields)
        sources = [wanted.source for wanted in representation.fields]
        self._take: Take = itemgetter(*sources)
        self.is_single = len(sources) == 1

    @property
    def take(self) -> Take | None:
        return self._take

    def add(self, objects: Sequence[JsonObject], found: Batch) -> None:
        places = found.places.setdefault(self.type_name, {})
        take, targets = self._take, found.targets
        for obj in objects:
            try:
                taken = take(obj)
                place = places.get(taken)
            except (KeyError, TypeError):
                self.deep.add((obj,), found)
                continue
            if place is not None:
                targets[place].append(obj)
                continue
            values = (taken,) if self.is_single else taken
            if not isinstance(values, tuple) or (None in values and not self.may_be_null):
                self.deep.add((obj,), found)
                continue
            places[taken] = len(targets)
            targets.append([obj])
            found.representations.append({"__typename": self.type_name, **dict(zip(self.names, values, strict=True))})


class _DeepBuilder:
    """For representations with objects, lists or values of any kind in them, and for what is amiss in others."""

    def __init__(self, representation: Representation) -> None:
        self.type_name = representation.type_name
        self.of = representation.of
        self.fields = representation.fields

    @property
    def take(self) -> Take | None:
        return None

    def add(self, objects: Sequence[JsonObject], found: Batch) -> None:
        places = found.places.setdefault(self.type_name, {})
        for obj in objects:
            built: JsonObject = {"__typename": self.type_name}
            try:
                identity = _fill(obj, self.fields, built, obj.get("__typename", self.of))
            except MissingInputError as missing:
                found.skipped.append((obj, missing.name))
                continue
            place = places.setdefault(identity, len(found.representations))
            if place == len(found.representations):
                found.representations.append(built)
                found.targets.append([obj])
            else:
                found.targets[place].append(obj)


def _fill(obj: JsonObject, fields: Sequence[InputField], built: JsonObject, type_name: object) -> tuple[object, ...]:
    identity: list[object] = []
    for wanted in fields:
        if wanted.on is not None and type_name not in wanted.on:
            continue
        value = obj.get(wanted.source, ABSENT)
        if value is ABSENT or (value is None and wanted.required):
            raise MissingInputError(wanted.name)
        if wanted.fields:
            value = _nested(value, wanted)
        built[wanted.name] = value
        identity.append((wanted.name, identity_of(value)))
    return tuple(identity)


def _nested(value: object, wanted: InputField) -> object:
    if isinstance(value, list):
        return [_nested(item, wanted) for item in value]
    if not isinstance(value, dict):
        return None
    type_name = value.get("__typename")
    built: JsonObject = {"__typename": type_name} if wanted.typed else {}
    _fill(value, wanted.fields, built, type_name)
    return built


def identity_of(value: object) -> object:
    """Equal exactly when the JSON is: 1, 1.0 and true differ, and so does the order of no object's keys."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ("{}", frozenset((key, identity_of(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("[]", tuple(identity_of(item) for item in value))
    return (type(value), value)
