"""Documents are named by their hash, by clients that brought them before or by a manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.errors import GatewayError
from router.gateway.persisted_documents import ManifestError, PersistedDocuments, read_manifest, size_of

from ..running import RunningRouter

QUERY = "{ me { email } }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(name: str, version: int = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": name}}


async def run(stage: PersistedDocuments, query: str = "", **request: Any) -> str:
    """The document that the stage leaves, or the code of its refusal."""
    context = RequestContext("POST", {}, request=GraphQLRequest(query, **request))
    try:
        await stage(context)
    except GatewayError as error:
        return error.code
    return context.asked.query


async def test_a_document_is_sent_once() -> None:
    stage = PersistedDocuments({}, 1_000, only_trusted=False)
    named = persisted(sha256(QUERY))
    assert await run(stage, extensions=named) == "PERSISTED_QUERY_NOT_FOUND"
    assert await run(stage, QUERY, extensions=named) == QUERY
    assert await run(stage, extensions=named) == QUERY


async def test_what_is_least_used_makes_room() -> None:
    queries = [f"{{ field{number} }}" for number in range(10)]
    stage = PersistedDocuments({}, 3 * size_of(queries[0]), only_trusted=False)
    for query in queries:
        await run(stage, query, extensions=persisted(sha256(query)))
    known = [query for query in queries if await run(stage, extensions=persisted(sha256(query))) == query]
    assert known == queries[-3:]


@pytest.mark.parametrize(
    ("query", "extensions", "code"),
    [
        (QUERY, persisted(sha256("{ other }")), "PERSISTED_QUERY_HASH_MISMATCH"),
        ("", persisted(sha256(QUERY), version=2), "PERSISTED_QUERY_NOT_SUPPORTED"),
        ("", {"persistedQuery": "x"}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ("", persisted("x"), "BAD_REQUEST"),
        ("", persisted(sha256(QUERY).upper()), "BAD_REQUEST"),
        ("", {}, "BAD_REQUEST"),
    ],
)
async def test_what_names_nothing(query: str, extensions: dict[str, Any], code: str) -> None:
    assert await run(PersistedDocuments({}, 1_000, only_trusted=False), query, extensions=extensions) == code


async def test_a_manifest_names_documents_by_either_way() -> None:
    stage = PersistedDocuments({sha256(QUERY): QUERY}, 0, only_trusted=True)
    assert await run(stage, document_id=sha256(QUERY)) == QUERY
    assert await run(stage, document_id="sha256:" + sha256(QUERY)) == QUERY
    assert await run(stage, extensions=persisted(sha256(QUERY))) == QUERY
    assert await run(stage, QUERY) == QUERY
    assert await run(stage, "{ other }") == "TRUSTED_DOCUMENTS_ONLY"
    assert await run(stage, "{ other }", extensions=persisted(sha256("{ other }"))) == "TRUSTED_DOCUMENTS_ONLY"
    assert await run(stage, document_id=sha256("{ other }")) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_manifest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps({f"sha256:{sha256(QUERY)}": QUERY}))
    assert read_manifest(path) == {sha256(QUERY): QUERY}
    path.write_text("[]")
    with pytest.raises(ManifestError):
        read_manifest(path)
    with pytest.raises(ManifestError):
        read_manifest(tmp_path / "missing.json")


async def test_over_http_by_post_and_get(router: RunningRouter) -> None:
    extensions = persisted(sha256(QUERY))
    url = f"{router.url}/graphql"
    parameters = {"extensions": json.dumps(extensions)}
    async with router.session.get(url, params=parameters) as response:
        assert (await response.json())["errors"][0]["message"] == "PersistedQueryNotFound"
    brought = await router.post(QUERY, extensions=extensions)
    assert "errors" not in brought
    async with router.session.get(url, params=parameters) as response:
        assert await response.json() == brought
    async with router.session.post(url, json={"extensions": extensions}) as response:
        assert await response.json() == brought
