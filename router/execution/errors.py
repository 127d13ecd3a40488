"""Errors of execution: what a subgraph did wrong, and the error as the client gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ResponsePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of `errors`. `code` is None where a subgraph gave none; masking then hides the message.

    `path` is the client's; None where the error belongs to no field. `locations` are lines and columns of the
    client's document.
    """

    message: str
    code: str | None
    path: ResponsePath | None = None
    service: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict)
    locations: tuple[tuple[int, int], ...] = ()

    def formatted(self) -> dict[str, object]:
        """As it stands in the response."""
        extensions: dict[str, object] = {**self.extensions, "code": self.code}
        if self.service is not None:
            extensions["service"] = self.service
        formatted: dict[str, object] = {"message": self.message, "extensions": extensions}
        if self.locations:
            formatted["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path is not None:
            formatted["path"] = list(self.path)
        return formatted


class SubrequestError(Exception):
    """A subgraph could not be asked, or did not answer in GraphQL. The message is safe to show."""

    code = "SUBREQUEST_HTTP_ERROR"

    def __init__(self, service: str, message: str) -> None:
        super().__init__(message)
        self.service = service
        self.message = message


class SubrequestTimeoutError(SubrequestError):
    """No answer within the time a subgraph has."""

    code = "SUBREQUEST_TIMEOUT"


class SubrequestMalformedError(SubrequestError):
    """An answer that is no GraphQL response."""

    code = "SUBREQUEST_MALFORMED_RESPONSE"
