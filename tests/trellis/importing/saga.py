"""Delivers what orders and catalog tell each other, in this process, until nothing is left to tell.

The real actors over the real databases; the relay's and the workers' part is a loop, and billing is a desk that
takes every payment at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from shared_models.billing.events import CreditGranted, PaymentCaptured, PaymentRefunded, RefundFailed
from shared_models.kernel.database import Database
from shared_models.kernel.events import Event
from shared_models.kernel.ids import derived_id, new_id
from shared_models.kernel.tenancy import Lane, Scope
from shared_models.orders.events import CreditAccepted, OrderReserved, ReturnAccepted
from workers.catalog import actors as catalog_actors
from workers.mesh.actors import Actor, Delivery
from workers.mesh.outcomes import Snooze
from workers.orders import actors as orders_actors


def _captured(event: OrderReserved) -> Event:
    return PaymentCaptured(derived_id("payment", event.order_id), event.order_id, event.total, "ch_test")


def _refunded(event: ReturnAccepted) -> Event:
    payment_id = derived_id("payment", event.order_id)
    return PaymentRefunded(new_id(), payment_id, event.order_id, event.amount, event.return_id)


def _not_refunded(event: ReturnAccepted) -> Event:
    payment_id = derived_id("payment", event.order_id)
    return RefundFailed(new_id(), payment_id, event.order_id, event.amount, "lost_or_stolen_card", event.return_id)


def _granted(event: CreditAccepted) -> Event:
    return CreditGranted(new_id(), event.return_id, event.customer, event.amount)


#: What billing answers to what it hears.
DESK: dict[str, tuple[type[Event], Callable[[Any], Event]]] = {
    OrderReserved.name(): (OrderReserved, _captured),
    ReturnAccepted.name(): (ReturnAccepted, _refunded),
    CreditAccepted.name(): (CreditAccepted, _granted),
}


class Saga:
    """The mesh of one tenant."""

    def __init__(self, orders: Database, catalog: Database, scope: Scope) -> None:
        self._databases = {"orders": orders, "catalog": catalog}
        self._actors: list[Actor] = [*orders_actors.actors.values(), *catalog_actors.actors.values()]
        self._scope = scope
        self._desk = dict(DESK)

    def refuse_refunds(self) -> None:
        """From now on the processor returns no money."""
        self._desk[ReturnAccepted.name()] = (ReturnAccepted, _not_refunded)

    async def run(self) -> None:
        """Until there are neither events nor jobs that can be done."""
        while await self._ship() or await self._work():
            pass

    async def _ship(self) -> bool:
        shipped: list[tuple[str, dict[str, Any]]] = []
        for database in self._databases.values():
            async with database.transaction(self._scope) as session:
                rows = await session.execute(text("DELETE FROM outbox RETURNING id, name, payload"))
                shipped += [(name, payload) for _, name, payload in sorted(rows, key=lambda row: row.id)]
        for name, payload in shipped:
            await self._deliver(name, payload)
            if name in self._desk:
                kind, answer = self._desk[name]
                answered = answer(msgspec.convert(payload, kind))
                await self._deliver(answered.name(), msgspec.to_builtins(answered))
        return bool(shipped)

    async def _deliver(self, name: str, payload: dict[str, Any]) -> None:
        for actor in self._actors:
            if name in actor.accepts and actor.transactional:
                async with self._databases[actor.domain].transaction(self._scope) as session:
                    await actor.transactional(session, _delivery(new_id(), _decoded(actor, name, payload)))

    async def _work(self) -> bool:
        """Performs each queued job once; whether one of them got done."""
        bulk = msgspec.structs.replace(self._scope, lane=Lane.BULK)
        async with self._databases["orders"].transaction(self._scope) as session:
            due = (await session.execute(text("SELECT id, name, payload FROM job WHERE state = 'queued'"))).all()
        done = False
        for job_id, name, payload in due:
            actor = orders_actors.actors[name]
            try:
                async with self._databases["orders"].transaction(bulk) as session:
                    assert actor.transactional
                    await actor.transactional(session, _delivery(job_id, _decoded(actor, name, payload)))
                    await session.execute(text("UPDATE job SET state = 'done' WHERE id = :id"), {"id": job_id})
            except Snooze:
                continue
            done = True
        return done


def _decoded(actor: Actor, name: str, payload: dict[str, Any]) -> Any:
    return actor.decode(name, msgspec.Raw(msgspec.json.encode(payload)))


def _delivery(job_id: UUID, payload: Any) -> Delivery[Any]:
    return Delivery(payload, job_id, None, None, datetime.now(UTC), None, None, None, 1)
