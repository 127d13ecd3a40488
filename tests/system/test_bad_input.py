"""Whatever comes in: a clear refusal with a code, nothing of the inside, nothing of others, nothing half written."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared_models.accounts.keyring import KeyRing
from shared_models.kernel.database import Database, database_url
from subgraphs.edge.signature import HEADER, RouterSignature
from tests.support.census import Census
from tests.support.platform import Client, Platform
from trellis.domains import DOMAINS, PORTS

#: What only the inside knows.
INSIDE = (
    "traceback",
    "sqlalchemy",
    "psycopg",
    "asyncpg",
    'file "',
    ".py",
    "/work",
    "/home",
    "site-packages",
    "select ",
)
ME = "{ me { id } }"
MIB = 1024 * 1024


class Answer:
    """A response, read whole, with nothing of the inside in it."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        shown = body.lower()
        assert [words for words in INSIDE if words in shown] == [], body

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def codes(self) -> list[str]:
        """The codes of its errors: every error has one, and a message."""
        errors = self.json["errors"]
        assert errors
        assert all(error["message"] for error in errors)
        return [error["extensions"]["code"] for error in errors]


class Caller:
    """Sends what no client library would."""

    def __init__(self, http: aiohttp.ClientSession, platform: Platform, token: str | None) -> None:
        self._http = http
        self._platform = platform
        self.token = token

    async def send(
        self, body: Any, *, port: int = 0, path: str = "/graphql", method: str = "POST", **headers: str
    ) -> Answer:
        """One request to the router, or to `port` after it; `headers` with `_` for `-` replace the usual ones."""
        sent = {"content-type": "application/json"}
        if self.token and not port:
            sent["authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self._platform.port + port}{path}"
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        async with self._http.request(method, url, data=data, headers=sent) as response:
            return Answer(response.status, response.headers, await response.text())

    async def place(self, *lines: tuple[str, Any], key: str = "", payment: str = "pm_card_visa") -> Answer:
        """Tries to place an order."""
        input_ = {
            "idempotencyKey": key or f"bad-{uuid4()}",
            "paymentMethod": payment,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        }
        return await self.send(
            {
                "query": "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {"
                " order { id } userErrors { code message field } } }",
                "variables": {"input": input_},
            }
        )


@pytest.fixture
def caller(owner: Client, http: aiohttp.ClientSession, platform: Platform) -> Caller:
    """The owner of `premium`, without the manners."""
    return Caller(http, platform, owner.token)


@pytest.fixture
def nobody(http: aiohttp.ClientSession, platform: Platform) -> Caller:
    """Somebody without a token."""
    return Caller(http, platform, None)


@pytest.fixture(scope="module")
def census(platform: Platform) -> Iterator[Census]:
    """Counts what is in the platform's databases."""
    with Census(platform.settings()) as census:
        yield census


@pytest.fixture
def unchanged(census: Census) -> Iterator[None]:
    """No table of any domain gains or loses a row."""
    before = census.at_rest()
    yield
    assert census.at_rest() == before


@pytest.fixture(scope="module")
async def signing_key(platform: Platform) -> AsyncIterator[tuple[str, Ed25519PrivateKey]]:
    """The key that signs the platform's tokens now, and its id."""
    settings = platform.settings()
    database = Database("accounts", database_url(settings, "accounts"), pool_size=1)
    yield await KeyRing(database, settings.secret.get_secret_value()).signer()
    await database.close()


def claims_of(token: str | None) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token or "", options={"verify_signature": False})
    return claims


