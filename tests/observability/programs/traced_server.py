"""A traced web server over PostgreSQL: `python traced_server.py PORT DATABASE_URL`."""

import sys
from contextlib import suppress
from typing import Any

import aiohttp
import structlog
import uvicorn
from litestar import Litestar, Request, WebSocket, get, post, websocket
from litestar.exceptions import HTTPException
from opentelemetry.trace import get_current_span
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import observability
from observability.asgi import TraceMiddleware
from observability.errors import report
from observability.http_client import RequestSpan, trace_config
from observability.sql import instrument

observability.setup("subgraph.orders")
port, database_url = int(sys.argv[1]), sys.argv[2]
engine = create_async_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
instrument(engine.sync_engine)
log = structlog.get_logger()
own_url = f"http://user:pw@127.0.0.1:{port}"


@post("/graphql", status_code=200)
async def graphql() -> dict[str, Any]:
    get_current_span().update_name("mutation placeOrder")
    log.info("order.placed", api_key="hidden")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE job (id int PRIMARY KEY, state text)"))
        await connection.execute(text("INSERT INTO job VALUES (:id, 'x')"), [{"id": 1}, {"id": 2}])
        rows = await connection.execute(text("UPDATE job SET state = :s WHERE id = :id"), {"s": "done", "id": 1})
    return {"rows": rows.rowcount}


@get("/items/{item_id:int}")
async def item(item_id: int) -> dict[str, int]:
    return {"id": item_id}


@get("/sql-error")
async def sql_error() -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT * FROM missing_table WHERE secret = 'quoted'"))


@get("/down")
async def down() -> None:
    raise HTTPException(status_code=503)


@get("/fan-out")
async def fan_out() -> dict[str, Any]:
    seen: dict[str, Any] = {}
    async with aiohttp.ClientSession(trace_configs=[trace_config()]) as session:
        named = RequestSpan("subgraph inner", {"trellis.subgraph": "inner"})
        async with session.get(f"{own_url}/echo?token=x", trace_request_ctx=named) as answer:
            seen["traceparent"] = (await answer.json())["traceparent"]
        async with session.get(f"{own_url}/down") as answer:
            seen["status"] = answer.status
        try:
            await session.get("http://127.0.0.1:1/")
        except aiohttp.ClientConnectorError:
            seen["refused"] = True
    return seen


@get("/echo")
async def echo(request: Request[Any, Any, Any]) -> dict[str, str | None]:
    return {"traceparent": request.headers.get("traceparent")}


@get("/reported")
async def reported() -> None:
    try:
        raise LookupError("card 4242 4242 4242 4242 of someone@example.com")
    except LookupError as error:
        report(error, tenant="premium", operation="placeOrder")


@get("/health/live")
async def live() -> dict[str, str]:
    return {}


@websocket("/ws")
async def ws(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


async def poll() -> None:
    """What a process does on its own account, outside of any request."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 'nothing to do'"))
    async with aiohttp.ClientSession(trace_configs=[trace_config()]) as session:
        with suppress(aiohttp.ClientConnectorError):
            await session.get("http://127.0.0.1:1/")


handlers = [graphql, item, sql_error, down, fan_out, echo, reported, live, ws]
app = Litestar(handlers, on_startup=[poll], openapi_config=None)


async def traced(scope: Any, receive: Any, send: Any) -> None:
    """Beside Litestar, which turns every exception into an answer: one path that lets it out."""
    if scope["type"] == "http" and scope["path"] == "/boom":
        raise RuntimeError("boom")
    await app(scope, receive, send)


uvicorn.run(TraceMiddleware(traced), host="127.0.0.1", port=port, log_config=None, loop="uvloop")
observability.shutdown()
