"""Files through a real router to real subgraphs of Strawberry: where they arrive, what is refused, and what is left."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from ..federation import LINK, TestSubgraph
from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop
from ..uploading import albums, stamps

# Strawberry's own controller, written for Litestar 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*Inferred dependency field")

ADD = "mutation($file: Upload!) { add(file: $file) }"
LARGE = bytes(range(256)) * 2_000
BOUNDARY = "a-boundary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": "application/graphql-response+json"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def uploading(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    folder = tmp_path_factory.mktemp("uploading")
    async with running(
        [albums(), stamps()],
        folder,
        router_timeout=10.0,
        router_body_limit=20_000,
        router_upload_files=4,
        router_upload_file_limit=600_000,
        router_upload_limit=1_000_000,
        router_batch_limit=3,
        router_uploads_per_client=3,
    ) as router:
        yield router


@pytest.fixture
def router(uploading: RunningRouter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningRouter:
    """Files are kept in this test's own folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for subgraph in uploading.subgraphs.values():
        subgraph.reset()
    return uploading


def kept(folder: Path) -> list[str]:
    """The files that are there, with a name or open without one."""
    opened: list[str] = []
    for number in os.listdir("/proc/self/fd"):
        try:
            opened.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return [name for name in opened if name.startswith(str(folder))] + os.listdir(folder)


async def until_nothing_is_kept(folder: Path) -> None:
    async with asyncio.timeout(10):
        while kept(folder):
            await asyncio.sleep(0.01)


def part(name: str, content: bytes | str | Any, filename: str = "", content_type: str = "") -> bytes:
    said = f'; filename="{filename}"' if filename else ""
    kind = f"\r\ncontent-type: {content_type}" if content_type else ""
    raw = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"{said}{kind}\r\n\r\n'
    return head.encode() + raw + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(query: Any, variables: Any, places: Any, files: Iterable[tuple[str, bytes]]) -> bytes:
    operations = query if isinstance(query, list) else {"query": query, "variables": variables}
    return form(
        part("operations", operations),
        part("map", places),
        *(part(name, content, f"{name}.bin", "application/x-test") for name, content in files),
    )


def described(name: str, content: bytes) -> str:
    return f"{name}.bin application/x-test {len(content)} {hashlib.sha256(content).hexdigest()[:12]}"


async def send(router: RunningRouter, body: bytes, **headers: str) -> tuple[int, Any]:
    async with router.session.post(f"{router.url}/graphql", data=body, headers={**FORM, **headers}) as response:
        return response.status, await response.json(content_type=None)


