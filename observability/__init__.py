"""Traces, metrics, logs and error reports of every Trellis process.

`setup(role)` is the only call a process makes; everything else here reads or carries the current trace.
"""

from opentelemetry.metrics import Meter, get_meter
from opentelemetry.trace import Tracer, get_tracer

from observability.propagation import current_trace_id, link_to, restored, trace_context, unrecorded

__all__ = [
    "current_trace_id",
    "link_to",
    "meter",
    "restored",
    "setup",
    "shutdown",
    "trace_context",
    "tracer",
    "unrecorded",
]


def setup(role: str, *, is_edge: bool = False) -> None:
    """Start observability for this process, e.g. `setup("subgraph.orders")`.

    At the edge, where callers are strangers, a caller's `traceparent` gives a trace its id, but whether it is
    recorded is decided here: everywhere else the caller's decision is kept.

    A process has one role: the first call decides, a later call changes nothing and logs a warning if its
    role differs. Settings come from the environment (see `observability.settings.ObservabilitySettings`).
    """
    # The SDK is a few megabytes of imports: a process that never calls setup does not pay for them.
    from observability.process import start

    start(role, is_edge)


def shutdown() -> None:
    """Flush what is still queued and stop the exporters. Takes at most a few seconds; safe to call twice."""
    from observability.process import stop

    stop()


def tracer(name: str) -> Tracer:
    """The tracer of one module. May be called at import time, before `setup`."""
    return get_tracer(name)


def meter(name: str) -> Meter:
    """The meter of one module. May be called at import time, before `setup`."""
    return get_meter(name)
