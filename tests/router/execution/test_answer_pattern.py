"""A subgraph's answer that is passed on as it is would have been the same, had it been decoded and projected."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from graphql import parse

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from router.execution import answer_pattern
from router.execution.compiled import CompiledOperation
from router.execution.executor import Request, Response, execute
from router.execution.transport import SubgraphRequest
from router.gateway.documents import compile_document
from router.gateway.errors import DocumentError
from router.gateway.pipeline import encode_response
from router.supergraph.model import Supergraph
from router.supergraph.reading import read_supergraph

from ..federation import LINK
from ..in_process import GENEROUS
from ..oracle.case import Graph, RefusedError
from ..oracle.random_operation import OperationMaker
from ..oracle.run import graph_of


class Answering:
    """A transport that knows one answer."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    async def send(self, _: SubgraphRequest) -> bytes:
        return self.answer

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern is made at once, and not when it is worth it."""
    monkeypatch.setattr(answer_pattern, "_WORTH_BYTES", 0)


def one_subgraph(sdl: str) -> Supergraph:
    return read_supergraph(compose([SubgraphSource("one", "http://one/", sdl)]).sdl)


async def answered(
    operation: CompiledOperation, answer: bytes, variables: Mapping[str, Any] | None = None
) -> tuple[str, bool]:
    """What the client gets, in its order, and whether the answer was passed on; both ways must agree."""
    request = Request(variables or {}, {})
    response = await execute(operation, request, Answering(answer))
    ordinary = replace(operation, plan=replace(operation.plan, passthrough=False))
    expected = await execute(ordinary, request, Answering(answer))
    assert decoded(response) == decoded(expected), answer
    return decoded(response), not isinstance(response.data, dict | None)


def decoded(response: Response) -> str:
    return json.dumps(json.loads(encode_response(response)))


ODD: tuple[Any, ...] = (
    *(None, "", "text", "RED", 'a "quoted" word', "ends in \\", 'both \\" of them', "grün 😀", "\u2028\n"),
    *(0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**18, 10**30, 1.0, 1.5, -0.0, 1e-7, 1e200, True, False),
    *([], {}, [None], [[]], [1, "a"], {"id": "1"}, {"__typename": "Nobody"}),
)
WRITTEN: tuple[dict[str, Any], ...] = (
    {},
    {"separators": (",", ":")},
    {"separators": (",", ":"), "ensure_ascii": False},
    {"indent": 1},
)


class Damage:
    """Changes an answer in one way or several, or not at all."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def of(self, data: Any) -> bytes:
        value = json.loads(json.dumps({"data": data}))
        for _ in range(self.random.choice((0, 0, 1, 1, 1, 2, 3))):
            self._change(value["data"])
        if self.random.random() < 0.1:
            value[self.random.choice(("errors", "extensions", "data2"))] = self.random.choice(([], None, {}, 1, ["a"]))
        written = bytearray(json.dumps(value, **self.random.choice(WRITTEN)).encode())
        if self.random.random() < 0.1:
            written[self.random.randrange(len(written))] = self.random.choice(b'\x00\xff "\\,:{}[]0n-9e.')
        return bytes(written)

    def _change(self, value: Any) -> None:
        while True:
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            if not keys:
                return
            key = self.random.choice(keys)
            below = value[key]
            if isinstance(below, dict | list) and below and self.random.random() < 0.8:
                value = below
                continue
            break
        match self.random.randrange(6):
            case 0 if isinstance(value, dict):
                del value[key]
            case 1 if isinstance(value, dict):
                value[key] = value.pop(key)
            case 2 if isinstance(value, dict):
                value["more"] = deepcopy(self.random.choice(ODD))
            case 3 if isinstance(value, dict):
                value["__typename"] = deepcopy(self.random.choice(ODD))
            case _:
                value[key] = deepcopy(self.random.choice(ODD))


@pytest.mark.parametrize("part", range(4))
async def test_random_answers_to_random_operations(part: int) -> None:
    passed = checked = 0
    for number in range(part, 28, 4):
        seed = f"answers {number}"
        text, _ = graph_of(seed)
        try:
            graph = Graph(text)
        except RefusedError:
            continue
        supergraph = one_subgraph(text.api)
        random = Random(seed)
        damage = Damage(random)
        maker = OperationMaker(random, graph.api, ["nobody"])
        for _ in range(40):
            asked = maker.make()
            try:
                operation = compile_document(supergraph, asked.query, None, GENEROUS)
            except DocumentError:
                continue
            if not operation.plan.passthrough:
                continue
            for variables in asked.assignments:
                data, _ = graph.unsplit(parse(asked.query), variables)
                for _ in range(12 if data else 0):
                    checked += 1
                    passed += (await answered(operation, damage.of(data), variables))[1]
    assert passed > 50
    assert checked > 2 * passed