async def refusal(router: RunningRouter, body: bytes, **headers: str) -> tuple[int, str]:
    status, answer = await send(router, body, **headers)
    assert "data" not in answer
    return status, answer["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("content", [b"", b"small", LARGE, b"\r\n--not the boundary\r\n" * 40])
async def test_a_file_arrives_as_it_was_sent(router: RunningRouter, tmp_path: Path, content: bytes) -> None:
    answer = await send(router, upload(ADD, {"file": None}, {"0": ["variables.file"]}, [("0", content)]))
    assert answer == (200, {"data": {"add": described("0", content)}})
    assert not kept(tmp_path)


async def test_files_in_lists_and_input_objects(router: RunningRouter) -> None:
    query = "mutation($files: [Upload!]!, $album: AlbumInput!) { addAll(files: $files) create(album: $album) }"
    photo = {"caption": "c", "file": None, "thumbnails": [None, None]}
    variables = {"files": [None, None], "album": {"title": "t", "photos": [photo]}}
    places = {
        "a": ["variables.files.1", "variables.album.photos.0.thumbnails.0"],
        "b": ["variables.files.0", "variables.album.photos.0.file"],
        "c": ["variables.album.photos.0.thumbnails.1"],
    }
    files = [("a", b"A"), ("b", LARGE), ("c", b"C")]
    status, answer = await send(router, upload(query, variables, places, files))
    a, b, c = (described(name, content) for name, content in files)
    assert (status, answer) == (200, {"data": {"addAll": [b, a], "create": [f"t c {b}", f"t c {a}", f"t c {c}"]}})
    # Each file was sent once.
    assert [body.count(LARGE) for body in router.subgraphs["albums"].bodies] == [1]


async def test_a_single_file_for_a_list(router: RunningRouter) -> None:
    query = "mutation($files: [Upload!]!) { addAll(files: $files) }"
    answer = await send(router, upload(query, {"files": None}, {"0": ["variables.files"]}, [("0", b"x")]))
    assert answer == (200, {"data": {"addAll": [described("0", b"x")]}})
    assert b'"variables.files.0"' in router.subgraphs["albums"].bodies[-1]


async def test_one_file_for_two_subgraphs_and_variables(router: RunningRouter) -> None:
    query = "query($a: Upload!, $b: Upload!) { digest(file: $a) stamped(file: $b) }"
    body = upload(query, {"a": None, "b": None}, {"0": ["variables.a", "variables.b"]}, [("0", LARGE)])
    expected = described("0", LARGE)
    assert await send(router, body) == (200, {"data": {"digest": expected, "stamped": expected}})
    query = "query($a: Upload!) { digest(file: $a) stamped(file: $a) }"
    body = upload(query, {"a": None}, {"0": ["variables.a"]}, [("0", LARGE)])
    assert await send(router, body) == (200, {"data": {"digest": expected, "stamped": expected}})


async def test_a_fetch_of_entities_takes_files_and_the_one_before_does_not(router: RunningRouter) -> None:
    query = "query($file: Upload!, $id: ID!) { album(id: $id) { id stamp(file: $file) } }"
    body = upload(query, {"file": None, "id": "a1"}, {"0": ["variables.file"]}, [("0", LARGE)])
    expected = {"album": {"id": "a1", "stamp": f"a1 {described('0', LARGE)}"}}
    assert await send(router, body) == (200, {"data": expected})
    (first,), (second,) = (router.subgraphs[name].headers for name in ("albums", "stamps"))
    assert first["content-type"] == "application/json"
    assert second["content-type"].startswith("multipart/form-data; boundary=")
    # It lets pass who guards against forms of other sites, and knows the length beforehand.
    assert second["apollo-require-preflight"] == "true"
    assert int(second["content-length"]) == len(router.subgraphs["stamps"].bodies[-1])


async def test_a_fetch_without_a_file_is_plain_json(router: RunningRouter) -> None:
    query = "mutation($file: Upload, $caption: String!) { addOptional(file: $file, caption: $caption) }"
    body = form(part("operations", {"query": query, "variables": {"caption": "c"}}), part("map", {}))
    assert await send(router, body) == (200, {"data": {"addOptional": "none"}})
    assert router.subgraphs["albums"].headers[-1]["content-type"] == "application/json"


async def test_a_query_in_plain_json_goes_on_as_ever(router: RunningRouter) -> None:
    assert await router.post('{ album(id: "a") { plain } }') == {"data": {"album": {"plain": "plain a"}}}


async def test_a_batch_has_files_for_each_of_its_operations(router: RunningRouter) -> None:
    batch = [
        {"query": ADD, "variables": {"file": None}},
        {"query": "{ album(id: 1) { id } }"},
        {"query": "mutation($files: [Upload!]!) { addAll(files: $files) }", "variables": {"files": [None, None]}},
    ]
    places = {"a": ["0.variables.file", "2.variables.files.1"], "b": ["2.variables.files.0"]}
    status, answers = await send(router, upload(batch, None, places, [("a", LARGE), ("b", b"b")]))
    a, b = described("a", LARGE), described("b", b"b")
    assert (status, answers) == (
        200,
        [{"data": {"add": a}}, {"data": {"album": {"id": "1"}}}, {"data": {"addAll": [b, a]}}],
    )


ONE = {"query": ADD, "variables": {"file": None}}
PLACE = {"0": ["variables.file"]}
FILE = part("0", b"x", "x.txt", "text/plain")
OPERATIONS, MAP = part("operations", ONE), part("map", PLACE)
JSON_SCALAR = "query($value: JSON!) { anything(value: $value) }"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        # operations
        (form(MAP, FILE), 400, "UPLOAD_ORDER_INVALID"),
        (form(), 400, "UPLOAD_OPERATIONS_INVALID"),
        (form(part("operations", "{"), MAP, FILE), 400, "UPLOAD_OPERATIONS_INVALID"),
        (form(part("operations", b"\xff"), MAP, FILE), 400, "UPLOAD_OPERATIONS_INVALID"),
        (form(part("operations", "5"), MAP, FILE), 400, "UPLOAD_OPERATIONS_INVALID"),
        (form(part("operations", "[" * 10_000), MAP, FILE), 400, "UPLOAD_OPERATIONS_INVALID"),
        (form(OPERATIONS, OPERATIONS, MAP, FILE), 400, "UPLOAD_ORDER_INVALID"),
        (form(part("operations", {"query": 5, "variables": {"file": None}}), MAP, FILE), 400, "BAD_REQUEST"),
        (form(part("operations", {**ONE, "query": "{"}), MAP, FILE), 400, "GRAPHQL_PARSE_FAILED"),
        (form(part("operations", ONE) + part("map", {})), 400, "BAD_USER_INPUT"),
        # map
        (form(OPERATIONS), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, part("map", "{")), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, part("map", []), FILE), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, part("map", {"0": "variables.file"}), FILE), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, part("map", {"0": [5]}), FILE), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, part("map", {"0": []}), FILE), 400, "UPLOAD_MAP_INVALID"),
        (form(OPERATIONS, MAP, MAP, FILE), 400, "UPLOAD_ORDER_INVALID"),
        # paths
        *(
            (form(OPERATIONS, part("map", {"0": [path]}), FILE), 400, "UPLOAD_PATH_INVALID")
            for path in (
                "variables.other",
                "variables.file.0",
                "variables.file.name",
                "variables",
                "variables.",
                "",
                ".",
                "query",
                "query.0",
                "extensions.file",
                "0.variables.file",
                "variables.__class__",
                "file",
            )
        ),
        *(
            (
                form(part("operations", {**ONE, "variables": {"file": value}}), part("map", {"0": [path]}), FILE),
                400,
                "UPLOAD_PATH_INVALID",
            )
            for value, path in (
                ("text", "variables.file"),
                ({"a": 1}, "variables.file"),
                (False, "variables.file"),
                ([None], "variables.file.1"),
                ([None], "variables.file.-1"),
                ([None], "variables.file.٠"),
                ([None], "variables.file.00000000000000000000000000000000"),
                ([None], "variables.file.x"),
            )
        ),
        (form(part("operations", {"query": ADD}), MAP, FILE), 400, "UPLOAD_PATH_INVALID"),
        (form(OPERATIONS, part("map", {"0": ["variables.file"] * 2}), FILE), 400, "UPLOAD_PATH_INVALID"),
        (
            form(OPERATIONS, part("map", {"0": ["variables.file"], "1": ["variables.file"]}), FILE),
            400,
            "UPLOAD_PATH_INVALID",
        ),
        (form(part("operations", [ONE]), part("map", {"0": ["1.variables.file"]}), FILE), 400, "UPLOAD_PATH_INVALID"),
        (form(part("operations", [ONE]), part("map", {"0": ["x.variables.file"]}), FILE), 400, "UPLOAD_PATH_INVALID"),
        (form(part("operations", [ONE]), MAP, FILE), 400, "UPLOAD_PATH_INVALID"),
        (form(part("operations", [5]), part("map", {"0": ["0.variables.file"]}), FILE), 400, "UPLOAD_PATH_INVALID"),
        (form(part("operations", []), part("map", {})), 400, "BATCH_LIMIT_EXCEEDED"),
        (form(part("operations", [ONE] * 4), part("map", {})), 400, "BATCH_LIMIT_EXCEEDED"),
        # files
        (form(OPERATIONS, MAP), 400, "UPLOAD_FILE_MISSING"),
        (form(OPERATIONS, FILE, MAP), 400, "UPLOAD_ORDER_INVALID"),
        (form(FILE, OPERATIONS, MAP), 400, "UPLOAD_ORDER_INVALID"),
        (form(OPERATIONS, MAP, FILE, part("1", b"y", "y")), 400, "UPLOAD_FILE_UNEXPECTED"),
        (form(OPERATIONS, MAP, FILE, FILE), 400, "UPLOAD_FILE_UNEXPECTED"),
        # limits
        (form(OPERATIONS, part("map", {str(n): ["variables.file"] for n in range(5)})), 413, "UPLOAD_TOO_MANY_FILES"),
        (form(OPERATIONS, MAP, part("0", b"x" * 600_001, "x")), 413, "UPLOAD_FILE_TOO_LARGE"),
        (form(part("operations", {**ONE, "extensions": "x" * 20_000}), MAP, FILE), 413, "PAYLOAD_TOO_LARGE"),
        (form(OPERATIONS, part("map", {"0": ["variables.file"], "1": ["x" * 20_000]})), 413, "PAYLOAD_TOO_LARGE"),
        # the form itself
        (b"", 400, "MULTIPART_MALFORMED"),
        (b"no form", 400, "MULTIPART_MALFORMED"),
        (OPERATIONS + MAP + FILE, 400, "MULTIPART_MALFORMED"),
        (OPERATIONS + MAP + FILE[:-20], 400, "MULTIPART_MALFORMED"),
        (form(b"--" + BOUNDARY.encode() + b"\r\nx-header: 1\r\n\r\nno name\r\n"), 400, "MULTIPART_MALFORMED"),
        (form(part("x" * 5_000, b"")), 400, "MULTIPART_MALFORMED"),
        (
            form(OPERATIONS, MAP, b"--" + BOUNDARY.encode() + b"\r\n" + b"a: b\r\n" * 20 + b"\r\n\r\n"),
            400,
            "MULTIPART_MALFORMED",
        ),
        # what the operation makes of it
        (upload(JSON_SCALAR, {"value": None}, {"0": ["variables.value"]}, [("0", b"x")]), 400, "UPLOAD_NOT_EXPECTED"),
        (
            upload(JSON_SCALAR, {"value": {"a": [None]}}, {"0": ["variables.value.a.0"]}, [("0", b"x")]),
            400,
            "UPLOAD_NOT_EXPECTED",
        ),
        (
            upload("query($id: ID!) { album(id: $id) { id } }", {"id": None}, {"0": ["variables.id"]}, [("0", b"x")]),
            400,
            "BAD_USER_INPUT",
        ),
        (
            upload("{ album(id: 1) { id } }", {"id": None}, {"0": ["variables.id"]}, [("0", b"x")]),
            400,
            "UPLOAD_PATH_INVALID",
        ),
        (
            upload(ADD, {"file": None, "other": None}, {"0": ["variables.file", "variables.other"]}, [("0", b"x")]),
            400,
            "UPLOAD_PATH_INVALID",
        ),
    ],
)
async def test_what_is_refused(router: RunningRouter, tmp_path: Path, body: bytes, status: int, code: str) -> None:
    assert await refusal(router, body) == (status, code)
    assert not any(subgraph.bodies for subgraph in router.subgraphs.values())
    assert not kept(tmp_path)


