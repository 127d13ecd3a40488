"""The floor: the same calls and bytes with no GraphQL at all: `python -m benchmarks.router.floor CALLS --port N`.

The file CALLS holds what a gateway asked of the subgraphs, level by level, and what it then answered. Each request
here makes those calls, the ones of a level at once, reads the answers, and gives the same response.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvicorn
import uvloop

from benchmarks.router.subgraphs import Call

_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class Exchange(msgspec.Struct):
    """What one request of a client causes."""

    subgraphs_url: str
    levels: list[list[Call]]
    response: str


class Floor:
    """The ASGI application; any path, any request."""

    def __init__(self, exchange: Exchange) -> None:
        self._levels = [
            [(f"{exchange.subgraphs_url}/{call.subgraph}", call.body.encode()) for call in level]
            for level in exchange.levels
        ]
        self._response = exchange.response.encode()
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body", False):
            pass
        for level in self._levels:
            if len(level) == 1:
                await self._call(*level[0])
            else:
                await asyncio.gather(*(self._call(url, body) for url, body in level))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self._response)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._response})

    async def _call(self, url: str, body: bytes) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.post(url, data=body, headers=_HEADERS) as response:
            return await response.read()


def main() -> None:
    """Serves until it is told to stop."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("calls", type=Path)
    options.add_argument("--port", type=int, required=True)
    arguments = options.parse_args()
    application: Any = Floor(msgspec.json.decode(arguments.calls.read_bytes(), type=Exchange))
    uvloop.run(_serve(application, arguments.port))


async def _serve(application: Any, port: int) -> None:
    config = uvicorn.Config(
        application, port=port, http="httptools", loop="none", lifespan="off", access_log=False, log_level="error"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    main()