def base64url(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


# Who asks


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("query", ["{ orders { totalCount } }", "{ me { id email } users { totalCount } }"])
async def test_without_a_token_nothing_is_told(nobody: Caller, query: str) -> None:
    answer = await nobody.send({"query": query})
    assert set(answer.codes) <= {"UNAUTHENTICATED", "FORBIDDEN"}
    assert not answer.json.get("data") or not any(answer.json["data"].values())


@pytest.mark.usefixtures("unchanged")
async def test_without_a_token_nothing_is_ordered(nobody: Caller) -> None:
    answer = await nobody.place(("71053", 1))
    assert answer.codes == ["UNAUTHENTICATED"]


@pytest.mark.usefixtures("unchanged")
async def test_a_token_that_proves_nothing_is_refused(
    caller: Caller, signing_key: tuple[str, Ed25519PrivateKey]
) -> None:
    key_id, key = signing_key
    now = datetime.now(UTC)
    claims = claims_of(caller.token)
    good = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id})
    assert (await caller.send({"query": ME}, authorization=f"Bearer {good}")).status == 200
    head, _, signature = good.split(".")
    forged = {
        "expired": jwt.encode(
            claims | {"iat": now - timedelta(hours=2), "exp": now - timedelta(hours=1)},
            key,
            algorithm="EdDSA",
            headers={"kid": key_id},
        ),
        "unsigned": f"{base64url({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{good.split('.')[1]}.",
        "another key": jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": key_id}),
        "an unknown key": jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": "mine"}),
        "the public key as a secret": jwt.encode(
            claims, key.public_key().public_bytes_raw(), algorithm="HS256", headers={"kid": key_id}
        ),
        "changed": f"{head}.{base64url(claims | {'tid': str(uuid4())})}.{signature}",
        "another audience": jwt.encode(claims | {"aud": "other"}, key, algorithm="EdDSA", headers={"kid": key_id}),
        "no token": "nonsense",
        "too long": "x" * 20_000,
    }
    for name, token in forged.items():
        answer = await caller.send({"query": ME}, authorization=f"Bearer {token}")
        assert (name, answer.status, answer.codes) == (name, 401, ["UNAUTHENTICATED"])


@pytest.mark.usefixtures("unchanged")
async def test_a_signed_token_of_no_tenant_sees_nothing(
    caller: Caller, signing_key: tuple[str, Ed25519PrivateKey]
) -> None:
    key_id, key = signing_key
    stray = claims_of(caller.token) | {"tid": str(uuid4()), "sub": str(uuid4())}
    token = jwt.encode(stray, key, algorithm="EdDSA", headers={"kid": key_id})
    answer = await caller.send({"query": "{ orders { totalCount } }"}, authorization=f"Bearer {token}")
    assert answer.json == {"data": {"orders": {"totalCount": 0}}}


# Whose it is


@pytest.fixture(scope="module")
async def belongings(platform: Platform) -> dict[str, str]:
    """Ids of what belongs to `premium`: an order that is paid, its payment, a variant, a person, an audit entry."""
    async with aiohttp.ClientSession() as http:
        owner = Client(http, platform.url)
        await owner.log_in("owner@premium.example")
        order_id = (await owner.place(f"mine-{uuid4()}", ("22423", 1)))["order"]["id"]
        assert await owner.until(order_id, "PAID") == "PAID"
        data = await owner.data(
            "query($id: ID!) { order(id: $id) { payment { id } placedBy { id } lines { variant { id } } } }",
            id=order_id,
        )
        async with asyncio.timeout(20):  # until the processor has told all it has to tell
            while True:
                async with http.get(f"http://127.0.0.1:{platform.port + 40}/_sandbox/state") as response:
                    if not (await response.json())["webhooks"]["pending"]:
                        break
                await asyncio.sleep(0.05)
    order = data["order"]
    return {
        "order": order_id,
        "payment": order["payment"]["id"],
        "user": order["placedBy"]["id"],
        "variant": order["lines"][0]["variant"]["id"],
    }


@pytest.mark.parametrize(
    ("query", "of"),
    [
        (
            "query($id: ID!) { order(id: $id) { id status payment { id } auditTrail { totalCount } } }",
            "order",
        ),
        ("query($id: ID!) { payment(id: $id) { id status } }", "payment"),
    ],
)
async def test_what_belongs_to_another_tenant_is_not_there(
    belongings: dict[str, str], unchanged: None, neighbour: Client, query: str, of: str
) -> None:
    assert list((await neighbour.data(query, id=belongings[of])).values()) == [None]


