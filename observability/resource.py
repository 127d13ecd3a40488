"""Who is speaking: the resource attributes of this process's telemetry."""

import os
import uuid

from opentelemetry.sdk.resources import Resource

NAMESPACE = "trellis"


def service_name(role: str) -> str:
    """`subgraph.orders` -> `trellis-subgraph-orders`."""
    return f"{NAMESPACE}-{role.replace('.', '-')}"


def resource_for(role: str) -> Resource:
    """The process's resource; `OTEL_RESOURCE_ATTRIBUTES` adds to it."""
    return Resource.create(
        {
            "service.name": service_name(role),
            "service.namespace": NAMESPACE,
            "service.instance.id": str(uuid.uuid4()),
            "process.pid": os.getpid(),
        }
    )
