"""A worker's part in a trace: one CONSUMER span for each delivery, in the trace of what caused it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, trace

import observability
from workers.mesh.actors import Delivery
from workers.mesh.dispatch import Dispatch
from workers.mesh.outcomes import LeaseLost, Snooze

_tracer = observability.tracer("workers.mesh")


@contextmanager
def processing(dispatch: Dispatch, deliveries: Sequence[Delivery[Any]]) -> Iterator[None]:
    """The span of an actor that works on `deliveries`; it belongs to the first's trace and links to the others."""
    traces = dict(zip(dispatch.jobs, dispatch.traces, strict=True))
    first, *others = deliveries
    with _tracer.start_as_current_span(
        f"process {dispatch.actor}",
        context=observability.restored(traces[first.job_id]),
        kind=trace.SpanKind.CONSUMER,
        links=[link for other in others for link in observability.link_to(traces[other.job_id])],
        attributes={
            "messaging.system": "trellis",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": dispatch.domain,
            "messaging.message.id": str(first.job_id),
            "messaging.batch.message_count": len(deliveries),
            "trellis.lane": dispatch.lane.name.lower(),
            "trellis.tier": dispatch.tier.lower(),
            "trellis.wait": round(first.waited, 3),
            "trellis.tenant_id": str(dispatch.tenant_id or ""),
            "trellis.attempt": first.attempt,
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Snooze:
            span.set_attribute("trellis.outcome", "snoozed")
            raise
        except LeaseLost:
            span.set_attribute("trellis.outcome", "lease_lost")
            raise
        except Exception as error:
            span.record_exception(error)
            span.set_status(trace.StatusCode.ERROR, str(getattr(error, "code", type(error).__name__)))
            raise


@contextmanager
def within_trace(cause: Mapping[str, str]) -> Iterator[None]:
    """What is logged and reported within the block carries the trace id of what has caused it."""
    token = context.attach(observability.restored(cause))
    try:
        yield
    finally:
        context.detach(token)
