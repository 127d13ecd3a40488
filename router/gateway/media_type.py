"""Which of the media types we speak a client accepts."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache


class MediaType(StrEnum):
    """What a response can be."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENT_STREAM = "text/event-stream"


# A client without a preference gets what every client understands.
_PREFERENCE = (MediaType.JSON, MediaType.GRAPHQL, MediaType.EVENT_STREAM)


@lru_cache(maxsize=256)
def negotiate(accept: str) -> MediaType | None:
    """The best of what the `accept` header lists; None where it lists nothing we speak."""
    if not accept.strip():
        return MediaType.JSON
    best: tuple[float, int, MediaType] | None = None
    for place, item in enumerate(accept.split(",")):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = _quality(parameters)
        if quality <= 0:
            continue
        for offered in _PREFERENCE:
            if name in (offered.value, "*/*", offered.value.split("/")[0] + "/*"):
                candidate = (quality, -place, offered)
                # A wildcard matches several: the first offered stands.
                if best is None or candidate[:2] > best[:2]:
                    best = candidate
    return best[2] if best else None


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
