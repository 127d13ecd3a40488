"""What subgraphs are told of the client."""

from __future__ import annotations

from router.gateway.context import RequestContext
from router.gateway.execute import forwarded_headers

HEADERS = {"authorization": "Bearer a.b.c", "x-forwarded-for": "198.51.100.7", "cookie": "a=b", "host": "shop"}


def test_the_address_that_is_known_stands_last() -> None:
    context = RequestContext("POST", HEADERS, client_address="203.0.113.9")
    assert forwarded_headers(context) == {
        "authorization": "Bearer a.b.c",
        "x-forwarded-for": "198.51.100.7, 203.0.113.9",
    }


def test_what_the_client_says_never_stands_last() -> None:
    assert forwarded_headers(RequestContext("POST", HEADERS)) == {"authorization": "Bearer a.b.c"}
