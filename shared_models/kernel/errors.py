"""Errors that a caller can act on: each has a stable code and the ids it is about."""

from typing import Any


class TrellisError(Exception):
    """Base of all errors that may be shown to a caller.

    `code` is stable and UPPER_SNAKE; `details` are ids and limits, never personal data.
    """

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Unauthenticated(TrellisError):
    """Nobody we know is asking."""

    code = "UNAUTHENTICATED"


class Forbidden(TrellisError):
    """We know who asks, and they may not."""

    code = "FORBIDDEN"


class BadInput(TrellisError):
    """The request cannot be understood: a malformed cursor, a page of minus one rows."""

    code = "BAD_USER_INPUT"


class UserError(TrellisError):
    """A mutation that the user can mend: shown as `userErrors { code message field }` of the payload.

    `field` is the path below `input`, such as `["lines", "0", "sku"]`.
    """

    def __init__(self, code: str, message: str, field: list[str] | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.code = code
        self.field = field
