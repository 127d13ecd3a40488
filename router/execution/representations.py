"""Objects in our data to representations, each distinct one once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from router.planning.plan import InputField, Representation

JsonObject = dict[str, object]
_ABSENT = object()


class MissingInputError(Exception):
    """The object lacks a field its representation is built from."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


Builder = Callable[[JsonObject], tuple[object, JsonObject]]
"""Object to an exact, hashable identity and the representation. Raises MissingInputError."""


Builders = dict[object, Builder]
"""By the `__typename` of the object; None for objects that have none because they can be of one type only."""


@dataclass(slots=True)
class Batch:
    """`targets[i]` are the objects that `representations[i]` stands for."""

    representations: list[JsonObject] = field(default_factory=list)
    targets: list[list[JsonObject]] = field(default_factory=list)
    skipped: list[tuple[JsonObject, str]] = field(default_factory=list)


def compile_builders(representations: Sequence[Representation]) -> Builders:
    """The builder for each type of object that a fetch takes."""
    builders: Builders = {}
    for representation in representations:
        builder = compile_builder(representation)
        for name in (representation.of, *representation.members):
            builders.setdefault(name, builder)
        if representation.members or len(representations) == 1:
            builders.setdefault(None, builder)
    return builders


def compile_builder(representation: Representation) -> Builder:
    """The builder for one type; the common case, one scalar key, without any loop."""
    type_name = representation.type_name
    if len(representation.fields) == 1:
        only = representation.fields[0]
        if only.required and not only.fields and only.on is None:
            return _single(type_name, only)
    fields, of = representation.fields, representation.of

    def build(obj: JsonObject) -> tuple[object, JsonObject]:
        built: JsonObject = {"__typename": type_name}
        return (type_name, _fill(obj, fields, built, obj.get("__typename", of))), built

    return build


def _single(type_name: str, only: InputField) -> Builder:
    name, source = only.name, only.source

    def build(obj: JsonObject) -> tuple[object, JsonObject]:
        value = obj.get(source)
        if value is None:
            raise MissingInputError(name)
        return (type_name, _identity(value)), {"__typename": type_name, name: value}

    return build


def _fill(obj: JsonObject, fields: Sequence[InputField], built: JsonObject, type_name: object) -> tuple[object, ...]:
    identity: list[object] = []
    for wanted in fields:
        if wanted.on is not None and type_name not in wanted.on:
            continue
        value = obj.get(wanted.source, _ABSENT)
        if value is _ABSENT or (value is None and wanted.required):
            raise MissingInputError(wanted.name)
        if wanted.fields:
            value = _nested(value, wanted)
        built[wanted.name] = value
        identity.append((wanted.name, _identity(value)))
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


def _identity(value: object) -> object:
    """Equal exactly when the JSON is: 1, 1.0 and true differ, and so does the order of no object's keys."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ("{}", frozenset((key, _identity(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("[]", tuple(_identity(item) for item in value))
    return (type(value), value)


def batch(objects: Sequence[JsonObject], builders: Builders) -> Batch:
    """Representations of the objects, those of other types left out, incomplete ones set aside."""
    found = Batch()
    places: dict[object, int] = {}
    for obj in objects:
        name = obj.get("__typename")
        builder = builders.get(name) if name is None or isinstance(name, str) else None
        if builder is None:
            continue
        try:
            identity, built = builder(obj)
        except MissingInputError as missing:
            found.skipped.append((obj, missing.name))
            continue
        place = places.setdefault(identity, len(found.representations))
        if place == len(found.representations):
            found.representations.append(built)
            found.targets.append([obj])
        else:
            found.targets[place].append(obj)
    return found
