"""Decodes what a subgraph repeats once: an object with others below it, whose bytes came before, is the same object.

A subgraph repeats an entity, with all that was asked below it, at each of its places. Equal bytes are found without
decoding them, which spares both the decoding and the comparing of equal objects afterwards. Objects of leaves alone are
decoded in place: to set them apart would cost more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypedDict, cast

import msgspec
from graphql import FieldNode, OperationDefinitionNode, SelectionNode, parse

from router.execution.envelope import Envelope, decode_envelope
from router.execution.representations import JsonObject
from router.execution.response_data import objects_in
from router.planning.fetch_graph import Path
from router.planning.plan import Fetch

_Keys = tuple[str, ...]
_Selected = dict[str, "list[SelectionNode]"]
"""By response key what is selected below it, nothing for leaves."""


@dataclass(slots=True)
class _Repeated:
    """Objects under `key` of those at `path`, left as bytes at first; `below` are those within them."""

    path: _Keys
    key: str
    decode: Any
    below: list[_Repeated] = field(default_factory=list)

    def resolve(self, objects: list[JsonObject]) -> None:
        for key in self.path:
            objects = objects_in(objects, key)
        known: dict[bytes, object] = {}
        for holder in objects:
            raw = holder.get(self.key)
            if not isinstance(raw, msgspec.Raw):
                continue
            read = bytes(raw)
            value = known.get(read)
            if value is None:
                value = self.decode(read)
                # The items of a list stay apart: only fields hold an object that others hold.
                if isinstance(value, dict):
                    known[read] = value
            holder[self.key] = value
        if self.below:
            found = objects_in(objects, self.key)
            for item in self.below:
                item.resolve(found)


class SharedDecoding:
    """Reads the answers to a fetch. `paths` are those, from its own objects on, where entities stand."""

    def __init__(self, fetch: Fetch, paths: Collection[Path]) -> None:
        self._fetch = fetch
        self._under = [_under(item.path, paths) for item in fetch.lookups or (fetch,)]

    @property
    def is_of_use(self) -> bool:
        """Whether the fetch may bring entities below its own objects."""
        return any(self._under)

    def decode(self, body: bytes) -> Envelope:
        """The answer. Raises msgspec.DecodeError, as any decoder of JSON."""
        decoder, repeated = self._plan
        if decoder is None:
            return decode_envelope(body)
        try:
            envelope = cast("Envelope", decoder.decode(body))
            if envelope.data is not None:
                for key, item in repeated:
                    item.resolve([envelope.data] if key is None else objects_in([envelope.data], key))
        except msgspec.ValidationError:
            # Not what was asked for: others say what is wrong with it.
            return decode_envelope(body)
        return envelope

    @cached_property
    def _plan(self) -> tuple[msgspec.json.Decoder[Any] | None, list[tuple[str | None, _Repeated]]]:
        """A decoder that leaves bytes, and what is to be done about them, for each key of the answer or for all of it.

        Only from the first answer on: reading the document takes longer than many an operation lives.
        """
        operation = cast("OperationDefinitionNode", parse(self._fetch.document, no_location=True).definitions[0])
        selected = _selected(operation.selection_set.selections)
        repeated: list[tuple[str | None, _Repeated]] = []
        types: dict[str, Any] = dict.fromkeys(selected, Any)
        for lookup, under in zip(self._fetch.lookups, self._under, strict=False):
            shared = _Shared()
            type_ = _wrapped(shared.type(selected[lookup.key], under))
            if shared.found:
                types[lookup.key] = type_
                repeated += ((lookup.key, item) for item in shared.found)
        data = _object(types)
        if not self._fetch.lookups:
            shared = _Shared()
            data = shared.type(operation.selection_set.selections, self._under[0])
            repeated += ((None, item) for item in shared.found)
        if not repeated:
            return None, []
        answer = msgspec.defstruct("Answer", [("data", data | None, None), ("errors", list[Any] | None, None)])
        return msgspec.json.Decoder(answer), repeated


class _Shared:
    """Types for msgspec in the making, and what they leave as bytes."""

    def __init__(self) -> None:
        self.found: list[_Repeated] = []

    def type(self, selections: Iterable[SelectionNode], paths: Collection[_Keys], at: _Keys = ()) -> Any:
        """The type of an object."""
        types: dict[str, Any] = {}
        for key, below in _selected(selections).items():
            onwards = [path[1:] for path in paths if path[0] == key]
            further = [path for path in onwards if path]
            if () in onwards and any(_selected(below).values()):
                inner = _Shared()
                decoder = msgspec.json.Decoder(_wrapped(inner.type(below, further)))
                self.found.append(_Repeated(at, key, decoder.decode, inner.found))
                types[key] = msgspec.Raw
            else:
                types[key] = _wrapped(self.type(below, further, (*at, key))) if further else Any
        return _object(types)


def _object(types: dict[str, Any]) -> Any:
    # The functional form is for names known beforehand; mypy would have it so.
    return TypedDict("Object", types, total=False)  # type: ignore[operator]


def _wrapped(type_: Any) -> Any:
    """The object, null, or lists of it."""
    return type_ | list[type_ | list[type_ | None] | None] | None


def _selected(selections: Iterable[SelectionNode]) -> _Selected:
    found: _Selected = {}
    for node in _fields(selections):
        key = node.alias.value if node.alias else node.name.value
        found.setdefault(key, []).extend(node.selection_set.selections if node.selection_set else ())
    return found


def _fields(selections: Iterable[SelectionNode]) -> Iterator[FieldNode]:
    for node in selections:
        if isinstance(node, FieldNode):
            yield node
        else:
            yield from _fields(cast("Sequence[SelectionNode]", getattr(node, "selection_set").selections))  # noqa: B009


def _under(above: Path, paths: Collection[Path]) -> list[_Keys]:
    """The rest of each path that goes on from this one, where no condition on types is in it."""
    rests = [path[len(above) :] for path in paths if len(path) > len(above) and path[: len(above)] == above]
    return [rest for rest in map(_keys, rests) if rest is not None]


def _keys(path: Path) -> _Keys | None:
    keys = tuple(element for element in path if isinstance(element, str))
    return keys if len(keys) == len(path) else None
