"""What the viewer knows of spans and log lines, independent of the wire format."""

from typing import Any

import msgspec

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """A pointer from one span to another one, usually of another trace."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """A moment of a span, e.g. an exception. `at` in nanoseconds since the epoch."""

    name: str
    at: int
    attributes: dict[str, Any]


class Span(msgspec.Struct, frozen=True, rename="camel"):
    """One span: ids in lower-case hex, `parent_id` "" for a root, times in nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    service: str
    start: int
    end: int
    status: str
    status_message: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str
    events: list[Event]
    links: list[Link]

    @property
    def is_error(self) -> bool:
        return self.status == "ERROR"


class LogLine(msgspec.Struct, frozen=True, rename="camel"):
    """One log record that belongs to a span. `at` in nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    service: str
    at: int
    severity: str
    body: str
    attributes: dict[str, Any]
