"""The entities of orders, and what orders adds to those of others."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from shared_models.kernel import money
from shared_models.kernel.ids import parse_id
from shared_models.kernel.pagination import page_size
from shared_models.orders import models, repository
from shared_models.orders.models import OrderSource
from shared_models.orders.state import OrderStatus
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Info
from subgraphs.edge.types import Money
from subgraphs.orders import loaders
from subgraphs.orders.positions import position_of

strawberry.enum(OrderStatus, description="Where an order stands.")
strawberry.enum(OrderSource, description="Where an order was placed.")


@strawberry.federation.type(keys=["id"], description="A variant of the catalog, with what orders knows of it.")
class Variant:
    """Orders' part of a variant."""

    id: strawberry.ID

    @strawberry.field
    async def units_sold(self, info: Info) -> int:
        """Units in paid and fulfilled orders, less those that came back."""
        variant_id = parse_id(self.id)
        if variant_id is None:
            return 0
        return await info.context.loader(loaders.load_units_sold).load(variant_id) or 0

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Variant:
        """Any id: whether there is such a variant is the catalog's to say."""
        return cls(id=id)


@strawberry.federation.type(keys=["id"], description="A person, with the orders they placed.")
class User:
    """Orders' part of a user."""

    id: strawberry.ID

    @strawberry.field
    async def orders(self, info: Info, first: int | None = None, after: str | None = None) -> Connection[Order]:
        """The orders that this person placed, newest first."""
        size, position = page_size(first), position_of(after)
        person = UUID(self.id)
        wanted = repository.OrderFilter(placed_by=person)

        async def count() -> int:
            async with info.context.transaction() as session:
                return await repository.count_orders(session, wanted)

        page = await info.context.loader(loaders.load_orders_of_people).load(loaders.PersonPage(person, size, position))
        if page is None:
            raise LookupError(f"no page for person {person}")
        return connection(page, Order.of, count)

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> User | None:
        """Any id that can be one: whether there is such a person is for accounts to say."""
        return cls(id=id) if parse_id(id) else None


@strawberry.type(description="A line of an order. Title and price are those of the day of the order.")
class OrderLine:
    """GraphQL's face of a line."""

    variant: Variant | None = strawberry.field(
        description="Null when the catalog did not know the SKU: the order came from elsewhere."
    )
    sku: str
    title: str
    quantity: int
    returned: int = strawberry.field(description="How many of `quantity` came back.")
    unit_price: Money
    total: Money

    @classmethod
    def of(cls, row: models.OrderLine, currency: str) -> OrderLine:
        """From the table's row."""
        return cls(
            variant=Variant(id=strawberry.ID(str(row.variant_id))) if row.variant_id else None,
            sku=row.sku,
            title=row.title,
            quantity=row.quantity,
            returned=row.returned,
            unit_price=Money(amount=row.unit_price, currency=currency),
            total=Money.of(money.Money(row.unit_price, currency).times(row.quantity)),
        )


@strawberry.federation.type(keys=["id"], description="An order.")
class Order:
    """GraphQL's face of an order."""

    id: strawberry.ID
    number: str
    status: OrderStatus
    source: OrderSource
    total: Money
    placed_by: User | None = strawberry.field(description="Null for orders that were placed elsewhere.")
    placed_at: datetime
    failure_reason: str | None = strawberry.field(description="Why it was rejected, or not paid.")

    @strawberry.field
    async def lines(self, info: Info) -> list[OrderLine]:
        """What was ordered."""
        rows = await info.context.loader(loaders.load_lines).load(UUID(self.id))
        return [OrderLine.of(row, self.total.currency) for row in rows or []]

    @classmethod
    def of(cls, row: models.Order) -> Order:
        """From the table's row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            number=row.number,
            status=row.status,
            source=row.source,
            total=Money.of(row.total),
            placed_by=User(id=strawberry.ID(str(row.placed_by))) if row.placed_by else None,
            placed_at=row.placed_at,
            failure_reason=row.failure_reason,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Order | None:
        """The order of an id; None for one that the caller's tenant does not have."""
        row = await info.context.load_by_id(loaders.load_orders, id)
        return cls.of(row) if row else None
