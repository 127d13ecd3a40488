"""One whole Trellis for all system tests, and people to log in as."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.platform import Client, Platform, free_port_base
from tests.support.processes import survivors


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Everything that `trellis up` starts, ready."""
    home: Path = tmp_path_factory.mktemp("trellis")
    platform = Platform(home, free_port_base())
    platform.start()
    yield platform
    family = platform.family()
    assert platform.stop() == 0
    assert survivors(family) == []


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(scope="module")
async def tokens(platform: Platform) -> dict[str, str | None]:
    """A token of the owner of each demo tenant, by the tenant's name: logging in is made to cost time.

    Not for all modules: a token does not live as long as they may take.
    """
    tokens = {}
    async with aiohttp.ClientSession() as http:
        for tenant in ("premium", "standard"):
            client = Client(http, platform.url)
            await client.log_in(f"owner@{tenant}.example")
            tokens[tenant] = client.token
    return tokens


@pytest.fixture
def owner(platform: Platform, http: aiohttp.ClientSession, tokens: dict[str, str | None]) -> Client:
    """The owner of the tenant `premium`."""
    return Client(http, platform.url, tokens["premium"])


@pytest.fixture
def neighbour(platform: Platform, http: aiohttp.ClientSession, tokens: dict[str, str | None]) -> Client:
    """The owner of another tenant, `standard`."""
    return Client(http, platform.url, tokens["standard"])


@pytest.fixture
def stranger(platform: Platform, http: aiohttp.ClientSession) -> Client:
    """Somebody without a token."""
    return Client(http, platform.url)
