"""What the cache of operations tells of itself, and how long the phases of a new operation take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from opentelemetry.metrics import CallbackOptions, Meter, Observation

Result = Literal["hit", "miss", "coalesced", "refused"]
Holdings = Callable[[], tuple[int, int]]
"""How many operations a cache holds, and how many selections these have."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class OperationMetrics:
    """One for all caches of a router, which replace each other with the supergraph: the counts go on.

    A hit is only an addition here: what the SDK does for each recorded value costs as much as the rest of a hit.
    """

    def __init__(self, meter: Meter) -> None:
        self._results: Counter[Result] = Counter()
        self._evicted = 0
        self._holdings: Holdings = lambda: (0, 0)
        self._durations = meter.create_histogram(
            "trellis.router.operation.phase.duration",
            unit="s",
            description="Time that parsing, validating and planning a new operation take.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        meter.create_observable_counter(
            "trellis.router.operation_cache.requests",
            [self._requests],
            unit="{request}",
            description="Requests for compiled operations, by what the cache had: a hit, a miss, a miss under way, "
            "or a miss that is refused because too many are waiting.",
        )
        meter.create_observable_counter(
            "trellis.router.operation_cache.evictions",
            [lambda _: [Observation(self._evicted)]],
            unit="{operation}",
            description="Operations that made room for others.",
        )
        meter.create_observable_up_down_counter(
            "trellis.router.operation_cache.operations",
            [lambda _: [Observation(self._holdings()[0])]],
            unit="{operation}",
            description="Compiled operations that are kept.",
        )
        meter.create_observable_up_down_counter(
            "trellis.router.operation_cache.selections",
            [lambda _: [Observation(self._holdings()[1])]],
            unit="{selection}",
            description="Fields and fragments of the operations that are kept.",
        )

    def observe(self, holdings: Holdings) -> None:
        """The cache that is in use from now on."""
        self._holdings = holdings

    def count(self, result: Result) -> None:
        self._results[result] += 1

    def evicted(self) -> None:
        self._evicted += 1

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measures what is done in here, also where it fails."""
        began, attributes = time.perf_counter(), {"trellis.router.operation.phase": name}
        try:
            yield
        except Exception as error:
            attributes["error.type"] = type(error).__name__
            raise
        finally:
            self._durations.record(time.perf_counter() - began, attributes)

    def _requests(self, _: CallbackOptions) -> Iterable[Observation]:
        for result, count in list(self._results.items()):
            yield Observation(count, {"trellis.router.operation_cache.result": result})
