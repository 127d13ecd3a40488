"""Shares of the lanes."""

from hypothesis import given
from hypothesis import strategies as st

from shared_models.kernel.tenancy import Lane
from workers.mesh.lanes import PER_THREAD, allowances


def test_without_workers_nothing_is_dispatched() -> None:
    assert set(allowances(0, {}).values()) == {0}


def test_bulk_work_leaves_room_for_the_lanes_above() -> None:
    bulk = allowances(8, {})[Lane.BULK]
    assert bulk == 6  # of eight threads
    assert allowances(8, {Lane.BULK: bulk})[Lane.PREMIUM] == 8 * PER_THREAD - bulk


def test_the_lowest_lane_moves_even_when_the_capacity_is_used_up() -> None:
    full = {Lane.INTERACTIVE: 8 * PER_THREAD}
    assert allowances(8, full)[Lane.INTERACTIVE] == 0
    assert allowances(8, full)[Lane.BULK] == 1
    assert allowances(8, full | {Lane.BULK: 1})[Lane.BULK] == 0


@given(
    threads=st.integers(1, 200),
    in_flight=st.dictionaries(st.sampled_from(list(Lane)), st.integers(0, 500)),
)
def test_no_lane_is_ever_starved_or_unbounded(threads: int, in_flight: dict[Lane, int]) -> None:
    allowed = allowances(threads, in_flight)
    for lane in Lane:
        assert 0 <= allowed[lane] <= threads * PER_THREAD
        if not in_flight.get(lane):
            assert allowed[lane] >= 1
