"""Variables are coerced by the standard's rules, refused in graphql-core's words, and sent on as they were coerced."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import build_schema, get_variable_values, parse
from graphql.language import OperationDefinitionNode

from router.execution.errors import FieldError
from router.gateway.coerce_variables import coerce_variables
from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.errors import DocumentError

from ..federation import LINK, TestSubgraph
from ..in_process import Federation

INPUTS = """
scalar Any
enum Colour { RED GREEN }
input Point { x: Int! y: Int = 7 label: String }
input Shape { points: [Point!]! within: Shape colour: Colour = GREEN }
input Choice @oneOf { id: ID name: String }
"""
TYPES = ("Int", "Float", "String", "Boolean", "ID", "Any", "Colour", "Point", "Shape", "Choice")
WRAPPED = ("%s", "%s!", "[%s]", "[%s!]", "[%s!]!", "[[%s]]")
# A field for every type that a variable of these tests has.
FIELDS = {wrapped % name: f"f{number}{name}" for name in TYPES for number, wrapped in enumerate(WRAPPED)}
SCHEMA = INPUTS + "type Query {" + " ".join(f"{field}(v: {type_}): Int" for type_, field in FIELDS.items()) + "}"
ABSENT = object()


@pytest.fixture(scope="module")
def federation() -> Federation:
    return Federation([TestSubgraph("things", LINK + SCHEMA, {}, lambda *_: None)])


def document(type_: str, default: str = "") -> str:
    return f"query($v: {type_}{default and ' = ' + default}) {{ {FIELDS[type_]}(v: $v) }}"


async def coerce(federation: Federation, query: str, variables: dict[str, Any]) -> bytes | list[str]:
    """The variables as a subgraph would get them, or what the client is told."""
    operation = federation.compile(query)
    context = RequestContext("POST", {}, request=GraphQLRequest(query, variables=variables), operation=operation)
    try:
        await coerce_variables(context)
    except DocumentError as error:
        return [item.message for item in error.errors if item.code == "BAD_USER_INPUT"]
    return operation.fetches[0].body(context.variables)


def reference(query: str, variables: dict[str, Any]) -> list[str]:
    """What graphql-core says of the same over a schema of its own."""
    operation = parse(query).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = get_variable_values(
        build_schema(SCHEMA), operation.variable_definitions or (), variables, hide_suggestions=True
    )
    assert isinstance(found, list), "graphql-core takes it"
    return [error.message for error in found]


ACCEPTED: list[tuple[str, Any, Any]] = [
    # type, given, sent
    ("Int", 2**31 - 1, 2**31 - 1),
    ("Int", -(2**31), -(2**31)),
    ("Int", 3.0, 3),
    ("Int", None, None),
    ("Int", ABSENT, ABSENT),
    ("Float", 1, 1.0),
    ("Float", 1.5, 1.5),
    ("Float", 10**15, 1e15),
    ("String", "", ""),
    ("String", "\u00e9\U0001f600\x00", "\u00e9\U0001f600\x00"),
    ("Boolean", False, False),
    ("ID", "a", "a"),
    ("ID", 5, "5"),
    ("ID", 2**70, str(2**70)),
    ("Any", {"deep": [1, None, {"x": 1.5}]}, {"deep": [1, None, {"x": 1.5}]}),
    ("Any", 2**80, 2**80),
    ("Any", [], []),
    ("Any", None, None),
    ("Colour", "RED", "RED"),
    ("[Int]", 3, [3]),
    ("[Int]", None, None),
    ("[Int]", [1, None], [1, None]),
    ("[Int]", [], []),
    ("[Int!]!", 3, [3]),
    ("[[Int]]", 3, [[3]]),
    ("[[Int]]", [1, [2], None], [[1], [2], None]),
    ("[Any]", {"a": 1}, [{"a": 1}]),
    ("[Any]", "text", ["text"]),
    ("Point", {"x": 1}, {"x": 1, "y": 7}),
    ("Point", {"x": 1, "y": None}, {"x": 1, "y": None}),
    ("[Point]", {"x": 1}, [{"x": 1, "y": 7}]),
    ("Shape", {"points": {"x": 1}, "within": None}, {"points": [{"x": 1, "y": 7}], "within": None, "colour": "GREEN"}),
    ("Choice", {"id": 5}, {"id": "5"}),
    ("Choice", {"name": "n"}, {"name": "n"}),
]


@pytest.mark.parametrize(("type_", "given", "sent"), ACCEPTED)
async def test_what_fits_is_sent_as_the_standard_has_it(
    federation: Federation, type_: str, given: Any, sent: Any
) -> None:
    body = await coerce(federation, document(type_), {} if given is ABSENT else {"v": given})
    assert isinstance(body, bytes), body
    assert json.loads(body)["variables"] == ({} if sent is ABSENT else {"v": sent})


@pytest.mark.parametrize(
    ("type_", "default", "given", "sent"),
    [
        ("Int", "5", ABSENT, 5),
        ("Int", "5", None, None),
        ("Int", "5", 6, 6),
        ("Int!", "5", ABSENT, 5),
        ("Float", "1", ABSENT, 1.0),
        ("[Int]", "5", ABSENT, [5]),
        ("Point", "{x: 1}", ABSENT, {"x": 1, "y": 7}),
        ("Point", "{x: 1}", {"x": 2, "y": 3}, {"x": 2, "y": 3}),
        ("Colour", "RED", ABSENT, "RED"),
        ("Any", "{a: [1, RED]}", ABSENT, {"a": [1, "RED"]}),
        ("Any", "123456789012345678901234567890", ABSENT, 123456789012345678901234567890),
        ("ID", "5", ABSENT, "5"),
        ("String", "null", ABSENT, None),
    ],
)
async def test_a_default_takes_the_place_of_what_is_absent_and_not_of_null(
    federation: Federation, type_: str, default: str, given: Any, sent: Any
) -> None:
    body = await coerce(federation, document(type_, default), {} if given is ABSENT else {"v": given})
    assert isinstance(body, bytes), body
    assert json.loads(body)["variables"] == {"v": sent}


REFUSED: list[tuple[str, Any]] = [
    ("Int", 2**31),
    ("Int", -(2**31) - 1),
    ("Int", 1.5),
    ("Int", "1"),
    ("Int", ""),
    ("Int", True),
    ("Int", [1]),
    ("Int", {"x": 1}),
    ("Int", float("nan")),
    ("Int", float("inf")),
    ("Int", 1e300),
    ("Float", "1.5"),
    ("Float", True),
    ("Float", float("nan")),
    ("Float", float("inf")),
    ("Float", 10**400),
    ("Float", []),
    ("String", 1),
    ("String", True),
    ("String", ["a"]),
    ("String", {}),
    ("Boolean", 1),
    ("Boolean", "true"),
    ("Boolean", []),
    ("ID", 1.5),
    ("ID", True),
    ("ID", [1]),
    ("ID", float("inf")),
    ("Colour", "BLUE"),
    ("Colour", "red"),
    ("Colour", 1),
    ("Colour", ["RED"]),
    ("Colour!", None),
    ("Int!", None),
    ("Int!", ABSENT),
    ("[Int!]", [1, None]),
    ("[Int!]", ["a", None, 1.5]),
    ("[Int!]!", None),
    ("[Int!]!", ABSENT),
    ("[[Int]]", [["a"]]),
    ("[Int]", "a"),
    ("Point", {}),
    ("Point", {"y": 1}),
    ("Point", {"x": None}),
    ("Point", {"x": 1, "z": 2}),
    ("Point", {"x": "1", "y": "2", "z": 3}),
    ("Point", 5),
    ("Point", "x"),
    ("Point", [{"x": 1}]),
    ("Shape", {"points": [{"x": 1}, {"x": "a"}, None]}),
    ("Shape", {"points": [], "within": {"points": [{"x": 1, "label": 2}], "colour": "BLUE"}}),
    ("Choice", {}),
    ("Choice", {"id": "1", "name": "n"}),
    ("Choice", {"id": None}),
    ("Choice", {"id": "1", "name": None}),
    ("Choice", {"nothing": 1}),
]


@pytest.mark.parametrize(("type_", "given"), REFUSED)
async def test_what_does_not_fit_is_refused_in_the_reference_s_words(
    federation: Federation, type_: str, given: Any
) -> None:
    variables = {} if given is ABSENT else {"v": given}
    assert await coerce(federation, document(type_), variables) == reference(document(type_), variables)


@pytest.mark.parametrize(
    ("type_", "given", "told"),
    [
        ("Int", "1", "Variable '$v' has invalid value: Int cannot represent non-integer value: '1'"),
        ("Int!", ABSENT, "Variable '$v' has invalid value: Expected a value of non-null type 'Int!' to be provided."),
        ("[Int!]", [1, "a"], "Variable '$v' has invalid value at [1]: Int cannot represent non-integer value: 'a'"),
        (
            "Shape",
            {"points": [{"x": "a"}]},
            "Variable '$v' has invalid value at .points[0].x: Int cannot represent non-integer value: 'a'",
        ),
    ],
)
async def test_the_words_name_the_variable_and_the_place(
    federation: Federation, type_: str, given: Any, told: str
) -> None:
    assert await coerce(federation, document(type_), {} if given is ABSENT else {"v": given}) == [told]


async def test_variables_that_the_operation_does_not_declare_go_nowhere(federation: Federation) -> None:
    body = await coerce(federation, document("Int"), {"v": 1, "other": {"x": "secret"}})
    assert isinstance(body, bytes)
    assert json.loads(body)["variables"] == {"v": 1}


async def test_variables_that_nothing_uses_are_refused_with_the_document(federation: Federation) -> None:
    with pytest.raises(DocumentError) as refused:
        federation.compile("query($v: Int, $w: Int) { " + FIELDS["Int"] + "(v: $v) }")
    assert refused.value.code == "GRAPHQL_VALIDATION_FAILED"


async def test_an_error_says_where_the_variable_is_declared(federation: Federation) -> None:
    query = "query(\n  $v: Int) { " + FIELDS["Int"] + "(v: $v) }"
    context = RequestContext("POST", {}, request=GraphQLRequest(query, variables={"v": "x"}))
    context.operation = federation.compile(query)
    with pytest.raises(DocumentError) as refused:
        await coerce_variables(context)
    error = refused.value.errors[0]
    assert isinstance(error, FieldError)
    assert error.locations == ((2, 3),)


async def test_errors_are_bounded(federation: Federation) -> None:
    told = await coerce(federation, document("[Int!]"), {"v": ["x"] * 1_000})
    assert len(told) == 21
    assert isinstance(told, list)
    assert told[-1] == "Too many errors processing variables, error limit reached. Execution aborted."


async def test_input_objects_nested_for_ever(federation: Federation) -> None:
    shape: dict[str, Any] = {"points": []}
    for _ in range(5_000):
        shape = {"points": [], "within": shape}
    assert await coerce(federation, document("Shape"), {"v": shape}) == ["Variable values are nested too deeply."]


@pytest.mark.parametrize("depth", [190, 900, 985])
async def test_a_custom_scalar_nested_for_ever(federation: Federation, depth: int) -> None:
    nested: Any = []
    for _ in range(depth):
        nested = [nested]
    told = await coerce(federation, document("Any"), {"v": nested})
    assert isinstance(told, bytes) if depth < 200 else told == ["Variable values are nested too deeply."]


@pytest.mark.parametrize(
    ("type_", "default"), [("Float", "1e400"), ("Float", "1" + "0" * 400), ("[Float]", "[-1e400]"), ("Any", "1e400")]
)
async def test_a_default_that_no_json_can_hold_is_refused(federation: Federation, type_: str, default: str) -> None:
    with pytest.raises(DocumentError) as refused:
        federation.compile(document(type_, default))
    assert [error.message for error in refused.value.errors] == ["Float cannot represent non numeric value: inf"]