@pytest.mark.parametrize(
    ("mutation", "of"),
    [
        ("mutation($id: ID!) { cancelOrder(input: {id: $id}) { order { id } userErrors { code } } }", "order"),
        ("mutation($id: ID!) { fulfilOrder(input: {id: $id}) { order { id } userErrors { code } } }", "order"),
        (
            'mutation($id: ID!) { refundPayment(input: {paymentId: $id, idempotencyKey: "mine"}) {'
            " refund { id } userErrors { code } } }",
            "payment",
        ),
        (
            "mutation($id: ID!) { adjustStock(input: {variantId: $id, delta: 5}) {"
            " variant { id } userErrors { code } } }",
            "variant",
        ),
        (
            'mutation($id: ID!) { updatePrice(input: {variantId: $id, price: {amount: 1, currency: "GBP"}}) {'
            " variant { id } userErrors { code } } }",
            "variant",
        ),
    ],
)
async def test_what_belongs_to_another_tenant_cannot_be_changed(
    belongings: dict[str, str], unchanged: None, neighbour: Client, mutation: str, of: str
) -> None:
    ((_, payload),) = (await neighbour.data(mutation, id=belongings[of])).items()
    errors = payload.pop("userErrors")
    assert [error["code"].endswith("NOT_FOUND") for error in errors] == [True], errors
    assert list(payload.values()) == [None]


