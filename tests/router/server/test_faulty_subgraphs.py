"""What clients get where a subgraph answers wrongly, from a real router over a real connection: a coded error at the
place that it is about, all that others answered, and a router that serves on."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from router.execution.errors import SubrequestError
from router.execution.http_transport import HttpTransport, TransportLimits
from router.execution.transport import SubgraphRequest
from router.supergraph.model import Subgraph

from ..faulty_subgraph import Behaviour, FaultySubgraph, Wire
from ..federation import LINK, TestSubgraph
from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running

ITEM = {"__typename": "Item", "id": "1", "name": "n", "note": "right"}
THING = {"__typename": "Thing", "text": "right", "count": 1}
GOOD = LINK + 'type Query { item: Item } type Item @key(fields: "id") { id: ID! name: String }'
BAD = (
    LINK
    + """
type Query { thing: Thing }
type Mutation { change: Thing }
type Thing { text: String count: Int must: String! many: [[Int!]!] }
type Item @key(fields: "id") { id: ID! note: String }
"""
)
LIMIT = 4_000_000
# An operation, what the client gets of it while the bad subgraph fails, where the error stands, and all being well.
SHAPES: dict[str, tuple[str, Any, list[Any], Any]] = {
    "alone": ("{ thing { text } }", {"thing": None}, ["thing"], {"thing": {"text": "right"}}),
    "beside": (
        "{ item { name } thing { text } }",
        {"item": {"name": "n"}, "thing": None},
        ["thing"],
        {"item": {"name": "n"}, "thing": {"text": "right"}},
    ),
    "entity": (
        "{ item { name note } }",
        {"item": {"name": "n", "note": None}},
        ["item"],
        {"item": {"name": "n", "note": "right"}},
    ),
    "mutation": ("mutation { change { text } }", {"change": None}, ["change"], {"change": {"text": "right"}}),
}


def subgraphs() -> tuple[Any, Any]:
    roots = {"Query.thing": lambda *_: THING, "Mutation.change": lambda *_: THING}
    good = HttpSubgraph(TestSubgraph("good", GOOD, {"Query.item": lambda *_: ITEM}, lambda *_: ITEM))
    return good, FaultySubgraph(TestSubgraph("bad", BAD, roots, lambda *_: ITEM))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    folder = tmp_path_factory.mktemp("faulty")
    async with running([*subgraphs()], folder, router_response_limit=LIMIT) as router:
        yield router


@pytest.fixture
def router(both: RunningRouter) -> RunningRouter:
    return both


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    folder = tmp_path_factory.mktemp("impatient")
    async with running([*subgraphs()], folder, router_timeout=1.5, router_response_limit=LIMIT) as router:
        yield router


def bad_of(router: RunningRouter) -> Any:
    return router.subgraphs["bad"]


@pytest.fixture
def bad(router: RunningRouter) -> FaultySubgraph:
    subgraph: FaultySubgraph = bad_of(router)
    subgraph.behave(None)
    return subgraph


async def check(router: RunningRouter, shape: str, behaviour: Behaviour, code: str) -> None:
    """One error at the right place, the rest of the answer, and a good request after it."""
    query, data, path, right = SHAPES[shape]
    bad = bad_of(router)
    bad.behave(behaviour)
    async with asyncio.timeout(60), router.session.post(f"{router.url}/graphql", json={"query": query}) as response:
        answer = await response.json()
        assert response.status == 200
    assert answer["data"] == data
    (error,) = answer["errors"]
    assert error["path"] == path
    assert error["extensions"] == {"code": code, "service": "bad"}
    assert "secret" not in json.dumps(answer)
    bad.behave(None)
    assert await router.post(query) == {"data": right}


async def respond(wire: Wire, _: Any, *, body: bytes, **more: Any) -> None:
    await wire.respond(body, **more)


def says(body: bytes | str, kind: str = "application/json", status: str = "200 OK", more: str = "") -> Behaviour:
    encoded = body.encode() if isinstance(body, str) else body
    return partial(respond, body=encoded, kind=kind, status=status, more=more)


async def never(wire: Wire, _: Any) -> None:
    await wire.until_closed()


async def head_and_no_more(wire: Wire, _: Any) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await wire.until_closed()


async def drips(wire: Wire, _: Any) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
    while True:
        await wire.send(b" ")
        await asyncio.sleep(0.05)


async def closes_in_the_head(wire: Wire, _: Any) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-ty")


async def closes_in_the_body(wire: Wire, _: Any) -> None:
    await wire.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"data":')


async def closes_in_a_chunk(wire: Wire, _: Any) -> None:
    await wire.send(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b'14\r\n{"data":{"thing":null'
    )


async def chunks_of_no_size(wire: Wire, _: Any) -> None:
    await wire.send(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n"
    )


async def resets(wire: Wire, _: Any) -> None:
    wire.reset()


async def resets_in_the_body(wire: Wire, _: Any) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await asyncio.sleep(0.05)
    wire.reset()


async def closes_without_a_word(wire: Wire, _: Any) -> None:
    pass


async def speaks_no_http(wire: Wire, _: Any) -> None:
    await wire.send(b"SSH-2.0-OpenSSH_9.6 secret\r\n\r\n")


async def promises_for_ever(wire: Wire, _: Any) -> None:
    while True:
        await wire.send(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
        await asyncio.sleep(0.05)


async def head_without_end(wire: Wire, _: Any) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await wire.send(b"x-more: " + b"x" * 4_000 + b"\r\n")


HTML = "<html><body>secret</body></html>"
HTTP, MALFORMED, TIMEOUT = "SUBREQUEST_HTTP_ERROR", "SUBREQUEST_MALFORMED_RESPONSE", "SUBREQUEST_TIMEOUT"
FAULTS: dict[str, tuple[Behaviour, str]] = {
    "html": (says(HTML, "text/html"), MALFORMED),
    "html that says it is json": (says(HTML), MALFORMED),
    "html and 502": (says(HTML, "text/html", "502 Bad Gateway"), HTTP),
    "500 with a body of its own": (says('{"secret":1}', status="500 Internal Server Error"), HTTP),
    "500 with nothing": (says("", status="500 Internal Server Error"), HTTP),
    "404": (says("not found", "text/plain", "404 Not Found"), HTTP),
    "401": (says('{"detail":"secret"}', status="401 Unauthorized"), HTTP),
    "429": (says("", status="429 Too Many Requests", more="retry-after: 100\r\n"), HTTP),
    "a problem of fields": (says('{"errors":{"x":["secret"]}}', "application/problem+json", "400 Bad Request"), HTTP),
    "500 with half a json": (says('{"errors":[{"mes', status="500 Internal Server Error"), HTTP),
    "500 with data": (says('{"data":{"thing":{"text":"secret"}}}', status="500 Internal Server Error"), HTTP),
    "a redirect": (says("", status="307 Temporary Redirect", more="location: http://127.0.0.1:9/secret\r\n"), HTTP),
    "204": (says("", status="204 No Content"), MALFORMED),
    "half a json": (says('{"data":{"thing":{"te'), MALFORMED),
    "nothing": (says(""), MALFORMED),
    "only spaces": (says("   "), MALFORMED),
    "an array": (says('[{"data":{}}]'), MALFORMED),
    "a string": (says('"data"'), MALFORMED),
    "null": (says("null"), MALFORMED),
    "a number": (says("1"), MALFORMED),
    "two answers": (says('{"data":{"thing":null}}{"data":{"thing":null}}'), MALFORMED),
    "neither data nor errors": (says("{}"), MALFORMED),
    "data null without errors": (says('{"data":null,"errors":[]}'), MALFORMED),
    "data a list": (says('{"data":[]}'), MALFORMED),
    "data a string": (says('{"data":"{}"}'), MALFORMED),
    "errors no list": (says('{"data":{"thing":{"text":"x"}},"errors":{"message":"secret"}}'), MALFORMED),
    "no utf-8": (says(b'{"data":{"thing":{"text":"\xff"},"_entities":[null]}}'), MALFORMED),
    "another charset": (says(b'{"data":{"thing":{"text":"\xe9"}}}', "application/json; charset=latin-1"), MALFORMED),
    "half a character": (says(r'{"data":{"thing":{"text":"\ud800"}}}'), MALFORMED),
    "not a number": (says('{"data":{"thing":{"text":NaN}}}'), MALFORMED),
    "an infinite number": (says('{"data":{"thing":{"text":1e999},"_entities":[1e999],"change":1e999}}'), MALFORMED),
    "too deep": (says(b'{"data":{"thing":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"), MALFORMED),
    "too deep in what nobody asked for": (says(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), MALFORMED),
    "too deep in errors": (says(b'{"errors":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), MALFORMED),
    "right json that says it is text": (says('{"data":{"thing":{"text":"x"}}}', "text/plain"), MALFORMED),
    "gzip that is none": (says('{"data":{}}', more="content-encoding: gzip\r\n"), HTTP),
    "half a gzip": (says(gzip.compress(b'{"data":{}}' * 9)[:20], more="content-encoding: gzip\r\n"), MALFORMED),
    "closed in the head": (closes_in_the_head, HTTP),
    "closed in the body": (closes_in_the_body, HTTP),
    "closed in a chunk": (closes_in_a_chunk, HTTP),
    "a chunk without a size": (chunks_of_no_size, HTTP),
    "reset": (resets, HTTP),
    "reset in the body": (resets_in_the_body, HTTP),
    "closed": (closes_without_a_word, HTTP),
    "another protocol": (speaks_no_http, HTTP),
    "a head without end": (head_without_end, HTTP),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_costs_its_own_part_alone(router: RunningRouter, fault: str, shape: str) -> None:
    behaviour, code = FAULTS[fault]
    await check(router, shape, behaviour, code)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("behaviour", [never, head_and_no_more, drips, promises_for_ever])
async def test_an_answer_that_never_ends_costs_its_own_part_alone(
    impatient: RunningRouter, behaviour: Behaviour, shape: str
) -> None:
    await check(impatient, shape, behaviour, TIMEOUT)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


async def announces_a_gigabyte(wire: Wire, _: Any) -> None:
    await wire.send(HEAD + b"content-length: 1000000000\r\n\r\n")
    while True:
        await wire.send(b" " * 65_536)


async def sends_a_gigabyte(wire: Wire, _: Any) -> None:
    await wire.send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    for _ in range(16_000):
        await wire.send(b"10000\r\n" + b" " * 65_536 + b"\r\n")


async def sends_until_it_is_closed(wire: Wire, _: Any) -> None:
    await wire.send(HEAD + b"\r\n")
    for _ in range(16_000):
        await wire.send(b" " * 65_536)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("behaviour", [announces_a_gigabyte, sends_a_gigabyte, sends_until_it_is_closed])
async def test_a_gigabyte_is_not_taken_in(
    router: RunningRouter, bad: FaultySubgraph, behaviour: Behaviour, shape: str
) -> None:
    query, data, path, right = SHAPES[shape]
    bad.behave(behaviour)
    answer = await router.post(query)
    assert answer["data"] == data
    assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [(path, MALFORMED)]
    async with asyncio.timeout(30):
        await bad.over.wait()  # its connection is closed
    (wire,) = bad.wires
    # What sockets hold comes on top of what the router took.
    assert wire.sent < LIMIT + 16_000_000
    bad.behave(None)
    assert await router.post(query) == {"data": right}


def bomb(encoding: str) -> bytes:
    """A gigabyte of spaces in a megabyte: the same ten megabytes again and again, each packed for itself."""
    head = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    more = zlib.compressobj(9, zlib.DEFLATED, -15)
    spaces = b" " * 10_000_000
    begin, again = (packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH) for packer in (head, more))
    return begin + again * 99


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_does_not_go_off(router: RunningRouter, encoding: str) -> None:
    behaviour = says(bomb(encoding), more=f"content-encoding: {encoding}\r\n")
    before = peak()
    await check(router, "beside", behaviour, MALFORMED)
    assert peak() - before < 100_000_000


def peak() -> int:
    """Bytes this process, in which the router runs, has had in memory at most."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def test_a_compressed_answer_is_read(router: RunningRouter, bad: FaultySubgraph) -> None:
    bad.behave(says(gzip.compress(b'{"data":{"thing":{"text":"x"}}}'), more="content-encoding: gzip\r\n"))
    assert await router.post("{ thing { text } }") == {"data": {"thing": {"text": "x"}}}


