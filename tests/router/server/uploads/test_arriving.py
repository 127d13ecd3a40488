"""Files arrive where the operation puts them, once, and nothing else of the form does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...running import RunningRouter
from .forms import (
    ADD,
    FORM,
    LARGE,
    MAP,
    OPERATIONS,
    PLACE,
    described,
    form,
    kept,
    part,
    send,
    until_nothing_is_kept,
    upload,
)

# Strawberry's own controller, written for Litestar 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*Inferred dependency field")


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


async def test_names_and_types_cannot_reach_into_the_form_of_the_subgraph(router: RunningRouter) -> None:
    name = "a%22%0D%0Ax: y; filename=%22b.txt"
    body = form(OPERATIONS, MAP, part("0", b"x", name, "text/plain; a=\x01"))
    status, answer = await send(router, body)
    assert status == 200
    assert "x: y" in answer["data"]["add"]
    sent = router.subgraphs["albums"].bodies[-1]
    assert b"\r\nx: y" not in sent
    assert b"content-type: application/octet-stream\r\n" in sent


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
