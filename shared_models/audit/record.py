"""What the log keeps of an event, without a database: its subject, what it mentions, and its data made fit to keep.

Kept for good means: ids, no personal data, and bounded in size. Long lists are kept as their length and digest, so
that whoever still has the event can prove what was in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from shared_models.kernel.events import Event
from shared_models.kernel.ids import parse_id

#: Longer lists are kept as a digest.
_LIST_KEPT = 20
_TEXT_KEPT = 500

#: What names a person, or how they pay, is not kept.
_WITHHELD = frozenset({"name", "tenant_name", "email", "customer", "payment_method"})

#: The field of an event that names its subject; the first that is there counts.
_SUBJECTS = {"payment_id": "Payment", "product_id": "Product", "user_id": "User", "order_id": "Order"}

_encoder = msgspec.json.Encoder(order="sorted")


class Kept(msgspec.Struct, frozen=True):
    """An event as it is kept. `mentions`: the ids in whose trails it belongs, those of the subject among them."""

    subject_type: str | None
    subject_id: UUID | None
    mentions: frozenset[UUID]
    data: dict[str, Any]


def kept(event: Event) -> Kept:
    """What is kept of an event."""
    payload: dict[str, Any] = msgspec.to_builtins(event)
    mentions = frozenset(_mentioned(payload))
    for field, subject_type in _SUBJECTS.items():
        if subject_id := _id(payload.get(field)):
            return Kept(subject_type, subject_id, mentions, _fit(payload))
    return Kept(None, None, mentions, _fit(payload))


def _mentioned(payload: Mapping[str, Any]) -> set[UUID]:
    """The ids of entities that have a trail, in the event itself and in its lists."""
    found = {mentioned for field in _SUBJECTS if (mentioned := _id(payload.get(field)))}
    for value in payload.values():
        if isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    found |= _mentioned(item)
    return found


def _id(value: object) -> UUID | None:
    return parse_id(value) if isinstance(value, str) else None


def _fit(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _fit(item) for key, item in value.items() if key not in _WITHHELD}
    if isinstance(value, list):
        whole = [_fit(item) for item in value]
        if len(whole) <= _LIST_KEPT:
            return whole
        return {"count": len(whole), "sha256": hashlib.sha256(_encoder.encode(whole)).hexdigest()}
    if isinstance(value, float):
        return repr(value)  # text keeps its digits through every database and hash
    if isinstance(value, str) and len(value) > _TEXT_KEPT:
        return value[:_TEXT_KEPT]
    return value
