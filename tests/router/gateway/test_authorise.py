"""@authenticated, @requiresScopes and @policy: what may not be had is not fetched, is null, and says so."""

from __future__ import annotations

import json
import time
from typing import Any

from router.gateway.authorise import authorise
from router.gateway.context import GraphQLRequest, Identity, RequestContext
from router.gateway.execute import execute_stage
from router.gateway.pipeline import encode_response

from ..federation import LINK, TestSubgraph
from ..in_process import Federation, cache

SDL = (
    LINK
    + """
type Query { open: Thing things: [Thing!]! secret: Int @authenticated strict: Int! @authenticated }
type Thing @key(fields: "id") {
  id: ID!
  price: Int @authenticated
  cost: Int! @requiresScopes(scopes: [["cost:read", "staff"], ["admin"]])
  margin: Int @policy(policies: [["finance", "office"], ["board"]])
  audit: Int @authenticated @policy(policies: [["board"]])
  vault: Vault
}
type Vault @authenticated { code: String }
"""
)
THING = {"__typename": "Thing", "id": "1", "price": 3, "cost": 2, "margin": 1, "audit": 7, "vault": {"code": "0000"}}
RESOLVERS = {
    "Query.open": lambda *_: THING,
    "Query.things": lambda *_: [THING],
    "Query.secret": lambda *_: 1,
    "Query.strict": lambda *_: 1,
}


async def ask(
    query: str, identity: Identity | None = None, policies: frozenset[str] = frozenset(), **variables: Any
) -> tuple[dict[str, Any], list[str]]:
    federation = Federation([TestSubgraph("s", SDL, RESOLVERS, lambda *_: THING)])
    context = RequestContext("POST", {}, request=GraphQLRequest(query), identity=identity, policies=policies)
    context.cache, context.operation, context.variables = cache(), federation.compile(query), variables
    await authorise(context)
    await execute_stage(federation.transport)(context)
    assert context.response is not None
    decoded = json.loads(encode_response(context.response))
    return decoded, [request["query"] for request in federation.subgraphs["s"].sent]


def user(scope: str = "") -> Identity:
    return Identity({"scope": scope}, time.time() + 60)


def codes(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    return [(error["path"], error["extensions"]["code"]) for error in answer.get("errors", [])]


async def test_anonymous_gets_the_rest() -> None:
    answer, sent = await ask("{ open { id price } secret }")
    assert answer["data"] == {"open": {"id": "1", "price": None}, "secret": None}
    assert codes(answer) == [(["open", "price"], "UNAUTHENTICATED"), (["secret"], "UNAUTHENTICATED")]
    assert len(sent) == 1
    assert "price" not in sent[0]
    assert "secret" not in sent[0]


async def test_a_type_protects_every_way_to_it() -> None:
    answer, sent = await ask("{ open { vault { code } } }")
    assert answer["data"] == {"open": {"vault": None}}
    assert (["open", "vault"], "UNAUTHENTICATED") in codes(answer)
    assert "vault" not in sent[0]


async def test_scopes_are_groups_of_which_one_suffices() -> None:
    query = "{ open { id cost } }"
    for scope, allowed in (("", False), ("cost:read", False), ("cost:read staff", True), ("admin", True)):
        answer, _ = await ask(query, user(scope))
        if allowed:
            assert answer == {"data": {"open": {"id": "1", "cost": 2}}}
        else:
            assert answer["data"] == {"open": None}
            assert codes(answer) == [(["open", "cost"], "UNAUTHORIZED_FIELD_OR_TYPE")]


async def test_non_null_fields_take_their_parents_along() -> None:
    answer, sent = await ask("{ strict }")
    assert answer["data"] is None
    assert codes(answer) == [(["strict"], "UNAUTHENTICATED")]
    assert sent == []
    answer, _ = await ask("{ things { cost } }")
    assert codes(answer) == [(["things"], "UNAUTHENTICATED")]
    assert answer["data"] is None


async def test_a_field_that_is_not_asked_for_is_not_refused() -> None:
    answer, _ = await ask("query($x: Boolean!) { open { id price @include(if: $x) } }", x=False)
    assert answer == {"data": {"open": {"id": "1"}}}


async def test_who_may_gets_everything() -> None:
    answer, _ = await ask("{ open { price vault { code } } secret strict }", user())
    assert answer == {"data": {"open": {"price": 3, "vault": {"code": "0000"}}, "secret": 1, "strict": 1}}


async def test_policies_are_groups_of_which_one_suffices() -> None:
    query = "{ open { id margin } }"
    for held, allowed in (((), False), (("finance",), False), (("finance", "office"), True), (("board",), True)):
        answer, sent = await ask(query, policies=frozenset(held))
        assert answer["data"] == {"open": {"id": "1", "margin": 1 if allowed else None}}
        assert codes(answer) == ([] if allowed else [(["open", "margin"], "UNAUTHORIZED_FIELD_OR_TYPE")])
        assert ("margin" in sent[0]) is allowed


async def test_a_token_may_say_which_policies_its_user_meets() -> None:
    claims = {"policies": ["office"]}
    answer, _ = await ask("{ open { margin } }", Identity(claims, time.time() + 60))
    assert answer["data"] == {"open": {"margin": None}}
    answer, _ = await ask("{ open { margin } }", Identity(claims, time.time() + 60), frozenset({"finance"}))
    assert answer == {"data": {"open": {"margin": 1}}}


async def test_a_policy_does_not_stand_for_an_identity() -> None:
    answer, _ = await ask("{ open { audit } }", policies=frozenset({"board"}))
    assert codes(answer) == [(["open", "audit"], "UNAUTHENTICATED")]
    answer, _ = await ask("{ open { audit } }", user(), frozenset({"board"}))
    assert answer == {"data": {"open": {"audit": 7}}}
