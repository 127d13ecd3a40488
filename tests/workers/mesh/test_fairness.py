"""Shares of tenants."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared_models.kernel.tenancy import Tier
from workers.mesh.relay.fairness import WEIGHTS, Waiting, shares

ROUNDS = st.lists(st.tuples(st.sampled_from(list(Tier)), st.integers(0, 40)), min_size=1, max_size=12)


def a_tenant(number: int) -> UUID:
    return UUID(int=number + 1)


def the_round(tenants: list[tuple[Tier, int]]) -> list[Waiting]:
    return [Waiting(a_tenant(number), WEIGHTS[tier], messages) for number, (tier, messages) in enumerate(tenants)]


@given(tenants=ROUNDS, allowance=st.integers(0, 100))
def test_what_is_allowed_is_used_up_and_never_exceeded(tenants: list[tuple[Tier, int]], allowance: int) -> None:
    granted = shares(the_round(tenants), {}, allowance).messages
    assert sum(granted.values()) == min(allowance, sum(messages for _, messages in tenants))
    for number, (_, messages) in enumerate(tenants):
        assert granted.get(a_tenant(number), 0) <= messages


@given(tenants=ROUNDS, allowances=st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_shares_of_those_who_always_wait_follow_their_weights(
    tenants: list[tuple[Tier, int]], allowances: list[int]
) -> None:
    order = the_round([(tier, 1000) for tier, _ in tenants])
    deficits: dict[UUID, int] = {}
    total = dict.fromkeys((waiting.tenant for waiting in order), 0)
    for allowance in allowances:
        granted = shares(order, deficits, allowance)
        deficits = granted.deficits
        for tenant, messages in granted.messages.items():
            total[tenant] += messages
        if granted.last is not None:
            after = next(place for place, waiting in enumerate(order) if waiting.tenant == granted.last) + 1
            order = order[after:] + order[:after]
    visits = [total[waiting.tenant] / waiting.weight for waiting in order]
    assert max(visits) - min(visits) <= 1


@given(tenants=ROUNDS, allowance=st.integers(1, 5))
def test_nobody_who_waits_is_passed_over(tenants: list[tuple[Tier, int]], allowance: int) -> None:
    """However few are sent at a time, every tenant sends before any has had two visits."""
    order = [waiting for waiting in the_round(tenants) if waiting.messages]
    deficits: dict[UUID, int] = {}
    first_sent: set[UUID] = set()
    sent = 0
    while len(first_sent) < len(order):
        granted = shares(order, deficits, allowance)
        deficits = granted.deficits
        first_sent |= set(granted.messages)
        sent += sum(granted.messages.values())
        if granted.last is not None:
            after = next(place for place, waiting in enumerate(order) if waiting.tenant == granted.last) + 1
            order = order[after:] + order[:after]
        assert sent <= sum(waiting.weight for waiting in order) + allowance


def test_who_was_idle_has_saved_up_nothing() -> None:
    idle = shares([Waiting(a_tenant(1), 4, 2), Waiting(a_tenant(2), 1, 9)], {}, 3)
    assert idle.messages == {a_tenant(1): 2, a_tenant(2): 1}
    assert idle.deficits == {}


def test_a_visit_that_was_cut_short_goes_on() -> None:
    premium = Waiting(a_tenant(1), 4, 9)
    cut = shares([premium, Waiting(a_tenant(2), 1, 9)], {}, 3)
    assert (cut.messages, cut.deficits, cut.last) == ({a_tenant(1): 3}, {a_tenant(1): 1}, None)
    resumed = shares([premium, Waiting(a_tenant(2), 1, 9)], cut.deficits, 2)
    assert resumed.messages == {a_tenant(1): 1, a_tenant(2): 1}
