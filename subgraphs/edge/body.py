"""A request's body, read no further than it may be long."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.exceptions import ClientException

from subgraphs.edge.errors import BadRequest, PayloadTooLarge

MAX_BODY = 2 * 1024 * 1024


async def read_body(request: Request[Any, Any, Any], limit: int = MAX_BODY) -> bytes:
    """The body; raises `PayloadTooLarge` as soon as more than `limit` bytes are announced or have come."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limit:
        raise PayloadTooLarge(f"A request may be at most {limit} bytes long.", limit=limit)
    chunks: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > limit:
                raise PayloadTooLarge(f"A request may be at most {limit} bytes long.", limit=limit)
            chunks.append(chunk)
    except ClientException:
        raise BadRequest("The body ended before its announced length.") from None
    return b"".join(chunks)
