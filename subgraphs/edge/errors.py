"""What a caller gets to see of an error: a message and a stable code, never a stack."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import psycopg
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from observability.errors import report
from shared_models.kernel.errors import TrellisError

log = structlog.get_logger()

INTERNAL = "INTERNAL_SERVER_ERROR"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
_NEUTRAL: Final = "Something went wrong on our side. The trace id tells us where."

#: The database refuses a value, or does not answer: from SQLAlchemy, or from the driver below it.
_NOT_STORABLE = (DataError, psycopg.DataError)
_AWAY = (OperationalError, psycopg.OperationalError, PoolTimeoutError)

_STATUS = {
    "UNAUTHENTICATED": 401,
    "ROUTER_SIGNATURE_INVALID": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PAYLOAD_TOO_LARGE": 413,
    INTERNAL: 500,
    UNAVAILABLE: 503,
}


class BadRequest(TrellisError):
    """The body is no GraphQL request."""

    code = "BAD_REQUEST"


class PayloadTooLarge(TrellisError):
    """The body is longer than this address reads."""

    code = "PAYLOAD_TOO_LARGE"


def status_of(code: str) -> int:
    """The HTTP status of a request that failed as a whole with `code`."""
    return _STATUS.get(code, 400)


def shown(error: Exception) -> dict[str, Any]:
    """An error of the request as a whole, as GraphQL shows errors. What is not meant to be seen is reported."""
    if isinstance(error, TrellisError):
        return _entry(error.message, error.code, error.details)
    if isinstance(error, _NOT_STORABLE):
        log.warning("graphql.value_not_stored", error=type(getattr(error, "orig", error)).__name__)
        return _entry(
            "A value cannot be stored: it is too large, or holds a character that text cannot.", "BAD_USER_INPUT"
        )
    if isinstance(error, _AWAY):
        log.warning("graphql.database_away", error=str(error)[:500])
        return _entry("The service cannot answer just now; ask again.", UNAVAILABLE)
    report(error)
    return _entry(_NEUTRAL, INTERNAL)


def shown_graphql(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """An error of GraphQL's own kind. `executed`: whether it came from execution, or from parsing or validation."""
    entry = _cause(error, executed=executed)
    if error.path:
        entry["path"] = list(error.path)
    if error.locations:
        entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return entry


def encode_errors(*entries: dict[str, Any]) -> bytes:
    """The body of a response that has errors and no data."""
    return encode({"errors": entries})


def encode(response: dict[str, Any]) -> bytes:
    """A response as JSON. Ids in `details` may be UUIDs."""
    return _encoder.encode(response)


_encoder = msgspec.json.Encoder(enc_hook=str)


def _cause(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    original = error.original_error
    if isinstance(error, GraphQLSyntaxError):
        return _entry(error.message, "GRAPHQL_PARSE_FAILED")
    if isinstance(original, (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)):
        return _entry(error.message, BadRequest.code)
    if not executed and original is None:
        return _entry(error.message, "GRAPHQL_VALIDATION_FAILED")
    if error.path is None and (original is None or isinstance(original, GraphQLError)):
        return _entry(error.message, "BAD_USER_INPUT")  # a variable's value does not fit its type
    if isinstance(original, GraphQLError) and original.nodes:
        return _entry(original.message, "BAD_USER_INPUT")  # an argument's value does not; others are ours
    return shown(original or error)


def _entry(message: str, code: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": code}
    if details:
        extensions["details"] = details
    return {"message": message, "extensions": extensions}