async def test_all_files_together_are_bounded(router: RunningRouter, tmp_path: Path) -> None:
    query = "mutation($files: [Upload!]!) { addAll(files: $files) }"
    places = {"0": ["variables.files.0"], "1": ["variables.files.1"]}
    files = [("0", b"x" * 505_000), ("1", b"y" * 505_000)]
    body = upload(query, {"files": [None, None]}, places, files)
    assert await refusal(router, body) == (413, "UPLOAD_TOO_LARGE")
    assert not kept(tmp_path)


async def test_more_than_all_may_have_is_refused_unread(router: RunningRouter) -> None:
    assert await refusal(router, upload(ADD, {"file": None}, PLACE, [("0", b"x" * 1_100_000)])) == (
        413,
        "UPLOAD_TOO_LARGE",
    )


async def test_what_comes_after_the_last_part_is_bounded_too(router: RunningRouter, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield form(OPERATIONS, MAP, FILE)
        for _ in range(200):
            yield b"x" * 10_000

    async with router.session.post(f"{router.url}/graphql", data=endless(), headers=FORM) as response:
        assert response.status == 413
    assert not kept(tmp_path)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""']
)
async def test_a_form_without_a_boundary(router: RunningRouter, content_type: str) -> None:
    headers = {"content-type": content_type}
    assert await refusal(router, form(OPERATIONS, MAP, FILE), **headers) == (400, "MULTIPART_MALFORMED")


