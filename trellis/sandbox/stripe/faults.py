"""What is to go wrong on purpose."""

import random

import msgspec


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates are between 0 and 1; with ``seed`` the same requests meet the same faults.

    Attributes:
        latency_ms: every request waits that long before it is worked on.
        error_rate: answered 500 without anything done.
        drop_response_rate: done, then the connection is closed without an answer.
        duplicate_webhooks: every webhook is sent twice.
        webhook_delay_ms: webhooks leave that much later; like at Stripe, usually after the answer has arrived.
        out_of_order: webhooks leave in no particular order.
    """

    latency_ms: float = 0
    error_rate: float = 0
    drop_response_rate: float = 0
    duplicate_webhooks: bool = False
    webhook_delay_ms: float = 400
    out_of_order: bool = False
    seed: int | None = None


_SHUFFLE_SECONDS = 0.5


class FaultInjector:
    """Throws the dice for the current ``faults``."""

    def __init__(self) -> None:
        self.set(Faults())

    def set(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 -- chance of faults, no secret

    def fails(self) -> bool:
        return self._random.random() < self.faults.error_rate

    def drops_response(self) -> bool:
        return self._random.random() < self.faults.drop_response_rate

    def webhook_delay(self) -> float:
        """Seconds from an event to the first attempt at its webhook."""
        shuffled = self._random.uniform(0, _SHUFFLE_SECONDS) if self.faults.out_of_order else 0
        return self.faults.webhook_delay_ms / 1000 + shuffled
