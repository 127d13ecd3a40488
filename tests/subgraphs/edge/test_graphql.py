"""What a well-signed request gets: data, userErrors, or an error with a code and nothing else."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from subgraphs.edge.schema import build_schema
from tests.subgraphs.edge.conftest import BATCHES, COUNTED, TOY
from tests.support.subgraph_client import SubgraphClient


def codes(answer: dict) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


async def test_data_is_answered(client: SubgraphClient):
    assert await client.query("query($n: Int!) { hello(times: $n) }", {"n": 2}) == {"data": {"hello": "hellohello"}}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ hello(times: "two") }', "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { hello(times: $n) }", "BAD_USER_INPUT"),
        ("query($n: Int) { hello(times: $n) }", "BAD_USER_INPUT"),
        ("{ refused }", "BAD_USER_INPUT"),
        ("{ numbers(first: 1000) { totalCount } }", "BAD_USER_INPUT"),
        ("{ broken }", "INTERNAL_SERVER_ERROR"),
        ("{ unstorable }", "BAD_USER_INPUT"),
        ("{ tooBig }", "INTERNAL_SERVER_ERROR"),
        ("subscription { ticks }", "BAD_REQUEST"),
        ("", "BAD_REQUEST"),
        ("fragment F on Query { hello }", "BAD_REQUEST"),
        ("{ " + "hello " * 30_000 + "}", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_each_mistake_has_its_code(client: SubgraphClient, document: str, code: str):
    variables = {"n": None} if "$n: Int)" in document else None
    assert codes(await client.query(document, variables)) == [code]


async def test_details_and_path_tell_what_was_refused(client: SubgraphClient):
    (error,) = (await client.query("{ refused }"))["errors"]
    assert error["path"] == ["refused"]
    assert error["message"] == "Not like this."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "details": {"limit": 3}}


async def test_what_nobody_expected_is_hidden_and_the_rest_is_answered(client: SubgraphClient):
    answer = await client.query("{ broken unstorable hello }")
    assert answer["data"] == {"broken": None, "unstorable": None, "hello": "hello"}
    text = json.dumps(answer)
    assert "hunter2" not in text
    assert "secret_table" not in text
    assert "Error" not in text
    assert "Traceback" not in text


async def test_without_a_token_nobody_is_known(stranger: SubgraphClient):
    assert codes(await stranger.query("{ email }")) == ["UNAUTHENTICATED"]


async def test_an_owner_passes_every_role_check(client: SubgraphClient):
    assert (await client.data("{ audit }"))["audit"]


async def test_references_are_loaded_in_one_batch(client: SubgraphClient):
    BATCHES.clear()
    ids = [str(UUID(int=n)) for n in (7, 0, 8)]
    representations = [{"__typename": "Thing", "id": id} for id in [*ids, "no id at all"]]
    data = await client.data(
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }", {"r": representations}
    )
    assert data["_entities"] == [{"id": ids[0]}, None, {"id": ids[2]}, None]
    assert BATCHES == [3]


async def test_user_errors_are_data(client: SubgraphClient):
    document = "mutation($i: String!) { make(input: $i) { thing { id } userErrors { code message field } } }"
    assert (await client.data(document, {"i": "good"}))["make"] == {"thing": {"id": "good"}, "userErrors": []}
    assert (await client.data(document, {"i": "bad"}))["make"] == {
        "thing": None,
        "userErrors": [{"code": "BAD_THING", "message": "No such thing can be made.", "field": ["name"]}],
    }


async def test_a_connection_counts_only_when_asked(client: SubgraphClient):
    COUNTED.clear()
    page = "edges { cursor node { value } } pageInfo { hasNextPage endCursor }"
    numbers = (await client.data(f"{{ numbers(first: 2) {{ {page} }} }}"))["numbers"]
    assert [edge["node"]["value"] for edge in numbers["edges"]] == [0, 1]
    assert numbers["pageInfo"] == {"hasNextPage": True, "endCursor": "c1"}
    assert COUNTED == []
    assert (await client.data("{ numbers { totalCount } }"))["numbers"]["totalCount"] == 5
    assert COUNTED == [5]


def test_the_sdl_has_value_types_that_compose():
    sdl = build_schema(TOY).as_str()
    assert "federation/v2.11" in sdl
    for line in ("type Money @shareable {", "type PageInfo @shareable {", "type UserError @shareable {"):
        assert line in sdl
    assert 'type Thing @key(fields: "id") {' in sdl
    assert "type NumberConnection {" in sdl
    assert "type NumberEdge {" in sdl