async def test_names_and_types_cannot_reach_into_the_form_of_the_subgraph(router: RunningRouter) -> None:
    name = "a%22%0D%0Ax: y; filename=%22b.txt"
    body = form(OPERATIONS, MAP, part("0", b"x", name, "text/plain; a=\x01"))
    status, answer = await send(router, body)
    assert status == 200
    assert "x: y" in answer["data"]["add"]
    sent = router.subgraphs["albums"].bodies[-1]
    assert b"\r\nx: y" not in sent
    assert b"content-type: application/octet-stream\r\n" in sent


async def test_a_client_that_leaves_half_way_leaves_nothing(router: RunningRouter, tmp_path: Path) -> None:
    host, _, port = router.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    body = upload(ADD, {"file": None}, PLACE, [("0", LARGE)])
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in FORM.items())
    writer.write(head.encode() + b"\r\n" + body[:-1_000])
    await writer.drain()
    async with asyncio.timeout(10):
        while not kept(tmp_path):
            await asyncio.sleep(0.01)
    writer.close()
    await until_nothing_is_kept(tmp_path)
    assert not router.subgraphs["albums"].bodies


async def test_a_client_that_leaves_while_a_subgraph_is_at_work(router: RunningRouter, tmp_path: Path) -> None:
    subgraph = router.subgraphs["albums"]
    subgraph.fault = "never"
    asked = asyncio.create_task(send(router, upload(ADD, {"file": None}, PLACE, [("0", LARGE)])))
    await subgraph.entered.wait()
    assert kept(tmp_path)
    asked.cancel()
    async with asyncio.timeout(10):
        await subgraph.cancelled.wait()
    await until_nothing_is_kept(tmp_path)


