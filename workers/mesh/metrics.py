"""What workers and relays tell of themselves, by queue, lane and tier; never by tenant, of whom there are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec
from opentelemetry.metrics import CallbackOptions, Meter, Observation

from shared_models.kernel.tenancy import Lane, Tier

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

Attributes = dict[str, str | int | float | bool]
Observer = Callable[[CallbackOptions], Iterable[Observation]]


class Outcome(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    RETRY = "retry"
    SNOOZED = "snoozed"
    DEAD = "dead"
    CANCELLED = "cancelled"
    HANDED_BACK = "handed_back"
    LEASE_LOST = "lease_lost"
    UNSETTLED = "unsettled"


class Kind(msgspec.Struct, frozen=True):
    """What jobs are told apart by."""

    domain: str
    queue: str
    lane: Lane
    tier: Tier

    def attributes(self) -> Attributes:
        """As metrics and spans have them."""
        return {
            "messaging.system": "trellis",
            "messaging.destination.name": f"{self.domain}.{self.queue}",
            "trellis.domain": self.domain,
            "trellis.queue": self.queue,
            "trellis.lane": self.lane.name.lower(),
            "trellis.tier": self.tier.lower(),
        }


class QueueCensus(msgspec.Struct, frozen=True):
    """The unfinished jobs and dead letters of one kind. `age` is in seconds: how long the oldest has been due."""

    kind: Kind
    due: int
    scheduled: int
    blocked: int
    in_flight: int
    dead: int
    age: float


class WorkerMetrics:
    """The attempts of one worker process."""

    def __init__(self, meter: Meter) -> None:
        self._duration = meter.create_histogram(
            "messaging.process.duration",
            unit="s",
            description="Time that one attempt at a job takes, and how it ended.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._wait = meter.create_histogram(
            "trellis.job.wait",
            unit="s",
            description="Time from when a job was due to its start.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def started(self, kind: Kind, waited: float) -> None:
        """A job has begun, `waited` seconds after it was due."""
        self._wait.record(max(0.0, waited), kind.attributes())

    def ended(self, kind: Kind, outcome: Outcome, seconds: float, error: str | None = None) -> None:
        """An attempt has ended; `error` is the code of its failure."""
        attributes = {**kind.attributes(), "trellis.outcome": outcome.value}
        if error is not None:
            attributes["error.type"] = error
        self._duration.record(seconds, attributes)


class RelayMetrics:
    """What the relays of one process move, and what they see waiting in the databases that they lead."""

    def __init__(self, meter: Meter) -> None:
        self._census: dict[str, Sequence[QueueCensus]] = {}
        self._shipped: Counter[str] = Counter()
        self._dispatched: Counter[str] = Counter()
        self._rescued: Counter[tuple[str, str]] = Counter()
        for name, description, count in _WAITING:
            meter.create_observable_up_down_counter(
                f"trellis.job.{name}", [self._each_kind(count)], unit="{job}", description=description
            )
        meter.create_observable_gauge(
            "trellis.job.age",
            [self._each_kind(lambda found: found.age)],
            unit="s",
            description="How long the oldest job that waits has been due.",
        )
        meter.create_observable_counter(
            "trellis.relay.shipped",
            [_by_domain(self._shipped)],
            unit="{event}",
            description="Events that were given to their subscribers.",
        )
        meter.create_observable_counter(
            "trellis.relay.dispatched",
            [_by_domain(self._dispatched)],
            unit="{message}",
            description="Messages that were sent to workers.",
        )
        meter.create_observable_counter(
            "trellis.relay.rescued",
            [self._observe_rescued],
            unit="{job}",
            description="Jobs that were taken back from workers, or from a Redis, that fell silent, by what became of "
            "them.",
        )

    def seen(self, domain: str, census: Sequence[QueueCensus]) -> None:
        """What there is in a domain that this process leads; empty where it does not."""
        self._census[domain] = census

    def shipped(self, domain: str, events: int) -> None:
        """Events of a domain's outbox have gone."""
        self._shipped[domain] += events

    def dispatched(self, domain: str, messages: int) -> None:
        """Messages have gone to a domain's workers."""
        self._dispatched[domain] += messages

    def rescued(self, domain: str, state: str) -> None:
        """A job was taken back, and is in this state now."""
        self._rescued[domain, state] += 1

    def _each_kind(self, count: Callable[[QueueCensus], float]) -> Observer:
        """A number of each kind of jobs, as they were last counted."""

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [
                Observation(count(found), found.kind.attributes())
                for census in list(self._census.values())
                for found in census
            ]

        return observe

    def _observe_rescued(self, _: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(count, {"trellis.domain": domain, "trellis.job.state": state})
            for (domain, state), count in list(self._rescued.items())
        ]


def _by_domain(counted: Counter[str]) -> Observer:
    """What each domain has been counted for, up to now."""

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(count, {"trellis.domain": domain}) for domain, count in list(counted.items())]

    return observe


_WAITING: tuple[tuple[str, str, Callable[[QueueCensus], float]], ...] = (
    ("due", "Jobs that wait for a worker: the depth of a queue.", lambda found: found.due),
    ("scheduled", "Jobs whose time has not come.", lambda found: found.scheduled),
    ("blocked", "Jobs that wait for a batch to end.", lambda found: found.blocked),
    ("in_flight", "Jobs that were sent to workers, or run there.", lambda found: found.in_flight),
    ("dead", "Dead letters.", lambda found: found.dead),
)
