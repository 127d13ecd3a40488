"""In which order workers read what relays have sent."""

from shared_models.kernel.tenancy import Lane
from workers.mesh.dispatch import redis_key, redis_keys, sparse_key


def test_lanes_are_read_most_urgent_first_and_of_each_lane_who_has_little_waiting() -> None:
    assert redis_keys(["catalog", "orders"], [Lane.BULK, Lane.INTERACTIVE]) == [
        [sparse_key("catalog", Lane.INTERACTIVE), sparse_key("orders", Lane.INTERACTIVE)],
        [redis_key("catalog", Lane.INTERACTIVE), redis_key("orders", Lane.INTERACTIVE)],
        [sparse_key("catalog", Lane.BULK), sparse_key("orders", Lane.BULK)],
        [redis_key("catalog", Lane.BULK), redis_key("orders", Lane.BULK)],
    ]
