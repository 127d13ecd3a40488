"""The relay's part in a trace: a PRODUCER span between what caused a job and the worker that runs it."""

from __future__ import annotations

from typing import Any

from opentelemetry import trace
from sqlalchemy import Row

import observability

_tracer = observability.tracer("workers.mesh.relay")


def published_trace(domain: str, job: Row[Any]) -> dict[str, str]:
    """Records that `job` is sent to its domain's workers; returns the context that travels with the message."""
    carrier: dict[str, str] = job.trace
    parent = observability.restored(carrier)
    if not trace.get_current_span(parent).get_span_context().trace_flags.sampled:
        return carrier
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
            "trellis.job": job.name,
            "trellis.attempt": job.attempt + 1,
        },
    ):
        return observability.trace_context()
