"""The hash chain, without a database: what is hashed, how, and how a chain is followed.

An entry's hash is SHA-256, in hexadecimal, over the UTF-8 bytes of a JSON object with all its other fields, keys in
the order of their code points at every level, nothing between tokens, and only `"`, `\\` and control characters
escaped; ids in their lower-case form, times in UTC as `2026-11-20T23:59:59.123456Z`. Python's standard library writes
the same bytes: `json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.
The first entry's `previous_hash` is 64 zeros.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

GENESIS = "0" * 64

_encoder = msgspec.json.Encoder(order="sorted")


class Link(msgspec.Struct, frozen=True):
    """An entry of the chain as it is hashed. `data` holds no floats: two databases may spell them differently."""

    tenant_id: UUID
    sequence: int
    id: UUID
    at: datetime
    occurred_at: datetime
    actor_id: UUID | None
    action: str
    subject_type: str | None
    subject_id: UUID | None
    data: dict[str, Any]
    event_id: UUID
    trace_id: str | None
    previous_hash: str


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: the sequence and hash of its last entry."""

    sequence: int
    hash: str


START = Head(0, GENESIS)


def canonical(link: Link) -> bytes:
    """The bytes that are hashed."""
    fields = {name: getattr(link, name) for name in Link.__struct_fields__}
    fields["at"], fields["occurred_at"] = _utc(link.at), _utc(link.occurred_at)
    return _encoder.encode(fields)


def digest(link: Link) -> str:
    """The entry's hash."""
    return hashlib.sha256(canonical(link)).hexdigest()


class ChainWalk:
    """Follows a chain from its first entry; remembers the first sequence that breaks it."""

    def __init__(self, head: Head) -> None:
        self._promised = head
        self._last = START
        self.first_broken: int | None = None

    @property
    def entries(self) -> int:
        """How many entries verify, from the first one on."""
        return self._last.sequence if self.first_broken is None else self.first_broken - 1

    def follow(self, links: Iterable[tuple[Link, str]]) -> bool:
        """Goes on over entries with their stored hashes; False at the first that is missing, changed or forged."""
        for link, stored in links:
            expected = self._last.sequence + 1
            if link.sequence != expected or link.previous_hash != self._last.hash or digest(link) != stored:
                self.first_broken = expected
                return False
            if link.sequence == self._promised.sequence and stored != self._promised.hash:
                self.first_broken = expected
                return False
            self._last = Head(link.sequence, stored)
        return True

    def end(self, head: Head) -> None:
        """All entries were followed: the tail is whole if it reaches the head, and no further than it has by now."""
        if self.first_broken is None and not self._promised.sequence <= self.entries <= head.sequence:
            self.first_broken = min(self.entries, head.sequence) + 1


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
