"""Back-off."""

import random

from hypothesis import given
from hypothesis import strategies as st

from shared_models.kernel.jobs import Retry
from workers.mesh.retry import delay_before


@given(
    attempt=st.integers(1, 1_000),
    base=st.floats(0.1, 60.0),
    longest=st.floats(1.0, 86_400.0),
    seed=st.integers(),
)
def test_delays_double_within_their_jitter_and_are_bounded(
    attempt: int, base: float, longest: float, seed: int
) -> None:
    delay = delay_before(attempt, Retry(base=base, longest=longest), random.Random(seed))
    ceiling = min(longest, base * 2 ** min(attempt - 1, 60))
    assert ceiling / 2 <= delay <= ceiling