async def test_a_subgraph_that_answers_before_it_has_read(router: RunningRouter, tmp_path: Path) -> None:
    router.subgraphs["albums"].fault = "early"
    status, answer = await send(router, upload(ADD, {"file": None}, PLACE, [("0", LARGE)]))
    assert status == 200
    assert answer["errors"][0]["extensions"] == {"code": "SUBREQUEST_HTTP_ERROR", "service": "albums"}
    assert not kept(tmp_path)


async def test_only_so_many_at_once(router: RunningRouter, tmp_path: Path) -> None:
    subgraph = router.subgraphs["albums"]
    subgraph.fault = "never"
    body = upload(ADD, {"file": None}, PLACE, [("0", b"x")])
    asked = [asyncio.create_task(send(router, body)) for _ in range(3)]
    async with asyncio.timeout(10):
        while len(router.server.state.uploads) < 3:
            await asyncio.sleep(0.01)
    assert await refusal(router, body) == (429, "TOO_MANY_UPLOADS")
    for task in asked:
        task.cancel()
    async with asyncio.timeout(10):
        while len(router.server.state.uploads):
            await asyncio.sleep(0.01)


class Dropping(HttpSubgraph):
    """Hangs up on every file that it is sent."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "multipart/form-data":
            return await super()._handle(request)
        self.bodies.append(await request.read())
        assert request.transport is not None
        request.transport.close()
        return web.Response()


DROPPING = """
scalar Upload
type Query { read(file: Upload): Int }
type Mutation { write(file: Upload): Int }
type Subscription { watch(file: Upload): Int }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def dropping(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningRouter]:
    subgraph = Dropping(TestSubgraph("dropping", LINK + DROPPING, {}, lambda *_: None))
    async with running([subgraph], tmp_path_factory.mktemp("dropping")) as router:
        yield router


