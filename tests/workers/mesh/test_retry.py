"""Back-off."""

import random

from hypothesis import given
from hypothesis import strategies as st

from workers.mesh.retry import LONGEST_SECONDS, delay_before


@given(attempt=st.integers(1, 40), seed=st.integers())
def test_delays_double_within_their_jitter_and_are_bounded(attempt: int, seed: int) -> None:
    delay = delay_before(attempt, random.Random(seed))
    ceiling = min(LONGEST_SECONDS, 0.5 * 2 ** (attempt - 1))
    assert ceiling / 2 <= delay <= ceiling
