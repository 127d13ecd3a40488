"""Load from loopback: clients that each send their next request when they have read the answer to the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import msgspec

_TIMEOUT = aiohttp.ClientTimeout(total=120)
_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class WrongAnswerError(Exception):
    """A gateway's answer has errors, or is not that of the others."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Milliseconds that each request took."""

    latencies: Sequence[float]


class Client:
    """Asks one gateway. Use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=1024 * 1024
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def post(self, body: bytes) -> bytes:
        """The body of the answer. Raises WrongAnswerError where it is no 200."""
        assert self._session is not None
        async with self._session.post(self._url, data=body, headers=_HEADERS) as response:
            answer = await response.read()
            if response.status != 200:
                raise WrongAnswerError(f"{self._url}: {response.status} {answer[:500]!r}")
            return answer

    async def data(self, body: bytes) -> object:
        """What the answer says, errors being refused."""
        answer = msgspec.json.decode(await self.post(body))
        if answer.get("errors") or not answer.get("data"):
            raise WrongAnswerError(f"{self._url}: {str(answer)[:500]}")
        return answer["data"]

    async def timed(self, body: bytes) -> float:
        """Milliseconds until the answer is here."""
        began = time.perf_counter()
        await self.post(body)
        return (time.perf_counter() - began) * 1000

    async def burst(self, body: bytes, at_once: int, seconds: float, most: int) -> Burst:
        """`at_once` clients for some seconds, or until `most` requests were sent."""
        latencies: list[float] = []
        length = len(await self.post(body))
        ends, left = time.perf_counter() + seconds, most

        async def client() -> None:
            nonlocal left
            while left > 0 and time.perf_counter() < ends:
                left -= 1
                began = time.perf_counter()
                answer = await self.post(body)
                latencies.append((time.perf_counter() - began) * 1000)
                if len(answer) != length:
                    raise WrongAnswerError(f"{self._url}: another answer to the same request: {answer[:500]!r}")

        await asyncio.gather(*(client() for _ in range(at_once)))
        return Burst(latencies)
