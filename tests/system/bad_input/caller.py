"""Sends whatever a test likes, and reads the answers with suspicion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.platform import Platform

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
