"""Head sampling by a budget of traces a second, decided once at a trace's root."""

import threading
import time
from collections.abc import Callable, Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

BURST = 100.0


class RateLimitedSampler(Sampler):
    """Samples a root span while a token is left.

    The bucket holds `burst` tokens and gains `traces_per_second`: a quiet system records every trace, a
    loaded one records a bounded number, whatever its load. Use it as the root of `ParentBased`, which
    keeps a parent's decision.
    """

    def __init__(
        self, traces_per_second: float, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = traces_per_second
        # A rate of 0 means "none", so there is no burst to spend either.
        self._burst = burst if traces_per_second > 0 else 0.0
        self._tokens = self._burst
        self._clock = clock
        self._refilled = clock()
        self._lock = threading.Lock()

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if self._take():
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return SamplingResult(Decision.DROP, None, trace_state)

    def get_description(self) -> str:
        return f"RateLimitedSampler{{{self._rate:g}/s}}"

    def _take(self) -> bool:
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._refilled) * self._rate)
            self._refilled = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True
