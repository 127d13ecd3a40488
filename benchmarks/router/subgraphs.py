"""The subgraphs of one graph in one process: `python -m benchmarks.router.subgraphs shop --port N`.

What they answer follows from the request alone, so every answer is computed once and kept: the process must not be
what limits the run. `POST /recording` with seconds of delay starts to note the requests that come, each answered
after that delay; `GET /recording` gives them as levels of the order in which they depended on each other.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

import msgspec
import uvicorn
import uvloop

from benchmarks.router import alike, shop
from benchmarks.router.resolver import Resolver

_RESOLVERS = {"shop": shop.resolvers, "alike": alike.resolvers}


class Call(msgspec.Struct):
    """One request to a subgraph."""

    subgraph: str
    body: str


class _Recording:
    """Requests by when they came: a delay that dwarfs all else tells which of them waited for which."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.calls: list[tuple[float, Call]] = []

    def levels(self) -> list[list[Call]]:
        first = self.calls[0][0] if self.calls else 0.0
        levels: dict[int, list[Call]] = {}
        for at, call in self.calls:
            levels.setdefault(int((at - first) / self.delay), []).append(call)
        return [levels[depth] for depth in sorted(levels)]


class Subgraphs:
    """The ASGI application: `/<subgraph>` for each."""

    def __init__(self, resolvers: dict[str, Resolver], most_kept: int) -> None:
        self._resolvers = resolvers
        self._most_kept = most_kept
        self._kept: dict[tuple[str, bytes], bytes] = {}
        self._recording: _Recording | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        chunks, more = [], True
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(chunks)
        name = scope["path"][1:]
        answer = self._recorded(scope["method"], body) if name == "recording" else await self._answer(name, body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, name: str, body: bytes) -> bytes:
        recording = self._recording
        if recording is not None:
            recording.calls.append((time.monotonic(), Call(name, body.decode())))
            await asyncio.sleep(recording.delay)
        known = self._kept.get((name, body))
        if known is None:
            known = self._resolvers[name].answer(body)
            if len(self._kept) < self._most_kept:
                self._kept[name, body] = known
        return known

    def _recorded(self, method: str, body: bytes) -> bytes:
        if method == "POST":
            self._recording = _Recording(float(body))
            return b"{}"
        finished, self._recording = self._recording, None
        return msgspec.json.encode(finished.levels() if finished else [])


def main() -> None:
    """Serves until it is told to stop."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("graph", choices=sorted(_RESOLVERS))
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--keep", type=int, default=10_000, help="answers that are kept at most")
    arguments = options.parse_args()
    application: Any = Subgraphs(_RESOLVERS[arguments.graph](), arguments.keep)
    uvloop.run(_serve(application, arguments.port))


async def _serve(application: Any, port: int) -> None:
    config = uvicorn.Config(
        application, port=port, http="httptools", loop="none", lifespan="off", access_log=False, log_level="error"
    )
    config.timeout_keep_alive = 60
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    main()
