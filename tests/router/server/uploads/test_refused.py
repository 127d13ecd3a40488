"""What is no form with files, has too many of them, or comes where none are taken."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ...http_subgraph import HttpSubgraph
from ...running import RunningRouter, running
from ...shop import shop
from ...uploading import albums
from .forms import (
    ADD,
    BOUNDARY,
    FILE,
    FORM,
    LARGE,
    MAP,
    ONE,
    OPERATIONS,
    PLACE,
    described,
    form,
    kept,
    part,
    refusal,
    send,
    upload,
)

# Strawberry's own controller, written for Litestar 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*Inferred dependency field")

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


async def test_a_subscription_takes_no_files(dropping: RunningRouter) -> None:
    body = upload("subscription($f: Upload) { watch(file: $f) }", {"f": None}, {"0": ["variables.f"]}, [("0", b"x")])
    refused = await refusal(dropping, body, accept="text/event-stream")
    assert refused == (400, "UPLOAD_NOT_SUPPORTED")


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


async def test_only_so_many_at_once(router: RunningRouter, tmp_path: Path) -> None:
    subgraph = router.subgraphs["albums"]
    subgraph.fault = "never"
    body = upload(ADD, {"file": None}, PLACE, [("0", b"x")])
    asked = [asyncio.create_task(send(router, body)) for _ in range(3)]
    async with asyncio.timeout(30):
        while len(router.server.state.uploads) < 3:
            await asyncio.sleep(0.01)
    assert await refusal(router, body) == (429, "TOO_MANY_UPLOADS")
    for task in asked:
        task.cancel()
    async with asyncio.timeout(30):
        while len(router.server.state.uploads):
            await asyncio.sleep(0.01)


async def test_a_client_that_takes_too_long(tmp_path: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield OPERATIONS + MAP + FILE[:-5]
        await asyncio.Event().wait()

    async with (
        running([albums()], tmp_path, router_upload_timeout=0.2) as router,
        router.session.post(f"{router.url}/graphql", data=slow(), headers=FORM) as response,
    ):
        assert response.status == 408
        assert (await response.json())["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"
