"""Subgraphs as real HTTP servers, with the faults real ones have."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .federation import TestSubgraph


@dataclass
class HttpSubgraph:
    """Serves one subgraph on a free port. `fault` names what it does wrong from now on.

    What the router asks for itself, the SDL, is only counted, and its last headers kept.
    """

    subgraph: TestSubgraph
    fault: str = ""
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    asked_for_sdl: int = 0
    sdl_headers: dict[str, str] = field(default_factory=dict)
    sdl_fault: bool = False

    def reset(self) -> None:
        """As if nothing had been asked yet."""
        self.fault = ""
        self.answer_headers = []
        self.headers.clear()
        self.bodies.clear()
        self.cancelled = asyncio.Event()
        self.entered = asyncio.Event()

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_post("/graphql", self._handle)
        # Cancel the handler of a client that is gone, as an ASGI server does.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/graphql"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        asked = json.loads(body)
        if "_service" in asked["query"]:
            self.asked_for_sdl += 1
            self.sdl_headers = {key.lower(): value for key, value in request.headers.items()}
            if self.sdl_fault:
                return web.json_response({"errors": [{"message": "not now"}]}, status=503)
            return web.json_response(await self.subgraph.answer(asked))
        self.headers.append({key.lower(): value for key, value in request.headers.items()})
        self.bodies.append(body)
        if self.fault and self.fault != "stall-stream":
            return await self._fail(request)
        if "text/event-stream" in request.headers.get("accept", ""):
            return await self._stream(request, asked)
        response = web.json_response(await self.subgraph.answer(asked))
        response.headers.extend(self.answer_headers)
        return response

    async def _stream(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":\n\n")
        try:
            async for event in self.subgraph.events(asked):
                await response.write(b"event: next\ndata: " + json.dumps(event).encode() + b"\n\n")
                self.entered.set()
                if self.fault == "stall-stream":
                    await asyncio.Event().wait()
            await response.write(b"event: complete\ndata: \n\n")
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return response

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        match self.fault:
            case "html":
                return web.Response(text="<h1>Bad gateway</h1>", content_type="text/html")
            case "html-500":
                return web.Response(text="<h1>Traceback: secret</h1>", content_type="text/html", status=500)
            case "half":
                return web.Response(body=b'{"data":{"order":{"st', content_type="application/json")
            case "list":
                return web.json_response([1, 2])
            case "empty":
                return web.json_response({})
            case "wrong-entities":
                return web.json_response({"data": {"_entities": [{"payment": "no object"}]}})
            case "few-entities":
                return web.json_response({"data": {"_entities": []}})
            case "refuse":
                error = {"message": "no signature", "extensions": {"code": "ROUTER_SIGNATURE_INVALID"}}
                return web.json_response({"errors": [error]}, status=401)
            case "uncoded":
                return web.json_response({"data": None, "errors": [{"message": "password=hunter2"}]})
            case "close":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case _:
                self.entered.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.cancelled.set()
                    raise
                raise AssertionError("unreachable")
