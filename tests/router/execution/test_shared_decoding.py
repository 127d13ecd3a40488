"""Answers that repeat an entity with all below it: decoded once where the bytes are equal, and otherwise as any."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from router.execution.envelope import decode_envelope
from router.execution.shared_decoding import SharedDecoding
from router.planning.plan import Fetch, Lookup

DOCUMENT = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Post { id author { id posts { id } } } } }"
AUTHOR = ("posts", "author")


def decoding(path: tuple[str, ...] = AUTHOR, document: str = DOCUMENT) -> SharedDecoding:
    lookup = Lookup("_entities", "r", ("posts",), (), (), ())
    return SharedDecoding(Fetch(1, "blog", "query", (), document, "", (), (lookup,), (), (), ()), [path])


def read(entities: Any, **more: Any) -> Any:
    body = json.dumps({"data": {"_entities": entities}, **more}).encode()
    envelope = decoding().decode(body)
    assert envelope.data == decode_envelope(body).data
    assert envelope.errors == decode_envelope(body).errors
    return envelope.data["_entities"] if envelope.data else None


def author(key: str) -> dict[str, Any]:
    return {"id": key, "posts": [{"id": "p1"}, {"id": "p2"}]}


def test_what_is_repeated_is_one_object() -> None:
    first, second, third = read([{"id": str(n), "author": author("a")} for n in range(2)] + [{"author": author("b")}])
    assert first["author"] is second["author"]
    assert third["author"] is not first["author"]


@pytest.mark.parametrize(
    "entities",
    [
        [None, {"author": None}, {}],
        [{"author": [author("a"), None, author("a")]}, {"author": [author("a")]}],
        [{"author": [[author("a")]]}],
        [{"author": "no object"}, {"author": 3}],
        {"author": author("a")},
        [[[[{"author": author("a")}]]]],
        "nothing of the kind",
        None,
    ],
)
def test_every_shape_is_read_as_ever(entities: Any) -> None:
    assert read(entities, errors=[{"message": "x"}]) == entities


def test_items_of_lists_stay_apart() -> None:
    first, second = read([{"author": [author("a")]}, {"author": [author("a")]}])
    assert first["author"][0] is not second["author"][0]


def test_below_what_is_repeated_the_same_holds() -> None:
    document = (
        "query($r: [_Any!]!) { _entities(representations: $r) { author { id best { author { posts { id } } } } } }"
    )
    lookup = Lookup("_entities", "r", ("posts",), (), (), ())
    fetch = Fetch(1, "blog", "query", (), document, "", (), (lookup,), (), (), ())
    inner = {"posts": [{"id": "p1"}]}
    entities = [{"author": {"id": n, "best": [{"author": inner}, {"author": inner}]}} for n in (1, 1, 2)]
    body = json.dumps({"data": {"_entities": entities}}).encode()
    envelope = SharedDecoding(fetch, [AUTHOR, ("posts", "author", "best", "author")]).decode(body)
    assert envelope.data == {"_entities": entities}
    found: Any = envelope.data["_entities"]
    one, _, other = found
    assert one["author"]["best"][0]["author"] is other["author"]["best"][1]["author"]


@pytest.mark.parametrize("body", [b'{"data":', b'{"data":{"_entities":[{"author":{"id":"\xff"}}]}}', b"[]"])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decoding().decode(body)


def test_without_entities_below_its_own_it_is_of_no_use() -> None:
    assert decoding().is_of_use
    assert not decoding(("posts",)).is_of_use
    assert not decoding(("comments", "author")).is_of_use
