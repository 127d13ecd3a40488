"""A supergraph at an address: asked for with validators, waited for, and never believed blindly."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from router.settings import RouterSettings
from tests.support.ports import free_port

from ..registry import registry
from ..serving import BROKEN, EARLIER, LATER, serving, supergraph, until


async def test_what_the_address_has_is_served_and_asked_for_again_only_if_it_changed() -> None:
    async with registry(supergraph(EARLIER)) as there, serving(supergraph=there.url) as router:
        await until(lambda: router.fields == {"greeting"})
        await until(lambda: there.statuses[-2:] == [304, 304])
        assert there.statuses.count(200) == 1
        assert "if-none-match" not in there.headers[0]
        assert there.headers[-1]["if-modified-since"] == "Fri, 20 Nov 2026 00:00:00 GMT"
        first = router.standing.id
        there.text = supergraph(LATER)
        await until(lambda: "later" in router.fields)
        assert there.statuses.count(200) == 2
        assert router.standing.id != first
        there.text = supergraph(EARLIER)
        await until(lambda: "later" not in router.fields)
        assert router.standing.id == first


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("unavailable", "answered with status 503"),
        ("page", "answered with text/html"),
        ("large", "has more than 50000 bytes"),
        ("binary", "not text in UTF-8"),
        ("unasked-304", "answered with status 304"),
        ("close", "could not be reached: ServerDisconnectedError"),
    ],
)
async def test_an_address_that_fails_is_waited_for_while_health_says_why(fault: str, reason: str) -> None:
    await check_failing(fault, reason)


async def test_one_that_does_not_answer_too() -> None:
    await check_failing("never", "did not answer in time", router_timeout=0.5)


async def check_failing(fault: str, reason: str, **limits: float) -> None:
    async with registry(supergraph(EARLIER)) as there:
        there.fault = fault
        async with serving(supergraph=there.url, router_response_limit=50_000, **limits) as router:
            await until(lambda: router.standing.unavailable)
            status, health = await router.health()
            assert status == 503
            assert health["status"] == "waiting"
            assert reason in health["reason"]
            assert "secret" not in json.dumps(health)
            there.fault = ""
            await until(lambda: router.fields == {"greeting"})
            assert await router.health() == (200, {"status": "ready"})


async def test_a_refused_connection_is_waited_for() -> None:
    async with serving(supergraph=f"http://127.0.0.1:{free_port()}/x") as router:
        await until(lambda: router.standing.unavailable)
        assert "ClientConnectorError" in (await router.health())[1]["reason"]


@pytest.mark.parametrize("fault", ["unavailable", "page", "binary", "close"])
async def test_an_outage_leaves_the_last_supergraph_in_force(fault: str) -> None:
    async with registry(supergraph(EARLIER)) as there, serving(supergraph=there.url) as router:
        await until(lambda: router.fields)
        there.fault = fault
        await until(lambda: router.standing.unavailable)
        assert router.fields == {"greeting"}
        assert await router.health() == (
            200,
            {"status": "ready", "supergraph": "its source is unavailable, see the log"},
        )
        there.fault, there.text = "", supergraph(LATER)
        await until(lambda: "later" in router.fields)
        assert await router.health() == (200, {"status": "ready"})


async def test_what_is_no_supergraph_is_refused_and_not_asked_for_again() -> None:
    async with registry(BROKEN) as there, serving(supergraph=there.url) as router:
        await until(lambda: router.standing.refused)
        assert await router.health() == (
            503,
            {"status": "waiting", "reason": "the supergraph is refused, see the log"},
        )
        there.text = supergraph(EARLIER)
        await until(lambda: router.fields)
        there.text = BROKEN
        await until(lambda: router.standing.refused)
        await until(lambda: there.statuses[-2:] == [304, 304])
        assert router.fields == {"greeting"}
        served = router.server.state.documents
        there.text = supergraph(EARLIER)
        await until(lambda: router.standing.refused is None)
        assert router.server.state.documents is served


async def test_the_headers_go_to_the_address_alone_and_into_no_log() -> None:
    headers = json.dumps({"x-key": "opensesame"})
    async with registry(supergraph(EARLIER)) as other, registry("") as there:
        there.fault, there.location = "redirect", other.url
        with structlog.testing.capture_logs() as logs:
            async with serving(supergraph=there.url, router_supergraph_headers=headers) as router:
                await until(lambda: router.fields)
                there.fault = "unavailable"
                await until(lambda: router.standing.unavailable)
                assert "opensesame" not in repr(router.server.state.settings)
    assert there.headers[0]["x-key"] == "opensesame"
    assert all("x-key" not in sent for sent in other.headers)
    assert other.headers
    assert [entry for entry in logs if entry["event"] == "supergraph.unavailable"]
    assert "opensesame" not in str(logs)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/supergraph?N", "redirects too often"),
        ("", "redirects to where it is not followed"),
        ("ftp://127.0.0.1/x", "redirects to where it is not followed"),
        ("http://127.0.0.1:99999999/", "redirects to nowhere"),
    ],
)
async def test_redirects_are_bounded(location: str, reason: str) -> None:
    async with registry("") as there:
        there.fault, there.location = "redirect", location
        async with serving(supergraph=there.url) as router:
            await until(lambda: router.standing.unavailable)
            assert reason in (router.standing.unavailable or "")


@pytest.mark.parametrize("headers", ["x", "[]", '{"a": 1}', '{"a b": "x"}', '{"a": "x\\r\\nb: y"}'])
def test_headers_that_are_none_are_refused_without_being_repeated(headers: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RouterSettings(router_supergraph_headers=headers + " opensesame" if headers == "x" else headers)
    assert "opensesame" not in str(refused.value)


def test_a_setting_is_a_file_or_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, is_file in (("x/s.graphql", True), ("https://user:pw@x/s", False), ("HTTP://x", False)):
        monkeypatch.setenv("TRELLIS_SUPERGRAPH", text)
        assert isinstance(RouterSettings().supergraph, Path) is is_file
    monkeypatch.setenv("TRELLIS_SUPERGRAPH", "https://user:opensesame@:x")
    with pytest.raises(ValidationError) as refused:
        RouterSettings()
    assert "opensesame" not in str(refused.value)


async def test_a_signal_is_a_look_at_once() -> None:
    async with (
        registry(supergraph(EARLIER)) as there,
        serving(supergraph=there.url, router_reload_interval=0) as router,
    ):
        await until(lambda: router.fields)
        there.text = supergraph(LATER)
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: "later" in router.fields)
        assert there.statuses == [200, 200]