WRONG = "INVALID_FIELD_VALUE"
NULL = "NULL_IN_NON_NULL_FIELD"
FOUND = "{ found { __typename ...on Book { pages } ...on Film { length } } }"
BOOK = "{ book { __typename name } }"
NAMED = "{ named { __typename name } }"
SDL = (
    LINK
    + """
scalar Json
enum Color { RED GREEN RED_DARK }
interface Named { name: String! }
type Book implements Named { name: String! pages: Int }
type Film implements Named { name: String! length: Float }
union Found = Book | Film
type Query {
  text: String  number: Int  color: Color  id: ID  share: Float  flag: Boolean  any: Json
  must: String!  always: Json!  rows: [[Int!]]  named: Named  found: [Found!]!  book: Book
}
"""
)


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ text }", r'{"text":"a \"quoted\" word\n\u00fc"}'),
        ("{ text }", '{"text": "spaces"}'),
        ("{ text }", '{"text":"grün"}'),
        ("{ text number }", '{"text":null,"number":1999999999}'),
        ("{ number }", '{"number":-1}'),
        ("{ color }", '{"color":"RED_DARK"}'),
        ("{ id share }", '{"id":1,"share":-1.5e-3}'),
        ("{ flag any always }", '{"flag":true,"any":null,"always":"x"}'),
        ("{ rows }", '{"rows":[[1,2],null,[]]}'),
        ("{ rows }", '{"rows": [[1, 2], null, []]}'),
        (BOOK, '{"book":{"__typename":"Book","name":"b"}}'),
        (FOUND, '{"found":[{"__typename":"Film","length":2}]}'),
        ("query ($yes: Boolean! = true) { text @include(if: $yes) must }", '{"text":"a","must":"b"}'),
        ("query ($yes: Boolean! = true) { text @skip(if: $yes) must }", '{"must":"b"}'),
    ],
)  # fmt: skip
async def test_what_fits_is_passed_on(query: str, data: str) -> None:
    operation = compile_document(one_subgraph(SDL), query, None, GENEROUS)
    response, passed = await answered(operation, b'{"data":%s}' % data.encode(), {"yes": True})
    assert passed
    assert json.loads(response) == {"data": json.loads(data)}


@pytest.mark.parametrize(
    ("query", "data", "shown", "errors"),
    [
        ("{ text }", '{"text":1}', {"text": None}, [(["text"], WRONG)]),
        ("{ number }", '{"number":"1"}', {"number": None}, [(["number"], WRONG)]),
        ("{ number }", '{"number":1.0}', {"number": None}, [(["number"], WRONG)]),
        ("{ number }", '{"number":2147483648}', {"number": None}, [(["number"], WRONG)]),
        ("{ rows }", '{"rows":[[2147483648]]}', {"rows": [None]}, [(["rows", 0, 0], WRONG)]),
        ("{ color }", '{"color":"BLUE"}', {"color": None}, [(["color"], WRONG)]),
        ("{ flag }", '{"flag":0}', {"flag": None}, [(["flag"], WRONG)]),
        ("{ text must }", '{"text":"a","must":null}', None, [(["must"], NULL)]),
        ("{ always }", '{"always":null}', None, [(["always"], NULL)]),
        ("{ text }", "{}", {"text": None}, []),
        ("{ text }", '{"text":"a","secret":"b"}', {"text": "a"}, []),
        ("{ text must }", '{"must":"b","text":"a"}', {"text": "a", "must": "b"}, []),
        ("{ text }", '{"text":"a","text":"b"}', {"text": "b"}, []),
        ("{ rows }", '{"rows":[[null],1]}', {"rows": [None] * 2}, [(["rows", 0, 0], NULL), (["rows", 1], WRONG)]),
        (BOOK, '{"book":{"__typename":"Film","name":"b"}}', {"book": {"__typename": "Book", "name": "b"}}, []),
        (NAMED, '{"named":{"__typename":"Tree","name":"b"}}', {"named": None}, [(["named"], WRONG)]),
        (NAMED, '{"named":{"name":"b"}}', {"named": None}, [(["named"], WRONG)]),
        ("{ book { name } }", '{"book":["b"]}', {"book": None}, [(["book"], WRONG)]),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_put_right_and_reported(
    query: str, data: str, shown: Any, errors: list[tuple[list[Any], str]]
) -> None:
    operation = compile_document(one_subgraph(SDL), query, None, GENEROUS)
    response, passed = await answered(operation, b'{"data":%s}' % data.encode())
    assert not passed
    answer = json.loads(response)
    assert json.dumps(answer["data"]) == json.dumps(shown)
    assert [(error["path"], error["extensions"]["code"]) for error in answer.get("errors", [])] == errors


async def test_an_abstract_type_without_its_name_is_not_passed_through() -> None:
    operation = compile_document(one_subgraph(SDL), "{ named { name } }", None, GENEROUS)
    assert not operation.plan.passthrough


@pytest.mark.parametrize(
    "answer", [b'{"data":{"text":"\xff"}}', b'{"data":{"share":1e999}}', b'{"data":' + b"[" * 9999]
)
async def test_what_is_no_json_is_not_passed_on(answer: bytes) -> None:
    operation = compile_document(one_subgraph(SDL), "{ text share }", None, GENEROUS)
    response, passed = await answered(operation, answer)
    assert not passed
    assert json.loads(response)["errors"][0]["extensions"]["code"] == "SUBREQUEST_MALFORMED_RESPONSE"


async def test_extensions_are_dropped_without_decoding() -> None:
    operation = compile_document(one_subgraph(SDL), "{ text }", None, GENEROUS)
    response, passed = await answered(operation, b'{"data":{"text":"a"},"extensions":{"cost":1}}')
    assert passed
    assert json.loads(response) == {"data": {"text": "a"}}