@pytest.mark.parametrize("encoding", ["br", "zstd", "secret"])
async def test_an_encoding_nobody_asked_for(router: RunningRouter, bad: FaultySubgraph, encoding: str) -> None:
    bad.behave(says(b"\x0b\x02\x80{}\x03", more=f"content-encoding: {encoding}\r\n"))
    answer = await router.post("{ item { name } thing { text } }")
    assert answer["data"] == {"item": {"name": "n"}, "thing": None}
    assert [e["extensions"]["code"] for e in answer["errors"]] in ([HTTP], [MALFORMED])


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
@pytest.mark.parametrize("kind", ["application/json", "application/graphql-response+json; charset=utf-8"])
async def test_errors_are_told_whatever_the_status(
    router: RunningRouter, bad: FaultySubgraph, status: str, kind: str
) -> None:
    error = {"message": "closed", "path": ["thing"], "extensions": {"code": "CLOSED", "until": 9}}
    for shape in ("alone", "beside"):
        query, data, path, _ = SHAPES[shape]
        bad.behave(says(json.dumps({"errors": [error]}), kind, status))
        answer = await router.post(query)
        assert answer["data"] == data
        assert answer["errors"] == [
            {"message": "closed", "path": path, "extensions": {"code": "CLOSED", "until": 9, "service": "bad"}}
        ]


