"""A registry of supergraphs as a real HTTP server, with the faults that real ones have."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from multidict import CIMultiDict


class Registry:
    """Serves `text` at `/supergraph` with an ETag. `fault` names what it does wrong from now on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fault = ""
        self.headers: list[CIMultiDict[str]] = []
        self.statuses: list[int] = []
        self.location = ""
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(CIMultiDict(request.headers))
        response = await self._answer(request)
        self.statuses.append(response.status)
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        match self.fault:
            case "unavailable":
                return web.Response(status=503, text="a secret of the registry")
            case "page":
                return web.Response(text="<h1>Sign in</h1>", content_type="text/html")
            case "large":
                return web.Response(text="# " + "x" * 100_000)
            case "binary":
                return web.Response(body=b"\xff\xfe")
            case "unasked-304":
                return web.Response(status=304)
            case "redirect":
                return web.Response(
                    status=302, headers={"location": self.location.replace("N", str(len(self.headers)))}
                )
            case "never":
                await asyncio.Event().wait()
            case "close":
                assert request.transport is not None
                request.transport.close()
        etag = f'"{hashlib.sha256(self.text.encode()).hexdigest()}"'
        dates = {"last-modified": "Fri, 20 Nov 2026 00:00:00 GMT"}
        if request.headers.get("if-none-match") == etag:
            return web.Response(status=304)
        return web.Response(text=self.text, headers={"etag": etag, **dates})


@asynccontextmanager
async def registry(text: str) -> AsyncIterator[Registry]:
    served = Registry(text)
    app = web.Application()
    app.router.add_get("/supergraph", served.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    served.url = f"http://{host}:{port}/supergraph"
    try:
        yield served
    finally:
        await runner.cleanup()
