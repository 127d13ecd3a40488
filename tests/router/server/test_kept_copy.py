"""A router that restarts while its source is away serves what it served last."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.server.kept_copy import KeptCopy
from router.server.serve import RouterConfigurationError

from .registry import registry
from .serving import BROKEN, EARLIER, LATER, serving, supergraph, until


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.graphql"


async def test_an_outage_outlasts_a_restart(kept: Path) -> None:
    async with registry(supergraph(EARLIER)) as there:
        async with serving(supergraph=there.url, router_supergraph_cache=kept) as router:
            await until(kept.exists)
            served = router.standing.id
        there.fault = "unavailable"
        async with serving(supergraph=there.url, router_supergraph_cache=kept) as router:
            await until(lambda: router.fields)
            assert router.standing.id == served
            assert await router.health() == (
                200,
                {"status": "ready", "supergraph": "the one of an earlier run, its source is unavailable"},
            )
            documents = router.server.state.documents
            there.fault = ""
            await until(lambda: not router.standing.is_copy)
            assert router.server.state.documents is documents
            assert await router.health() == (200, {"status": "ready"})
            there.text = supergraph(LATER)
            await until(lambda: "later" in router.fields)
            await until(lambda: "later" in kept.read_text(encoding="utf-8"))


async def test_what_is_refused_is_not_kept_and_replaced_by_what_is(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(BROKEN, encoding="utf-8")
    kept.write_text(supergraph(EARLIER), encoding="utf-8")
    async with serving(supergraph=path, router_supergraph_cache=kept) as router:
        await until(lambda: router.fields == {"greeting"})
        assert router.standing.refused
        assert kept.read_text(encoding="utf-8") == supergraph(EARLIER)


@pytest.mark.parametrize("text", [BROKEN, "\x00", ""])
async def test_a_copy_that_is_no_supergraph_is_no_help_and_no_harm(kept: Path, text: str) -> None:
    kept.write_text(text, encoding="utf-8")
    async with registry(supergraph(EARLIER)) as there:
        there.fault = "unavailable"
        async with serving(supergraph=there.url, router_supergraph_cache=kept) as router:
            await until(lambda: router.standing.unavailable)
            assert (await router.health())[0] == 503
            there.fault = ""
            await until(lambda: router.fields == {"greeting"})


async def test_without_a_copy_a_file_that_cannot_be_served_ends_the_process(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(RouterConfigurationError, match="cannot be served"):
        async with serving(supergraph=tmp_path / "nothing.graphql", router_supergraph_cache=kept):
            pass


async def test_a_disk_that_fails_costs_the_copy_alone(tmp_path: Path) -> None:
    copy = KeptCopy(tmp_path / "no folder" / "kept.graphql")
    await copy.write("x")
    assert await copy.read() is None
    folder = KeptCopy(tmp_path)
    await folder.write("x")
    assert await folder.read() is None
    assert list(tmp_path.iterdir()) == []
