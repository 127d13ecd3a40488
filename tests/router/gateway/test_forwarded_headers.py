"""What subgraphs are told of the client, and what clients of subgraphs."""

from __future__ import annotations

from router.gateway.context import RequestContext
from router.gateway.forwarded_headers import ForwardedHeaders

HEADERS = {"authorization": "Bearer a.b.c", "x-forwarded-for": "198.51.100.7", "cookie": "a=b", "host": "shop"}


def test_the_address_that_is_known_stands_last() -> None:
    context = RequestContext("POST", HEADERS, client_address="203.0.113.9")
    assert ForwardedHeaders().for_every(context) == {
        "authorization": "Bearer a.b.c",
        "x-forwarded-for": "198.51.100.7, 203.0.113.9",
    }


def test_what_the_client_says_never_stands_last() -> None:
    assert ForwardedHeaders().for_every(RequestContext("POST", HEADERS)) == {"authorization": "Bearer a.b.c"}