@pytest.mark.parametrize(("field", "times"), [("query($f: Upload) { read", 2), ("mutation($f: Upload) { write", 1)])
async def test_a_mutation_is_not_repeated(dropping: RunningRouter, field: str, times: int) -> None:
    dropping.subgraphs["dropping"].reset()
    body = upload(f"{field}(file: $f) }}", {"f": None}, {"0": ["variables.f"]}, [("0", LARGE)])
    _, answer = await send(dropping, body)
    assert answer["errors"][0]["extensions"]["code"] == "SUBREQUEST_HTTP_ERROR"
    sent = dropping.subgraphs["dropping"].bodies
    assert [LARGE in body for body in sent] == [True] * times


async def test_a_subscription_takes_no_files(dropping: RunningRouter) -> None:
    body = upload("subscription($f: Upload) { watch(file: $f) }", {"f": None}, {"0": ["variables.f"]}, [("0", b"x")])
    refused = await refusal(dropping, body, accept="text/event-stream")
    assert refused == (400, "UPLOAD_NOT_SUPPORTED")


async def test_a_mutation_with_files_may_be_answered_by_a_stream(router: RunningRouter) -> None:
    body = upload(ADD, {"file": None}, PLACE, [("0", LARGE)])
    headers = {**FORM, "accept": "text/event-stream"}
    async with router.session.post(f"{router.url}/graphql", data=body, headers=headers) as response:
        assert described("0", LARGE) in await response.text()


async def test_a_part_that_comes_later_has_its_files_still(router: RunningRouter, tmp_path: Path) -> None:
    query = "query($file: Upload!) { album(id: 1) { id ... @defer { stamp(file: $file) } } }"
    body = upload(query, {"file": None}, PLACE, [("0", LARGE)])
    headers = {**FORM, "accept": "multipart/mixed"}
    async with router.session.post(f"{router.url}/graphql", data=body, headers=headers) as response:
        assert response.content_type == "multipart/mixed"
        assert f"1 {described('0', LARGE)}" in await response.text()
    await until_nothing_is_kept(tmp_path)


async def test_where_files_cannot_be_kept(
    router: RunningRouter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert await refusal(router, upload(ADD, {"file": None}, PLACE, [("0", LARGE)])) == (503, "UPLOAD_NOT_KEPT")
    small = upload(ADD, {"file": None}, PLACE, [("0", b"x")])
    assert await send(router, small) == (200, {"data": {"add": described("0", b"x")}})


async def test_none_are_taken_without_a_scalar_for_them_or_if_they_are_off(tmp_path: Path) -> None:
    body = upload(ADD, {"file": None}, PLACE, [("0", b"x")])
    async with running([HttpSubgraph(shop()[0])], tmp_path) as router:
        assert await refusal(router, body) == (415, "BAD_REQUEST")
    async with running([albums()], tmp_path, router_upload_files=0) as router:
        assert await refusal(router, body) == (415, "BAD_REQUEST")


async def test_a_batch_is_refused_where_there_are_none(tmp_path: Path) -> None:
    body = upload([ONE], None, {"0": ["0.variables.file"]}, [("0", b"x")])
    async with running([albums()], tmp_path) as router:
        assert await refusal(router, body) == (400, "BATCHING_NOT_SUPPORTED")


async def test_a_client_that_takes_too_long(tmp_path: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield OPERATIONS + MAP + FILE[:-5]
        await asyncio.sleep(5)

    async with (
        running([albums()], tmp_path, router_upload_timeout=0.2) as router,
        router.session.post(f"{router.url}/graphql", data=slow(), headers=FORM) as response,
    ):
        assert response.status == 408
        assert (await response.json())["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"
