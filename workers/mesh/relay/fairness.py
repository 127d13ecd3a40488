"""Whose turn it is in a lane: deficit round robin over tenants, weighted by what they have paid for.

Source: M. Shreedhar, G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

import msgspec

from shared_models.kernel.tenancy import Tier

#: Messages that a tenant may send at one visit of the round.
WEIGHTS: Mapping[Tier, int] = MappingProxyType({Tier.STANDARD: 1, Tier.PREMIUM: 4})

LARGEST_VISIT = max(WEIGHTS.values())


class Waiting(msgspec.Struct, frozen=True):
    """A tenant and how many messages it has to send now."""

    tenant: UUID
    weight: int
    messages: int


class Shares(msgspec.Struct, frozen=True):
    """How many messages each tenant may send, and where the next round begins.

    `last`: the tenant after whom it goes on; None when not one visit was ended. `deficits`: what is left of a visit
    that the allowance cut short, which that tenant has at its next one in place of a fresh weight.
    """

    messages: dict[UUID, int]
    deficits: dict[UUID, int]
    last: UUID | None


def shares(waiting: Sequence[Waiting], deficits: Mapping[UUID, int], allowance: int) -> Shares:
    """Divides an allowance of messages among tenants, in the order given, round after round.

    Of a tenant that has nothing more to send nothing is kept: who was idle has saved up nothing.
    """
    left = {tenant.tenant: tenant.messages for tenant in waiting}
    messages: dict[UUID, int] = {}
    kept: dict[UUID, int] = {}
    last = None
    visits = deque(tenant for tenant in waiting if tenant.messages > 0)
    credit = {tenant.tenant: deficits[tenant.tenant] for tenant in visits if deficits.get(tenant.tenant)}
    while visits and allowance > 0:
        visited = visits.popleft()
        tenant = visited.tenant
        deficit = credit.pop(tenant, visited.weight)
        sent = min(deficit, left[tenant], allowance)
        messages[tenant] = messages.get(tenant, 0) + sent
        left[tenant] -= sent
        allowance -= sent
        if left[tenant] and sent < deficit:
            kept[tenant] = deficit - sent
            break
        last = tenant
        if left[tenant]:
            visits.append(visited)
    return Shares(messages, kept, last)
