"""Tokens: verified against real keys at a real address, kept, rotated, refused."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession

from router.gateway import jwks
from router.gateway.authenticate import Authenticator
from router.gateway.errors import NotReadyError, UnauthenticatedError
from router.gateway.jwks import KeySet, KeysUnavailableError

from ..http_subgraph import HttpSubgraph
from ..issuer import Issuer
from ..running import RunningRouter, running
from ..shop import shop


async def authenticator(
    issuer: Issuer,
    session: ClientSession,
    minimum_age: float = 0,
    maximum_age: float = 300,
    remember: float = 300,
    most: int = 10_000,
) -> Authenticator:
    async def fetch() -> bytes:
        async with session.get(issuer.url, raise_for_status=True) as response:
            return await response.read()

    return Authenticator(KeySet(fetch, minimum_age=minimum_age, maximum_age=maximum_age), remember=remember, most=most)


@pytest.fixture
async def own() -> object:
    issuer = Issuer()
    await issuer.start()
    try:
        yield issuer
    finally:
        await issuer.stop()


async def test_a_rotated_key_is_fetched_and_the_old_one_gone(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session)
        first = own.bearer()["authorization"]
        assert (await auth.identify(first)).claims["sub"] == "u1"
        await auth.identify(first)
        assert own.fetches == 1
        old = own.keys["k1"]
        own.rotate("k2")
        await auth.identify(own.bearer()["authorization"])
        assert own.fetches == 2
        own.keys["k1"] = old
        forged = own.bearer(key_id="k1", sub="u2")["authorization"]
        del own.keys["k1"]
        with pytest.raises(UnauthenticatedError, match="unknown key"):
            await auth.identify(forged)


async def test_known_keys_serve_while_the_issuer_is_down(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session)
        own.is_down = True
        with pytest.raises(NotReadyError):
            await auth.identify(own.bearer()["authorization"])
        own.is_down = False
        await auth.identify(own.bearer()["authorization"])
        own.is_down = True
        await auth.identify(own.bearer(sub="another")["authorization"])


async def test_invented_key_ids_do_not_hammer_the_issuer(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session, minimum_age=60)
        await auth.identify(own.bearer()["authorization"])
        stranger = Issuer()
        for n in range(20):
            stranger.rotate(f"invented-{n}")
            with pytest.raises(UnauthenticatedError):
                await auth.identify(stranger.bearer()["authorization"])
        assert own.fetches == 1


async def test_who_waits_for_an_issuer_that_hangs_does_not_wait_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fetches = 0

    async def fetch() -> bytes:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0)  # so that all wait
        raise TimeoutError

    # A minute passes with each fetch, and no time else.
    monkeypatch.setattr(jwks, "time", SimpleNamespace(monotonic=lambda: 60.0 * fetches))
    keys = KeySet(fetch, minimum_age=1.0)
    found = await asyncio.gather(*(keys.get(f"k{n}") for n in range(5)), return_exceptions=True)
    assert all(isinstance(error, KeysUnavailableError) for error in found)
    assert fetches == 1


async def test_a_kept_token_is_verified_anew_after_a_while(own: Issuer) -> None:
    async with ClientSession() as session:
        token = own.bearer()["authorization"]
        keeping = await authenticator(own, session)
        assert await keeping.identify(token) is await keeping.identify(token)
        forgetting = await authenticator(own, session, remember=0)
        assert await forgetting.identify(token) is not await forgetting.identify(token)


async def test_only_so_many_are_kept_and_the_least_used_go_first(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session, most=3)
        tokens = [own.bearer(jti=str(number))["authorization"] for number in range(10)]
        first = await auth.identify(tokens[0])
        for token in tokens[1:]:
            await auth.identify(token)
            assert await auth.identify(tokens[0]) is first
        assert auth.kept == 3
        for number in range(10):
            with pytest.raises(UnauthenticatedError):
                await auth.identify(f"{tokens[0]}{number}")
        assert auth.kept == 3


async def test_a_token_lives_no_longer_than_the_key_that_signed_it(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session, maximum_age=0, remember=0)
        token = own.bearer(lifetime=10 * 365 * 86_400)["authorization"]
        await auth.identify(token)
        own.rotate("k2")
        async with asyncio.timeout(30):
            with pytest.raises(UnauthenticatedError, match="unknown key"):
                while await auth.identify(token):
                    await asyncio.sleep(0.01)


async def test_a_token_has_one_spelling(own: Issuer) -> None:
    async with ClientSession() as session:
        auth = await authenticator(own, session)
        token = own.token()
        identity = await auth.identify(f"Bearer {token}")
        assert await auth.identify(f"bearer    {token}  ") is identity
        for spelling in (f"Bearer {token}!", f"Bearer {token}\r\n", f"Bearer {token[:-4]} {token[-4:]}"):
            with pytest.raises(UnauthenticatedError):
                await auth.identify(spelling)


@pytest.mark.parametrize(
    "authorization", ["Bearer ", "Bearer a.b.c", "Basic dTpw", "nonsense", "Bearer " + "x" * 9_000]
)
async def test_a_token_that_proves_nothing_is_refused(router: RunningRouter, authorization: str) -> None:
    async with router.session.post(
        f"{router.url}/graphql", json={"query": "{ me { id } }"}, headers={"authorization": authorization}
    ) as response:
        assert response.status == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert (await response.json())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert router.subgraphs["accounts"].bodies == []


async def test_forged_expired_and_unsigned_tokens_are_refused(router: RunningRouter, issuer: Issuer) -> None:
    import jwt

    forger = Issuer()
    unsigned = jwt.encode({"sub": "u1", "exp": time.time() + 60}, "", algorithm="none", headers={"kid": "k1"})
    symmetric = jwt.encode({"sub": "u1", "exp": time.time() + 60}, "k" * 32, algorithm="HS256", headers={"kid": "k1"})
    endless = jwt.encode({"sub": "u1"}, issuer.keys["k1"], algorithm="EdDSA", headers={"kid": "k1"})
    for token in (forger.token(), issuer.token(lifetime=-5), unsigned, symmetric, endless):
        headers = {"authorization": f"Bearer {token}"}
        answer = await router.post("{ me { id } }", headers=headers)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_without_a_token_the_request_goes_on(router: RunningRouter) -> None:
    assert await router.post("{ me { id } }") == {"data": {"me": {"id": "u1"}}}


async def test_keys_that_are_too_large_to_be_keys_are_not_read(tmp_path: Path) -> None:
    issuer = Issuer()
    await issuer.start()
    issuer.padding = 2_000_000
    async with running([HttpSubgraph(found) for found in shop()], tmp_path, jwks_url=issuer.url) as router:
        answer = await router.post("{ me { name } }", headers=issuer.bearer())
        assert answer["errors"][0]["extensions"]["code"] == "KEYS_UNAVAILABLE"
        issuer.padding = 0
        await asyncio.sleep(1.1)
        assert (await router.post("{ me { name } }", headers=issuer.bearer()))["data"] == {"me": {"name": "Owner"}}
    await issuer.stop()