async def test_another_tenants_live_updates_are_not_told(
    belongings: dict[str, str], unchanged: None, neighbour: Client, caller: Caller
) -> None:
    caller.token = neighbour.token
    body = {
        "query": "subscription($id: ID!) { orderUpdated(id: $id) { id status } }",
        "variables": {"id": belongings["order"]},
    }
    async with asyncio.timeout(10):
        answer = await caller.send(body, accept="text/event-stream")
    (told,) = [line.removeprefix("data:") for line in answer.body.splitlines() if line.startswith("data: {")]
    (error,) = json.loads(told)["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert json.loads(told)["data"] is None


async def test_lists_hold_nothing_of_another_tenant(
    belongings: dict[str, str], unchanged: None, neighbour: Client, caller: Caller
) -> None:
    caller.token = neighbour.token
    answer = await caller.send(
        {
            "query": "{ orders(first: 100) { edges { node { id } } } users(first: 100) { edges { node { id email } } }"
            " auditLog(first: 100) { edges { node { id actor { id } data } } }"
            " products(first: 100) { edges { node { variants { id } } } } ledger(first: 100) { totalCount } }"
        }
    )
    assert "errors" not in answer.json
    assert [name for name, id_ in belongings.items() if id_ in answer.body] == []
    assert "premium" not in answer.body


# What is ordered

NUL, LONG = "a\0b", "x" * 1_000_000


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("lines", "given", "code"),
    [
        ([("no such thing", 1)], {}, "UNKNOWN_SKU"),
        ([(NUL, 1)], {}, "SKU_INVALID"),
        ([("", 1)], {}, "SKU_INVALID"),
        ([(LONG, 1)], {}, "SKU_INVALID"),
        ([("71053", 0)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("71053", -1)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("71053", 10**9)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("22423", 1), ("71053", 0)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([], {}, "LINES_OUT_OF_RANGE"),
        ([("71053", 1)] * 1000, {}, "LINES_OUT_OF_RANGE"),
        ([("71053", 1)], {"key": LONG}, "IDEMPOTENCY_KEY_INVALID"),
        ([("71053", 1)], {"key": NUL}, "IDEMPOTENCY_KEY_INVALID"),
        ([("71053", 1)], {"payment": NUL}, "PAYMENT_METHOD_INVALID"),
        ([("71053", 1)], {"payment": LONG}, "PAYMENT_METHOD_INVALID"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_an_order_that_cannot_be_is_no_order(
    caller: Caller, lines: list[tuple[str, Any]], given: dict[str, str], code: str
) -> None:
    answer = await caller.place(*lines, **given)
    payload = answer.json["data"]["placeOrder"]
    assert "errors" not in answer.json
    assert payload["order"] is None
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert payload["userErrors"][0]["field"]
    assert len(answer.body) < 2000, "what was too long is not sent back"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("quantity", [2**40, -(2**40), 10**400, 1.5, "2", None, True, [1], {"a": 1}], ids=repr)
async def test_a_quantity_that_is_no_int_is_refused(caller: Caller, quantity: Any) -> None:
    answer = await caller.place(("71053", quantity))
    assert answer.codes == ["BAD_USER_INPUT"]
    assert not answer.json.get("data")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("id_", ["nonsense", "'; DROP TABLE sales_order; --", NUL, "x" * 100_000, "", "0" * 36])
async def test_an_id_that_is_none_finds_nothing(caller: Caller, id_: str) -> None:
    answer = await caller.send({"query": "query($id: ID!) { order(id: $id) { id } }", "variables": {"id": id_}})
    assert answer.json == {"data": {"order": None}}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "page", ["first: -1", "first: 0", "first: 1000000", 'after: "nonsense"', f'after: "{"x" * 9999}"']
)
async def test_a_page_that_is_none_is_refused(caller: Caller, page: str) -> None:
    for connection in ("orders", "products", "users", "auditLog", "ledger"):
        answer = await caller.send({"query": f"{{ {connection}({page}) {{ totalCount }} }}"})
        assert (connection, answer.codes) == (connection, ["BAD_USER_INPUT"])


# What is sent


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"",
        b"[]",
        b"3",
        b"null",
        b'"text"',
        b"{}",
        b'{"query": 3}',
        b'{"query": null}',
        b'{"query": "{ me { id } }", "variables": []}',
        b'{"query": "{ me { id } }"} trailing',
        b'[{"query": "{ me { id } }"}]',
        b"\xff\xfe",
        b'{"query": "{ me { id } } # \xc0\x80"}',
        b"[" * 100_000,
        b'{"query": "{ me { id } }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
        json.dumps({"query": '{ variant(sku: "\ud800") { id } }'}).encode(),
        json.dumps({"query": ME, "variables": {"a": "\udfff"}}).encode(),
    ],
    ids=lambda body: repr(body[:48]),
)
async def test_a_body_that_is_no_request_is_refused(caller: Caller, body: bytes) -> None:
    answer = await caller.send(body)
    # An array would be a batch, which this router takes none of.
    code = "BATCHING_NOT_SUPPORTED" if body.startswith(b"[") else "BAD_REQUEST"
    assert (answer.status, answer.codes) == (400, [code])
    assert len(answer.headers["x-trace-id"]) == 32


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ me { id ", "GRAPHQL_PARSE_FAILED"),
        ("{ me \0 { id } }", "GRAPHQL_PARSE_FAILED"),
        ('{ variant(sku: "\\uD800") { id } }', "GRAPHQL_PARSE_FAILED"),
        ("{ " + " ".join(f"a{n}: me {{ id }}" for n in range(10_000)) + " }", "GRAPHQL_PARSE_FAILED"),
        ("{" + "a{" * 100_000 + "b" + "}" * 100_001, "GRAPHQL_PARSE_FAILED"),
        ("{ me { nonsense } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ orders(nonsense: 1) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me { ...A } } fragment A on User { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ order(id: 1.5) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me { " + " ".join(f"a{n}: id" for n in range(1_000)) + " } }", "MAX_ALIASES_EXCEEDED"),
        (
            "{ orders { edges { node { "
            + "lines { variant { product { variants { " * 5
            + "id"
            + " } } } }" * 5
            + " } } } }",
            "MAX_DEPTH_EXCEEDED",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_document_that_cannot_be_answered_is_refused(caller: Caller, query: str, code: str) -> None:
    answer = await caller.send({"query": query})
    assert set(answer.codes) == {code}
    assert not answer.json.get("data")
    strict = await caller.send({"query": query}, accept="application/graphql-response+json")
    assert (strict.status, set(strict.codes)) == (400, {code})


@pytest.mark.usefixtures("unchanged")
async def test_what_http_does_not_allow_is_refused(caller: Caller) -> None:
    mutation = 'mutation { logOut(input: {refreshToken: "x"}) { userErrors { code } } }'
    refused = {
        "text": await caller.send({"query": ME}, content_type="text/plain"),
        "a form": await caller.send(b"query=%7Bme%7Bid%7D%7D", content_type="application/x-www-form-urlencoded"),
        "an unknown route": await caller.send({"query": ME}, path="/nonsense"),
        "an unknown method": await caller.send({"query": ME}, method="PUT"),
        "a mutation by GET": await caller.send(None, method="GET", path=f"/graphql?query={quoted(mutation)}"),
        "no query": await caller.send(None, method="GET", accept="application/json"),
    }
    assert {name: (answer.status, answer.codes) for name, answer in refused.items()} == {
        "text": (415, ["BAD_REQUEST"]),
        "a form": (415, ["BAD_REQUEST"]),
        "an unknown route": (404, ["NOT_FOUND"]),
        "an unknown method": (405, ["BAD_REQUEST"]),
        "a mutation by GET": (405, ["BAD_REQUEST"]),
        "no query": (400, ["BAD_REQUEST"]),
    }


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


BODIES = {
    "router": (0, "/graphql"),
    "subgraph": (3, "/graphql"),
    "stripe": (4, "/webhooks/stripe"),
    "shopify": (3, "/webhooks/shopify"),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "streamed"])
@pytest.mark.parametrize("address", BODIES)
async def test_a_body_of_50_mb_is_refused_and_not_read(platform: Platform, address: str, announced: bool) -> None:
    offset, path = BODIES[address]
    answer, sent = await asyncio.to_thread(send_50_mb, platform.port + offset, path, announced=announced)
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 413 ")
    assert Answer(413, {}, body).codes == ["PAYLOAD_TOO_LARGE"]
    assert sent < 50 * MIB


def send_50_mb(port: int, path: str, *, announced: bool) -> tuple[str, int]:
    """Sends for as long as the other side lets it; returns the response and how many bytes could be sent."""
    length = f"content-length: {50 * MIB}" if announced else "transfer-encoding: chunked"
    head = f"POST {path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n{length}\r\n\r\n"
    chunk = b"x" * 65536
    frame = chunk if announced else b"%x\r\n%s\r\n" % (len(chunk), chunk)
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        with contextlib.suppress(ConnectionError):
            while sent < 50 * MIB:
                connection.sendall(frame)
                sent += len(chunk)
        response = b""
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                response += data
    return response.decode(), sent


# Who sends


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("domain", DOMAINS)
async def test_a_subgraph_answers_its_router_alone(platform: Platform, nobody: Caller, domain: str) -> None:
    secret = platform.settings().secret.get_secret_value()
    body = json.dumps({"query": "{ __typename }"}).encode()
    now = time.time()
    mine = RouterSignature(secret, domain)
    other = RouterSignature(secret, next(name for name in DOMAINS if name != domain))
    signatures = {
        "none": "",
        "nonsense": "t=1,v1=zz",
        "an old one": mine.sign("", body, now - 120),
        "one of tomorrow": mine.sign("", body, now + 120),
        "another subgraph's": other.sign("", body, now),
        "another body's": mine.sign("", b"{}", now),
        "another caller's": mine.sign("Bearer x", body, now),
        "another secret's": RouterSignature("x" * 64, domain).sign("", body, now),
    }
    port = PORTS[domain]
    for name, signature in signatures.items():
        answer = await nobody.send(body, port=port, **{HEADER: signature})
        assert (name, answer.status, answer.codes) == (name, 401, ["ROUTER_SIGNATURE_INVALID"])
    good = await nobody.send(body, port=port, **{HEADER: mine.sign("", body, now)})
    assert (good.status, good.json) == (200, {"data": {"__typename": "Query"}})
    unknown = await nobody.send(body, port=port, path="/nonsense")
    assert (unknown.status, unknown.codes) == (404, ["NOT_FOUND"])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("port", "path", "headers", "status"),
    [
        (4, "/webhooks/stripe", {}, 400),
        (4, "/webhooks/stripe", {"stripe-signature": "nonsense"}, 400),
        (4, "/webhooks/stripe", {"stripe-signature": f"t={int(time.time())},v1={'0' * 64}"}, 400),
        (3, "/webhooks/shopify", {}, 401),
        (3, "/webhooks/shopify", {"x-shopify-hmac-sha256": "bm9uc2Vuc2U="}, 401),
        (3, "/webhooks/shopify", {"x-shopify-hmac-sha256": "\xff"}, 401),
    ],
)
async def test_a_forged_webhook_is_refused(
    belongings: dict[str, str], nobody: Caller, port: int, path: str, headers: dict[str, str], status: int
) -> None:
    event = {
        "id": "evt_forged",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_forged", "amount": 1, "currency": "gbp", "metadata": dict(belongings)}},
    }
    for body in (json.dumps(event).encode(), b"\xff\xfe", b""):
        answer = await nobody.send(body, port=port, path=path, **headers)
        assert (answer.status, answer.codes) == (status, ["WEBHOOK_SIGNATURE_INVALID"])