@pytest.mark.parametrize(
    ("error", "path"),
    [
        ("no object", None),
        (None, None),
        ([], None),
        ({}, None),
        ({"message": 5, "path": "thing", "extensions": "secret"}, None),
        ({"message": None, "path": [["thing"]], "extensions": []}, None),
        ({"message": "secret", "path": [True], "extensions": {"code": 5}}, None),
        ({"message": "secret", "path": ["thing", 1.5]}, None),
        ({"message": "secret", "path": ["thing", "nothing", 7]}, ["thing", "nothing", 7]),
    ],
)
async def test_an_error_of_wrong_members(router: RunningRouter, bad: FaultySubgraph, error: Any, path: Any) -> None:
    bad.behave(says(json.dumps({"data": {"thing": None}, "errors": [error]})))
    for shape in ("alone", "beside"):
        query, data, *_ = SHAPES[shape]
        answer = await router.post(query)
        assert answer["data"] == data
        (shown,) = answer["errors"]
        assert shown.get("path") == path
        assert shown["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "service": "bad"}
        assert "secret" not in json.dumps(answer)


@pytest.mark.parametrize("shape", SHAPES)
async def test_errors_without_number_are_bounded(router: RunningRouter, bad: FaultySubgraph, shape: str) -> None:
    query, data, *_ = SHAPES[shape]
    bad.behave(says(json.dumps({"data": None, "errors": [{"extensions": {"code": "X"}}] * 20_000})))
    answer = await router.post(query)
    assert answer["data"] == data
    assert len(answer["errors"]) == 1_001
    assert answer["errors"][-1]["message"] == "19000 more errors of bad are left out"
    assert answer["errors"][-1]["extensions"] == {"code": "SUBREQUEST_TOO_MANY_ERRORS", "service": "bad"}


WRONG, NULL = "INVALID_FIELD_VALUE", "NULL_IN_NON_NULL_FIELD"


@pytest.mark.parametrize(
    ("selection", "thing", "shown", "errors"),
    [
        ("text", {"text": {}}, {"text": None}, [(["thing", "text"], WRONG)]),
        ("text", {"text": ["x"]}, {"text": None}, [(["thing", "text"], WRONG)]),
        ("text count", {"text": "x", "count": "1"}, {"text": "x", "count": None}, [(["thing", "count"], WRONG)]),
        ("count", {"count": 2**31}, {"count": None}, [(["thing", "count"], WRONG)]),
        ("count", {"count": 1.0}, {"count": None}, [(["thing", "count"], WRONG)]),
        ("text", "x", None, [(["thing"], WRONG)]),
        ("text", [{"text": "x"}], None, [(["thing"], WRONG)]),
        ("text must", {"text": "x", "must": None}, None, [(["thing", "must"], NULL)]),
        ("text must", {"text": "x"}, None, [(["thing", "must"], NULL)]),
        ("many", {"many": [[1, None]]}, {"many": None}, [(["thing", "many", 0, 1], NULL)]),
        ("many", {"many": {}}, {"many": None}, [(["thing", "many"], WRONG)]),
        ("many", {"many": [[2**40]]}, {"many": None}, [(["thing", "many", 0, 0], WRONG)]),
    ],
)
async def test_values_that_break_the_schema(
    router: RunningRouter, bad: FaultySubgraph, selection: str, thing: Any, shown: Any, errors: Any
) -> None:
    bad.behave(says(json.dumps({"data": {"thing": thing}})))
    for query, rest in (("{ thing { %s } }", {}), ("{ item { name } thing { %s } }", {"item": {"name": "n"}})):
        answer = await router.post(query % selection)
        assert answer["data"] == {**rest, "thing": shown}
        assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == errors


async def test_wrong_values_without_number_are_bounded(router: RunningRouter, bad: FaultySubgraph) -> None:
    bad.behave(says(json.dumps({"data": {"thing": {"many": ["x"] * 20_000}}})))
    answer = await router.post("{ thing { many } }")
    assert answer["data"] == {"thing": {"many": None}}
    assert len(answer["errors"]) <= 1_001


ENTITIES: dict[str, tuple[Any, str]] = {
    "too few": ([], MALFORMED),
    "too many": ([{"note": "x"}] * 2, MALFORMED),
    "no list": ({"note": "x"}, MALFORMED),
    "null": (None, MALFORMED),
    "a string": ("x", MALFORMED),
    "scalars": (["x"], MALFORMED),
    "lists": ([[]], MALFORMED),
}


@pytest.mark.parametrize("name", ENTITIES)
async def test_entities_that_are_none(router: RunningRouter, name: str) -> None:
    entities, code = ENTITIES[name]
    await check(router, "entity", says(json.dumps({"data": {"_entities": entities}})), code)


async def test_an_entity_that_is_not_there_is_null(router: RunningRouter, bad: FaultySubgraph) -> None:
    bad.behave(says('{"data":{"_entities":[null]}}'))
    assert await router.post(SHAPES["entity"][0]) == {"data": SHAPES["entity"][1]}


async def test_what_was_not_asked_for_stays_out(router: RunningRouter, bad: FaultySubgraph) -> None:
    bad.behave(says('{"data":{"_entities":[{"__typename":"Thing","note":"x","secret":1}],"other":2}}'))
    assert await router.post(SHAPES["entity"][0]) == {"data": {"item": {"name": "n", "note": "x"}}}
    bad.behave(says('{"data":{"thing":{"text":"a","text":"b","secret":1},"other":2},"secret":3}'))
    assert await router.post(SHAPES["alone"][0]) == {"data": {"thing": {"text": "b"}}}


async def closes_kept_ones(wire: Wire, asked: Any, reset: bool) -> None:
    """Serves the first request of a connection, and drops it at the second."""
    wire.keeps = wire.requests == 0
    if wire.keeps:
        await wire.json({"data": {"thing": THING, "change": THING}})
    elif reset:
        wire.reset()


@pytest.mark.parametrize("reset", [True, False])
async def test_a_query_survives_a_dead_connection_and_a_mutation_is_sent_once(
    router: RunningRouter, bad: FaultySubgraph, reset: bool
) -> None:
    bad.behave(partial(closes_kept_ones, reset=reset))
    query, _, _, right = SHAPES["alone"]
    for _ in range(4):
        assert await router.post(query) == {"data": right}
    mutation, data, path, right = SHAPES["mutation"]
    before = bad.asked
    answers = [await router.post(mutation) for _ in range(4)]
    assert bad.asked - before == 4
    failed = [answer for answer in answers if answer != {"data": right}]
    assert failed
    for answer in failed:
        assert answer["data"] == data
        assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [(path, HTTP)]


async def test_a_redirect_is_not_followed(router: RunningRouter, bad: FaultySubgraph) -> None:
    bad.behave(says("", status="307 Temporary Redirect", more=f"location: {bad.url}\r\n"))
    await router.post("{ thing { text } }", headers={"authorization": "Bearer x"})
    assert bad.asked == 1


async def test_a_subgraph_that_went_away(tmp_path: Path) -> None:
    good, gone = subgraphs()
    async with running([good, gone], tmp_path) as router:
        await gone.stop()
        for query, data, path, _ in SHAPES.values():
            answer = await router.post(query)
            assert answer["data"] == data
            assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [(path, HTTP)]
        await gone.start(int(gone.url.rpartition(":")[2].partition("/")[0]))
        for query, *_, right in SHAPES.values():
            assert await router.post(query) == {"data": right}


async def test_a_name_that_nobody_has() -> None:
    request = SubgraphRequest(Subgraph("bad", "BAD", "http://nowhere.invalid/graphql"), b"{}", {}, repeatable=True)
    async with HttpTransport(TransportLimits(timeout=60.0), None) as transport:
        with pytest.raises(SubrequestError) as failed:
            await transport.send(request)
    assert failed.value.code == HTTP
