"""The relay's part in a trace: a PRODUCER span between what caused a job and the worker that runs it."""

from __future__ import annotations

from typing import Any

import msgspec
from opentelemetry import trace

import observability

_tracer = observability.tracer("workers.mesh.relay")


def published_trace(domain: str, job: Any) -> dict[str, str]:
    """Records that a claimed job is sent to its domain's workers; returns the context that travels with it."""
    cause = msgspec.json.decode(job.trace, type=dict[str, str])
    parent = observability.restored(cause)
    if not trace.get_current_span(parent).get_span_context().trace_flags.sampled:
        return cause
    with _tracer.start_as_current_span(
        f"send {domain}",
        context=parent,
        kind=trace.SpanKind.PRODUCER,
        attributes={
            "messaging.system": "trellis",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": domain,
            "messaging.message.id": str(job.id),
            "trellis.actor": job.name,
            "trellis.attempt": job.attempt,
        },
    ):
        return observability.trace_context()
