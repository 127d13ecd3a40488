"""Clients and subgraphs that break off: no file stays behind, and no mutation is sent again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ...running import RunningRouter
from .forms import ADD, FORM, LARGE, PLACE, kept, send, until_nothing_is_kept, upload

# Strawberry's own controller, written for Litestar 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*Inferred dependency field")


async def test_a_client_that_leaves_half_way_leaves_nothing(router: RunningRouter, tmp_path: Path) -> None:
    host, _, port = router.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    body = upload(ADD, {"file": None}, PLACE, [("0", LARGE)])
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in FORM.items())
    writer.write(head.encode() + b"\r\n" + body[:-1_000])
    await writer.drain()
    async with asyncio.timeout(30):
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
    async with asyncio.timeout(30):
        await subgraph.cancelled.wait()
    await until_nothing_is_kept(tmp_path)


async def test_a_subgraph_that_answers_before_it_has_read(router: RunningRouter, tmp_path: Path) -> None:
    router.subgraphs["albums"].fault = "early"
    status, answer = await send(router, upload(ADD, {"file": None}, PLACE, [("0", LARGE)]))
    assert status == 200
    assert answer["errors"][0]["extensions"] == {"code": "SUBREQUEST_HTTP_ERROR", "service": "albums"}
    await until_nothing_is_kept(tmp_path)


@pytest.mark.parametrize(("field", "times"), [("query($f: Upload) { read", 2), ("mutation($f: Upload) { write", 1)])
async def test_a_mutation_is_not_repeated(dropping: RunningRouter, field: str, times: int) -> None:
    dropping.subgraphs["dropping"].reset()
    body = upload(f"{field}(file: $f) }}", {"f": None}, {"0": ["variables.f"]}, [("0", LARGE)])
    _, answer = await send(dropping, body)
    assert answer["errors"][0]["extensions"]["code"] == "SUBREQUEST_HTTP_ERROR"
    sent = dropping.subgraphs["dropping"].bodies
    assert [LARGE in body for body in sent] == [True] * times
