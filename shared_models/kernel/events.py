"""Events: what a domain tells the others. Immutable, typed, named in the past tense."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Base of every event.

    The name on the wire is `<domain>.<ClassName>`. Events are a contract between domains that ship alone:
    add fields with defaults, never remove or rename one.
    """

    domain: ClassVar[str]

    @classmethod
    def name(cls) -> str:
        """The name under which subscribers know it, such as `orders.OrderPlaced`."""
        return f"{cls.domain}.{cls.__name__}"
