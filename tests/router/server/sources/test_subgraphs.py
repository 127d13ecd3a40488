"""Subgraphs that the router composes: each change of theirs is served, if it composes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from ...federation import LINK, TestSubgraph
from ...http_subgraph import HttpSubgraph
from ..serving import BROKEN, EARLIER, LATER, Serving, serving, until

THINGS = LINK + "type Query { things: Int }"


def subgraph(name: str, sdl: str) -> TestSubgraph:
    return TestSubgraph(name, sdl, {}, lambda *_: None)


def write(path: Path, *listed: HttpSubgraph, **sdls: str) -> None:
    """A list of subgraphs to ask, and of others by their SDL."""
    entries: list[dict[str, Any]] = [{"name": one.subgraph.name, "url": one.url} for one in listed]
    entries += [{"name": name, "url": "http://127.0.0.1:9", "sdl": sdl} for name, sdl in sdls.items()]
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(entries), encoding="utf-8")
    beside.replace(path)


@pytest.fixture
async def greeter() -> AsyncIterator[HttpSubgraph]:
    started = HttpSubgraph(subgraph("greeter", EARLIER))
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def path(tmp_path: Path, greeter: HttpSubgraph) -> Path:
    path = tmp_path / "subgraphs.json"
    write(path, greeter, things=THINGS)
    return path


@pytest.fixture
async def router(path: Path) -> AsyncIterator[Serving]:
    async with serving(subgraphs=path) as router:
        await until(lambda: router.fields == {"greeting", "things"})
        yield router


async def some_looks(greeter: HttpSubgraph) -> None:
    asked = greeter.asked_for_sdl
    await until(lambda: greeter.asked_for_sdl >= asked + 3)


async def test_a_subgraph_that_changes_is_composed_again(router: Serving, greeter: HttpSubgraph) -> None:
    served = router.server.state.documents
    await some_looks(greeter)
    assert router.server.state.documents is served
    greeter.subgraph = subgraph("greeter", LATER)
    await until(lambda: router.fields == {"greeting", "things", "later"})


async def test_what_does_not_compose_leaves_what_is_in_force(router: Serving, greeter: HttpSubgraph) -> None:
    served = router.server.state.documents
    with structlog.testing.capture_logs() as logs:
        greeter.subgraph = subgraph("greeter", LINK + "type Query { greeting: String! things: String }")
        await until(lambda: router.standing.refused)
        await some_looks(greeter)
    refused = [entry for entry in logs if entry["event"] == "supergraph.refused"]
    assert [entry["code"] for entry in refused] == ["FIELD_TYPE_MISMATCH", "INVALID_FIELD_SHARING"]
    assert router.server.state.documents is served
    assert (await router.health())[1] == {"status": "ready", "supergraph": "the newest one is refused, see the log"}
    greeter.subgraph = subgraph("greeter", EARLIER)
    await until(lambda: router.standing.refused is None)
    assert router.server.state.documents is served


async def test_a_subgraph_that_does_not_answer_keeps_its_sdl(
    router: Serving, greeter: HttpSubgraph, path: Path
) -> None:
    greeter.sdl_fault = True
    await some_looks(greeter)
    assert await router.health() == (200, {"status": "ready"})
    write(path, greeter, things=LINK + "type Query { things: Int others: Int }")
    await until(lambda: router.fields == {"greeting", "things", "others"})


async def test_the_list_is_watched(router: Serving, greeter: HttpSubgraph, path: Path) -> None:
    write(path, greeter)
    await until(lambda: router.fields == {"greeting"})
    path.write_text("[", encoding="utf-8")
    await until(lambda: router.standing.unavailable)
    assert router.fields == {"greeting"}
    write(path, greeter, things=THINGS)
    await until(lambda: router.fields == {"greeting", "things"})
    assert await router.health() == (200, {"status": "ready"})


async def test_a_subgraph_that_joins_is_waited_for(router: Serving, greeter: HttpSubgraph, path: Path) -> None:
    joins = HttpSubgraph(subgraph("joins", LINK + "type Query { joined: Int }"))
    await joins.start()
    joins.sdl_fault = True
    write(path, greeter, joins)
    await until(lambda: router.standing.unavailable)
    assert router.standing.unavailable == "waiting for subgraphs: joins"
    assert router.fields == {"greeting", "things"}
    joins.sdl_fault = False
    await until(lambda: router.fields == {"greeting", "joined"})
    await joins.stop()


async def test_a_signal_is_a_look_at_once(path: Path, greeter: HttpSubgraph) -> None:
    async with serving(subgraphs=path, router_reload_interval=0) as router:
        await until(lambda: router.fields)
        greeter.subgraph = subgraph("greeter", LATER)
        await asyncio.sleep(0.1)
        assert greeter.asked_for_sdl == 1
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: "later" in router.fields)


async def test_what_is_asked_over_and_over_is_in_no_trace(path: Path, greeter: HttpSubgraph, router: Serving) -> None:
    await some_looks(greeter)
    assert greeter.sdl_headers["traceparent"].endswith("-00")


async def test_broken_sdl_is_refused(router: Serving, greeter: HttpSubgraph, path: Path) -> None:
    write(path, greeter, things=BROKEN)
    await until(lambda: router.standing.refused)
    assert router.fields == {"greeting", "things"}
