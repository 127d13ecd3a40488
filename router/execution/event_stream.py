"""Server-sent events, as graphql-sse uses them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from router.execution.errors import SubrequestMalformedError


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` are its lines joined."""

    name: str
    data: bytes


async def read_events(service: str, chunks: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[Event]:
    """Events of a stream. Comments, which keep the connection alive, are dropped.

    Raises SubrequestMalformedError for an event larger than `most_bytes`.
    """
    name, data, size = "message", list[bytes](), 0
    async for line in _lines(service, chunks, most_bytes):
        if not line:
            if data or name != "message":
                yield Event(name, b"\n".join(data))
            name, data, size = "message", [], 0
            continue
        if line.startswith(b":"):
            continue
        size += len(line)
        if size > most_bytes:
            raise SubrequestMalformedError(service, "an event is larger than a response may be")
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"event":
            name = value.decode("utf-8", "replace")
        elif key == b"data":
            data.append(value)


async def _lines(service: str, chunks: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    # Pieces of a line whose end has not come. Joined once: a large event comes in thousands of them.
    held, size = list[bytes](), 0
    async for chunk in chunks:
        end, *begun = chunk.split(b"\n")
        held.append(end)
        size += len(end)
        for line in begun:
            yield b"".join(held).removesuffix(b"\r")
            held, size = [line], len(line)
        if size > most_bytes:
            raise SubrequestMalformedError(service, "an event is larger than a response may be")
