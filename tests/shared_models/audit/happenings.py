"""Events to be recorded."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared_models.audit.service import Happened
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.orders.events import OrderFulfilled

_BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def happened(event: Event | None = None, *, minute: int = 0, actor_id: UUID | None = None) -> Happened:
    """An event as it was delivered; some order's fulfilment unless one is given."""
    at = _BEGIN + timedelta(minutes=minute)
    return Happened(new_id(), at, actor_id, "0af7651916cd43dd8448eb211c80319c", event or OrderFulfilled(new_id()))
