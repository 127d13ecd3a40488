"""Bodies, documents and requests that are none."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest

from tests.support.platform import Platform
from tests.system.bad_input.caller import Answer, Caller

ME = "{ me { id } }"
MIB = 1024 * 1024


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
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
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
