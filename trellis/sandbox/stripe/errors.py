"""Stripe's error objects."""

from typing import Any


class ApiError(Exception):
    """An answer other than 200: ``{"error": {"type", "code", "message", ...}}``.

    ``keeps_effects`` tells whether the request changed something and is remembered for its idempotency key, as a
    declined charge is. Otherwise nothing has happened, and the key may be used again.
    """

    def __init__(self, status: int, kind: str, message: str, *, keeps_effects: bool = False, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.keeps_effects = keeps_effects
        given = {name: value for name, value in details.items() if value is not None}
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message, **given}}


def invalid_request(message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> ApiError:
    """The request is wrong, and stays wrong when it is repeated."""
    return ApiError(status, "invalid_request_error", message, code=code, param=param)


def missing(what: str, identifier: str, param: str = "id", status: int = 404) -> ApiError:
    return invalid_request(f"No such {what}: '{identifier}'", status=status, code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> ApiError:
    """The payment is in a state that does not allow what was asked."""
    return ApiError(
        400, "invalid_request_error", message, code="payment_intent_unexpected_state", payment_intent=intent
    )


def key_reused(key: str) -> ApiError:
    return ApiError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request.",
    )


def key_in_use(key: str) -> ApiError:
    return ApiError(
        409,
        "idempotency_error",
        f"There is currently another in-progress request using this Stripe-Idempotent key '{key}' "
        "(that probably means you submitted twice, and the other request is still going through).",
        code="idempotency_key_in_use",
    )


def unauthenticated(message: str) -> ApiError:
    return ApiError(401, "invalid_request_error", message)


def outage() -> ApiError:
    """What Stripe answers when it is Stripe's fault."""
    return ApiError(500, "api_error", "An unknown error occurred (injected by the sandbox). Nothing was done.")
