"""JSON lines on stderr, one shape for structlog and for every library that uses `logging`."""

import logging
import sys
from typing import Any

import msgspec
import structlog
from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from structlog.types import EventDict, Processor, WrappedLogger

from observability.redaction import redact

# Their own handlers would print a second, unstructured line.
_ROUTED = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "dramatiq",
    "alembic",
    "sqlalchemy",
    "litestar",
    "asyncio",
)
# A line per request or per poll says nothing that its trace does not say better.
_QUIET = ("uvicorn.access", "aiohttp.access", "alembic.runtime.plugins", "asyncio")

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure_logs(role: str, level: str, *also: Processor) -> None:
    """Write JSON lines `{ts, level, event, role, trace_id, span_id, ...}` to stderr from `level` upwards.

    `also`: processors that see each finished, redacted line.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _Role(role),
        add_trace,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact_event,
        *also,
    ]
    structlog.configure(
        processors=[*shared, render_json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_add_logger, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared, _render_text],
        )
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _ROUTED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Role:
    """Processor: adds the process's role."""

    def __init__(self, role: str) -> None:
        self._role = role

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event.setdefault("role", self._role)
        return event


def add_trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Processor: adds the current span's `trace_id` and `span_id`, sampled or not."""
    context = get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format_trace_id(context.trace_id)
        event["span_id"] = format_span_id(context.span_id)
    return event


def redact_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Processor: scrubs what must not be written down."""
    scrubbed: EventDict = redact(event)
    return scrubbed


def render_json(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    """Processor: the line, with the fields people look for first in front."""
    line: dict[str, Any] = {"ts": event.pop("ts", None), "level": event.pop("level", None)}
    line["event"] = event.pop("event", None)
    line |= event
    return _encoder.encode({str(key): value for key, value in line.items()})


def _render_text(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return render_json(logger, method, event).decode()


def _add_logger(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["logger"] = event["_record"].name
    event.pop("color_message", None)  # uvicorn's second copy of its text, for terminals
    return event
