"""Answers to requests that fail as a whole: the same shape on every route, GraphQL or not."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from shared_models.kernel.errors import TrellisError
from subgraphs.edge.errors import PayloadTooLarge, encode_errors, shown, status_of

_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: PayloadTooLarge.code}


class _RefusedByHttp(TrellisError):
    """What the framework refuses: an unknown path, a method that is not served."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.detail)
        self.code = _CODES.get(error.status_code, "BAD_REQUEST")


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler of every exception: a code and a message, never a stack."""
    if isinstance(error, HTTPException) and error.status_code < 500:
        error = _RefusedByHttp(error)
    entry = shown(error)
    code = entry["extensions"]["code"]
    # What is left of a body that was too long is not read: the connection cannot be used again.
    headers = {"connection": "close"} if code == PayloadTooLarge.code else None
    return Response(encode_errors(entry), status_code=status_of(code), media_type="application/json", headers=headers)
