"""The keys that accounts publishes, fetched from a real server that comes and goes."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from shared_models.kernel.errors import Unauthenticated
from subgraphs.edge.keys import KeysUnavailable, RemoteKeys, StaticKeys, parse_jwks
from subgraphs.edge.tokens import TokenVerifier
from tests.support.ports import free_port
from tests.support.subgraph_client import TokenMint, identity_of


class Publisher:
    """A JWKS address that can be switched off."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/jwks.json"
        self.document: object = {"keys": []}
        self.asked = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/jwks.json", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(self.document)


@pytest.fixture
async def publisher():
    publisher = Publisher()
    await publisher.start()
    yield publisher
    await publisher.stop()


@pytest.fixture
async def source(publisher: Publisher):
    source = RemoteKeys(publisher.url)
    yield source
    await source.close()


@pytest.fixture
async def impatient(publisher: Publisher):
    """A source that holds everything for stale and asks each time."""
    source = RemoteKeys(publisher.url, max_age=0.0, refetch=0.0)
    yield source
    await source.close()


async def test_a_key_is_fetched_once(publisher: Publisher, source: RemoteKeys):
    mint = TokenMint("one")
    publisher.document = mint.jwks()
    verifier = TokenVerifier(source)
    identity = identity_of()
    for _ in range(3):
        assert (await verifier.verify(mint.token(identity))).identity == identity
    assert publisher.asked == 1


async def test_an_unknown_key_is_not_asked_for_at_every_request(publisher: Publisher, source: RemoteKeys):
    publisher.document = TokenMint("old").jwks()
    assert await source.find("old")
    for _ in range(5):
        assert await source.find("new") is None
    assert publisher.asked == 1


async def test_a_new_key_is_found(publisher: Publisher, impatient: RemoteKeys):
    old, new = TokenMint("old"), TokenMint("new")
    publisher.document = old.jwks()
    assert await impatient.find("old")
    publisher.document = {"keys": old.jwks()["keys"] + new.jwks()["keys"]}
    assert await impatient.find("new")
    assert await impatient.find("old")


async def test_keys_stay_good_while_accounts_is_down(publisher: Publisher, impatient: RemoteKeys):
    mint = TokenMint("one")
    publisher.document = mint.jwks()
    assert await impatient.find("one")
    await publisher.stop()
    assert await impatient.find("one")
    assert await impatient.find("two") is None
    assert await impatient.find("one")


async def test_without_any_key_a_token_is_neither_good_nor_bad(publisher: Publisher, source: RemoteKeys):
    await publisher.stop()
    with pytest.raises(KeysUnavailable):
        await TokenVerifier(source).verify(TokenMint("one").token(identity_of()))


@pytest.mark.parametrize("document", [[], {}, {"keys": {}}, "keys"])
async def test_nonsense_at_the_address_is_no_key(publisher: Publisher, source: RemoteKeys, document: object):
    publisher.document = document
    with pytest.raises(KeysUnavailable):
        await source.find("one")


def test_keys_of_other_kinds_are_passed_over():
    mint = TokenMint("good")
    (good,) = mint.jwks()["keys"]
    others = [{"kty": "oct", "k": "AAAA", "kid": "hmac"}, {**good, "kid": 7}, {**good, "x": "!", "kid": "broken"}, 3]
    assert list(parse_jwks({"keys": [*others, good]})) == ["good"]


async def test_a_verified_token_is_remembered_only_until_it_expires():
    mint = TokenMint("one")
    verifier = TokenVerifier(StaticKeys(mint.jwks()))
    token = mint.token(identity_of(), exp=0)
    with pytest.raises(Unauthenticated, match="expired"):
        await verifier.verify(token)


async def test_a_token_lives_no_longer_than_the_key_that_signed_it(publisher: Publisher, impatient: RemoteKeys):
    mint = TokenMint("one")
    publisher.document = mint.jwks()
    verifier = TokenVerifier(impatient, remember=0)
    token = mint.token(identity_of())
    await verifier.verify(token)
    publisher.document = TokenMint("two").jwks()
    async with asyncio.timeout(30):
        with pytest.raises(Unauthenticated, match="not known"):
            while await verifier.verify(token):
                await asyncio.sleep(0.01)


async def test_a_token_has_one_spelling():
    mint = TokenMint("one")
    verifier = TokenVerifier(StaticKeys(mint.jwks()))
    token = mint.token(identity_of())
    assert await verifier.verify(token) is await verifier.verify(token)
    for spelling in (token + "!", token + "\r\n", f"{token[:-4]} {token[-4:]}"):
        with pytest.raises(Unauthenticated):
            await verifier.verify(spelling)
