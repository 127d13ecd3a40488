"""Which supergraph is in force since when, and what became of those that should have replaced it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Literal

from opentelemetry.metrics import CallbackOptions, Meter, Observation

Result = Literal["served", "unchanged", "refused", "unavailable"]


class Standing:
    """Told by whoever puts supergraphs in force; read by health and metrics.

    `id` is the start of the SHA-256 of the SDL in force: the same for every router that serves the same. `refused` and
    `unavailable` say why the newest is not served, or why nobody knows whether there is one; `waiting` is the latter
    while nothing is served.
    """

    def __init__(self, meter: Meter) -> None:
        self.id: str | None = None
        self.is_copy = False
        self.refused: str | None = None
        self.unavailable: str | None = None
        self._since = 0.0
        self._results: Counter[Result] = Counter()
        meter.create_observable_counter(
            "trellis.router.supergraph.looks",
            [self._count],
            unit="{look}",
            description="Looks at the source of the supergraph, by what came of them.",
        )
        meter.create_observable_gauge(
            "trellis.router.supergraph.age",
            [self._age],
            unit="s",
            description="Time since the supergraph in force, which the attribute names, was put there.",
        )

    def serve(self, id_: str, *, is_copy: bool = False) -> None:
        """Another supergraph is in force; `is_copy` where it is the one of an earlier run."""
        self.id, self.is_copy, self._since = id_, is_copy, time.monotonic()
        if not is_copy:
            self.refused = self.unavailable = None
            self._results["served"] += 1

    def keep(self) -> None:
        """The source has what is in force."""
        self.is_copy = False
        self.refused = self.unavailable = None
        self._results["unchanged"] += 1

    def see_again(self) -> None:
        """The source has what it offered last, whatever became of that."""
        self.unavailable = None
        self._results["unchanged"] += 1

    def refuse(self, reason: str) -> None:
        """What the source has cannot be served."""
        self.refused, self.unavailable = reason, None
        self._results["refused"] += 1

    def do_without(self, reason: str) -> None:
        """The source cannot be looked at."""
        self.unavailable = reason
        self._results["unavailable"] += 1

    @property
    def remark(self) -> str | None:
        """What health says of a router that serves; nothing where all is well."""
        if self.refused is not None:
            return "the newest one is refused, see the log"
        if self.is_copy:
            return "the one of an earlier run, its source is unavailable"
        return "its source is unavailable, see the log" if self.unavailable is not None else None

    @property
    def obstacle(self) -> str:
        """What health says of a router that does not serve yet."""
        if self.refused is not None:
            return "the supergraph is refused, see the log"
        return self.unavailable or "the supergraph is being loaded"

    def _count(self, _: CallbackOptions) -> Iterable[Observation]:
        for result, count in list(self._results.items()):
            yield Observation(count, {"trellis.router.supergraph.result": result})

    def _age(self, _: CallbackOptions) -> Iterable[Observation]:
        if self.id is not None:
            yield Observation(time.monotonic() - self._since, {"trellis.router.supergraph.id": self.id})
