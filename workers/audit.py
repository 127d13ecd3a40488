"""Audit's one actor: every event of every other domain, as it happens, into the tenant's chain."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.accounts import events as accounts
from shared_models.audit import service
from shared_models.audit.service import Happened
from shared_models.billing import events as billing
from shared_models.catalog import events as catalog
from shared_models.kernel.events import Event
from shared_models.orders import events as orders
from workers.mesh.actors import ActorSet, Delivery
from workers.mesh.outcomes import Snooze

actors = ActorSet("audit")

#: The bases of what is recorded: an event that a domain adds is recorded without a change here.
_RECORDED = (accounts.AccountsEvent, catalog.CatalogEvent, orders.OrdersEvent, billing.BillingEvent)


#: How long a batch steps back while another of its tenant is being appended. It comes again together with all
#: that has happened meanwhile, and holds no thread until then.
_TURN_SECONDS = 0.1


@actors.on_batched(*(event for base in _RECORDED for event in base.__subclasses__()), size=100)
async def append(session: AsyncSession, deliveries: Sequence[Delivery[Event]]) -> None:
    """Appends what happened; what is in the chain already is left out."""
    happened = [
        Happened(delivery.event_id, delivery.occurred_at, delivery.actor_id, delivery.trace_id, delivery.payload)
        for delivery in deliveries
        if delivery.event_id is not None
    ]
    try:
        await service.append(session, happened)
    except service.ChainBusy as busy:
        raise Snooze(_TURN_SECONDS, busy.message) from busy
