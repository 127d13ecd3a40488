"""The accounts subgraph in this process, over the real database, and people to try it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from litestar import Litestar

from shared_models.kernel.ids import new_id
from shared_models.kernel.settings import KernelSettings
from subgraphs.accounts.desk import Desk, desk_of
from subgraphs.edge.services import Services
from subgraphs.edge.tokens import TokenVerifier
from tests.support.subgraph_client import SubgraphClient, served

ADMITTED = """{ accessToken refreshToken user { id email name roles tenant { id name tier } }
    userErrors { code message field } }"""
LOG_IN = f"mutation($input: LogInInput!) {{ logIn(input: $input) {ADMITTED} }}"
SIGN_UP = f"mutation($input: SignUpInput!) {{ signUp(input: $input) {ADMITTED} }}"
REFRESH = f"mutation($input: RefreshSessionInput!) {{ refreshSession(input: $input) {ADMITTED} }}"
PASSWORD = "correct horse battery"


class Person:
    """Somebody who has signed up: an OWNER of a tenant of their own."""

    def __init__(self, payload: dict[str, Any], client: SubgraphClient) -> None:
        self.payload = payload
        self.client = client
        self.id: str = payload["user"]["id"]
        self.email: str = payload["user"]["email"]
        self.tenant_id: str = payload["user"]["tenant"]["id"]
        self.refresh_token: str = payload["refreshToken"]


@pytest.fixture(scope="session")
async def app(settings: KernelSettings) -> AsyncIterator[Litestar]:
    """The app; it trusts the tokens that it issues itself."""
    async with served("accounts", settings) as app:
        app.state.verifier = TokenVerifier(desk_of(app.state.services).ring)
        yield app


@pytest.fixture
def services(app: Litestar) -> Services:
    """What the app has open."""
    services: Services = app.state.services
    return services


@pytest.fixture
def desk(services: Services) -> Desk:
    """Where the app lets people in."""
    return desk_of(services)


@pytest.fixture
def anyone(app: Litestar, settings: KernelSettings) -> SubgraphClient:
    """A client without a token."""
    return SubgraphClient(app, "accounts", settings)


@pytest.fixture
def sign_up(app: Litestar, settings: KernelSettings, anyone: SubgraphClient) -> Callable[..., Awaitable[Person]]:
    """Signs somebody up under names that nobody has."""

    async def sign_up() -> Person:
        unique = str(new_id())
        data = await anyone.data(
            SIGN_UP,
            {"input": {"tenantName": unique, "email": f"{unique}@x.example", "password": PASSWORD, "name": "Ann"}},
        )
        payload = data["signUp"]
        assert payload["userErrors"] == []
        return Person(payload, SubgraphClient(app, "accounts", settings, token=payload["accessToken"]))

    return sign_up


def codes(payload: dict[str, Any]) -> list[str]:
    """The codes of a payload's userErrors."""
    return [error["code"] for error in payload["userErrors"]]
