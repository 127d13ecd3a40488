import asyncio
import json
from typing import Any

from tests.observability.processes import run

#: One request through the middleware, without a server; prints the headers of the response.
REQUEST = """
import asyncio, json, sys, observability
from observability.asgi import TraceMiddleware
if sys.argv[1]: observability.setup(sys.argv[1])
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
async def send(message): print(json.dumps({k.decode(): v.decode() for k, v in message["headers"]}))
scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
asyncio.run(TraceMiddleware(app)(scope, None, send))
"""


async def _headers(role: str) -> dict[str, Any]:
    done = await asyncio.to_thread(run, "-c", REQUEST, role)
    headers: dict[str, Any] = json.loads(done.stdout)
    return headers


async def test_without_an_exporter_every_response_still_names_its_trace() -> None:
    headers = await _headers("router")
    assert headers["a"] == "b"
    assert len(headers["x-trace-id"]) == 32
    assert int(headers["x-trace-id"], 16)


async def test_without_setup_no_trace_is_claimed() -> None:
    assert await _headers("") == {"a": "b"}
