"""Why a request ends before or beside execution. Each has a code, a status, and a message made for clients."""

from __future__ import annotations

from collections.abc import Sequence

from router.execution.errors import FieldError


class GatewayError(Exception):
    """Ends the request. `errors` is what the client gets; `always` keeps the status for legacy JSON clients.

    GraphQL over HTTP lets a well-formed request that fails later answer 200 where the client accepts only
    `application/json`; a request that is not one (or not allowed) has its own status for everybody.
    """

    def __init__(self, code: str, message: str, status: int, *, always: bool = True) -> None:
        super().__init__(message)
        self.errors: Sequence[FieldError] = (FieldError(message, code),)
        self.code = code
        self.status = status
        self.always = always


class BadRequestError(GatewayError):
    """The HTTP request holds no GraphQL request."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__("BAD_REQUEST", message, status)


class PayloadTooLargeError(GatewayError):
    """More bytes than a request may have."""

    def __init__(self, limit: int) -> None:
        super().__init__("PAYLOAD_TOO_LARGE", f"a request may have {limit} bytes", 413)


class UploadError(GatewayError):
    """A request with files that is not as the multipart request specification has it, or asks too much."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status)


class RequestTimeoutError(GatewayError):
    """The body did not come in time."""

    def __init__(self) -> None:
        super().__init__("REQUEST_TIMEOUT", "the request did not come in time", 408)


class UnauthenticatedError(GatewayError):
    """A token that proves nothing."""

    def __init__(self, message: str) -> None:
        super().__init__("UNAUTHENTICATED", message, 401)


class NotReadyError(GatewayError):
    """There is no supergraph yet, or no keys to verify tokens with."""

    def __init__(self, message: str, code: str = "SERVICE_UNAVAILABLE") -> None:
        super().__init__(code, message, 503)


class DocumentError(GatewayError):
    """The document cannot be parsed, is not valid, or asks too much."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        super().__init__(first.code or "GRAPHQL_VALIDATION_FAILED", first.message, 400, always=False)
        self.errors = tuple(errors)
