"""How soon a relay looks again while there is work."""

from workers.mesh.relay.relay import BUSY_WAIT, LONGEST_BUSY_WAIT, Found, next_busy_wait


def waits(*found: Found) -> list[float]:
    wait, all_of_them = 0.0, []
    for each in found:
        wait = next_busy_wait(wait, each)
        all_of_them.append(wait)
    return all_of_them


def test_the_longer_there_is_some_work_the_more_of_it_travels_together() -> None:
    grown = waits(*[Found.SOME] * 20)
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (BUSY_WAIT, LONGEST_BUSY_WAIT)


def test_workers_that_may_have_waited_are_waited_for_less() -> None:
    *_, full, halved = waits(*[Found.SOME] * 20, Found.AS_MUCH_AS_CAN_RUN)
    assert halved == full / 2
    assert waits(*[Found.AS_MUCH_AS_CAN_RUN] * 20) == [BUSY_WAIT] * 20
