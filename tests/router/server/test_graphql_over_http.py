"""The conformance list of GraphQL over HTTP, an item a test by its published id, and the status of what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientResponse

from ..running import RunningRouter

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
REFUSED = range(400, 500)
FAILED = range(400, 600)
BAD = range(400, 401)
OK = range(200, 201)
NAME = {"query": "{ __typename }"}
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
COERCION = {"query": "query Coerce($id: ID!) { __typename }", "variables": {"id": None}}


@dataclass(frozen=True)
class Item:
    """A request, and what the list expects of the answer."""

    id: str
    sent: dict[str, Any] | str | None = field(default_factory=lambda: NAME)
    accept: str | None = None
    content_type: str | None = JSON
    by_get: bool = False
    status: range = OK
    answers: str | None = None
    without: str | None = None


def items() -> Iterator[Item]:
    yield from media_types()
    yield from parameters()
    yield from failures()


def media_types() -> Iterator[Item]:
    yield Item("22EB", accept=GRAPHQL, answers=GRAPHQL)
    yield Item("4655", accept=JSON, answers=JSON)
    yield Item("47DE", accept="*/*", answers=JSON)
    yield Item("80D8", answers=JSON)
    yield Item("82A3")
    yield Item("BF61", {"query": '{ __type(name: "Läuft🏃") { name } }'}, content_type=f"{JSON}; charset=utf-8")
    yield Item("78D5")
    yield Item("2C94")
    yield Item("5A70", by_get=True)
    yield Item("9C48", {"query": "mutation { __typename }"}, accept=GRAPHQL, by_get=True, status=REFUSED)
    yield Item("9ABE", content_type=None, status=REFUSED)
    yield Item("03D4")


def parameters() -> Iterator[Item]:
    yield Item("A5BF", None, status=BAD)
    yield Item("423L", {"notquery": "{ __typename }"}, accept=GRAPHQL, status=BAD)
    for place, wrong in enumerate([{"obj": "ect"}, 0, False, ["array"]]):
        yield Item(f"LKJ{place}", {"query": wrong}, status=BAD)
        yield Item(f"6C0{place}", {**NAME, "operationName": wrong}, status=BAD)
    for place, wrong in enumerate(["string", 0, False, ["array"]]):
        yield Item(f"476{place}", {**NAME, "variables": wrong}, status=BAD)
        yield Item(f"58B{place}", {**NAME, "extensions": wrong}, status=BAD)
    named = {"query": "query Query { __typename }", "operationName": "Query"}
    variables = {"query": TYPE, "variables": {"name": "sometype"}}
    extensions = {**NAME, "extensions": {"some": "value"}}
    yield Item("34A2", accept=GRAPHQL)
    yield Item("13EE", accept=JSON, without="errors")
    yield Item("8161", named, accept=GRAPHQL)
    yield Item("B8B3", named, accept=JSON, without="errors")
    for place, parameter in enumerate(["variables", "operationName", "extensions"]):
        yield Item(f"94B{place}", {**NAME, parameter: None}, accept=GRAPHQL, without="errors")
        yield Item(f"022{place}", {**NAME, parameter: None}, accept=JSON, without="errors")
    yield Item("2EA1", variables, accept=GRAPHQL)
    yield Item("28B9", variables, accept=JSON, without="errors")
    yield Item("D6D5", variables, accept=GRAPHQL, by_get=True, without="errors")
    yield Item("6A70", variables, accept=JSON, by_get=True, without="errors")
    yield Item("428F", extensions, accept=GRAPHQL)
    yield Item("1B7A", extensions, accept=JSON, without="errors")


def failures() -> Iterator[Item]:
    half, unparsed = '{ "half', {"query": "{"}
    invalid, misspelt = {"query": "{ noSuchField5f1c }"}, {"qeury": "{ __typename }"}
    yield Item("B6DC", half, accept=JSON, status=FAILED)
    yield Item("BCF8", half, accept=JSON, status=BAD)
    yield Item("B7N8", half, accept=GRAPHQL, status=BAD)
    yield Item("8764", misspelt, status=FAILED)
    yield Item("3E3A", misspelt, status=BAD)
    yield Item("572B", unparsed, accept=JSON)
    yield Item("FDE2", invalid, accept=JSON)
    yield Item("7B9B", COERCION, accept=JSON)
    yield Item("865D", unparsed, accept=GRAPHQL, status=FAILED)
    yield Item("556A", unparsed, accept=GRAPHQL, status=BAD)
    yield Item("D586", unparsed, accept=GRAPHQL, status=BAD, without="data")
    yield Item("51FE", invalid, accept=GRAPHQL, status=FAILED)
    yield Item("74FF", invalid, accept=GRAPHQL, status=BAD)
    yield Item("5E5B", invalid, accept=GRAPHQL, status=BAD, without="data")
    yield Item("86EE", COERCION, accept=GRAPHQL, status=BAD)


async def ask(router: RunningRouter, item: Item) -> tuple[ClientResponse, bytes]:
    offered = {"accept": item.accept, "content-type": None if item.by_get else item.content_type}
    headers = {name: value for name, value in offered.items() if value is not None}
    sent, url = item.sent, f"{router.url}/graphql"
    if item.by_get:
        assert isinstance(sent, dict)
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}
        asked = router.session.get(url, params=params, headers=headers)
    else:
        body = json.dumps(sent) if isinstance(sent, dict) else sent
        data = body.encode() if body is not None else None
        asked = router.session.post(url, data=data, headers=headers, skip_auto_headers=["content-type"])
    async with asked as response:
        return response, await response.read()


def test_the_list_is_whole() -> None:
    assert len({item.id for item in items()}) == len(list(items())) == 61


@pytest.mark.parametrize("item", list(items()), ids=lambda item: item.id)
async def test_conformance(router: RunningRouter, item: Item) -> None:
    response, body = await ask(router, item)
    answer = json.loads(body.decode("utf-8"))
    assert response.status in item.status
    assert response.charset == "utf-8"
    if item.answers:
        assert response.content_type == item.answers
    if item.without:
        assert item.without not in answer


@pytest.mark.parametrize(
    ("item", "status"),
    [
        (Item("invalid variables", COERCION, accept=GRAPHQL), 400),
        (Item("no such operation", {**NAME, "operationName": "Other"}, accept=GRAPHQL), 400),
        (Item("mutation by get", {"query": "mutation { __typename }"}, accept=JSON, by_get=True), 405),
        (Item("other body", content_type="text/plain", accept=GRAPHQL), 415),
        (Item("other charset", content_type=f"{JSON}; v=1; charset=latin1", accept=GRAPHQL), 415),
        (Item("quoted charset", content_type=f'{JSON}; v=1; Charset="UTF-8"', accept=GRAPHQL), 200),
        (Item("other answer", accept="application/xml"), 406),
        (Item("excluded answer", accept="*/*;q=0"), 406),
    ],
    ids=lambda value: value.id if isinstance(value, Item) else str(value),
)
async def test_the_status_of_a_request_that_was_not_run(router: RunningRouter, item: Item, status: int) -> None:
    response, body = await ask(router, item)
    assert response.status == status
    assert ("data" in json.loads(body)) == (status == 200)


async def test_what_is_accepted_in_several_headers_is_one_list(router: RunningRouter) -> None:
    several = [("accept", "application/json;q=0.5"), ("accept", GRAPHQL), ("accept", "text/event-stream;q=0.1")]
    async with router.session.post(f"{router.url}/graphql", json=NAME, headers=several) as response:
        assert response.content_type == GRAPHQL


async def test_a_body_of_two_types_is_of_neither(router: RunningRouter) -> None:
    several = [("content-type", JSON), ("content-type", "text/plain")]
    async with router.session.post(f"{router.url}/graphql", data=json.dumps(NAME), headers=several) as response:
        assert response.status == 415


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_partial_answer_is_a_success(router: RunningRouter, accept: str) -> None:
    router.subgraphs["billing"].fault = "html-500"
    query = '{ order(id: "o1") { status payment { status } } }'
    response, body = await ask(router, Item("partial", {"query": query}, accept=accept))
    answer = json.loads(body)
    assert (response.status, response.content_type) == (200, accept)
    assert answer["data"]["order"]["status"] == "PAID"
    assert answer["errors"][0]["extensions"]["service"] == "billing"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_an_answer_of_null_was_run_too(router: RunningRouter, accept: str) -> None:
    router.subgraphs["orders"].fault = "html-500"
    response, body = await ask(router, Item("null", {"query": '{ order(id: "o1") { status } }'}, accept=accept))
    assert (response.status, response.content_type) == (200, accept)
    assert json.loads(body)["errors"]
