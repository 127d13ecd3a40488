"""Which origins are allowed, and which requests come from elsewhere."""

from __future__ import annotations

import pytest

from router.server.origins import AllowedOrigins, OriginSettingsError, is_from_elsewhere

HOST = {"host": "api.example.com"}
OWN = "https://api.example.com"
SHOP = "https://shop.example.com"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"origin": OWN}, False),
        ({"origin": "http://API.example.com"}, False),  # TLS may have ended before us
        ({"origin": "https://api.example.com:8443"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "https://api.example.com.evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": SHOP}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "something new"}, True),
        # a proxy has asked for us by another name, and the browser knows better
        ({"sec-fetch-site": "same-origin", "origin": "https://public.example"}, False),
        # what was sent as if from ourselves, by a page that is elsewhere
        ({"sec-fetch-site": "cross-site", "origin": OWN}, True),
        ({"sec-fetch-site": "same-site", "origin": SHOP}, False),
    ],
)
def test_what_comes_from_elsewhere(headers: dict[str, str], expected: bool) -> None:
    assert is_from_elsewhere({**HOST, **headers}, AllowedOrigins([SHOP])) is expected


def test_an_origin_of_nobody_is_no_own_one() -> None:
    assert is_from_elsewhere({"origin": "null"}, AllowedOrigins([]))


@pytest.mark.parametrize(
    "origin", ["https://shop.example.com", "http://localhost:3000", "null", "HTTPS://Shop.example"]
)
def test_an_origin_is_allowed_by_its_name_alone(origin: str) -> None:
    allowed = AllowedOrigins([origin])
    assert allowed
    assert allowed.allow(origin)
    assert not allowed.allow(f"{origin}.evil.example")
    assert not allowed.allow("https://evil.example")


def test_all_origins() -> None:
    assert AllowedOrigins(["*"]).allow("https://evil.example")
    assert not AllowedOrigins([])


@pytest.mark.parametrize(
    "text",
    [
        "shop.example.com",
        "https://",
        "https://a.example/",
        "https://a.example/x",
        "https://*.a.example:x",
        "https://u@a",
    ],
)
def test_what_is_no_origin_is_said_at_once(text: str) -> None:
    with pytest.raises(OriginSettingsError, match="is no origin"):
        AllowedOrigins([text])
