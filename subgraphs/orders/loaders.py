"""Batched reads of orders: each answers a list of keys in their order."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import msgspec

from shared_models.kernel.pagination import Page, page_of
from shared_models.orders import repository
from shared_models.orders.models import Order, OrderLine
from subgraphs.edge.context import Context
from subgraphs.orders.positions import cursor_of


class PersonPage(msgspec.Struct, frozen=True):
    """A page of one person's orders, as asked for."""

    person: UUID
    size: int
    after: repository.Position | None


async def load_orders(context: Context, ids: list[UUID]) -> list[Order | None]:
    """Orders by id."""
    async with context.transaction() as session:
        found = await repository.orders_by_id(session, ids)
    return [found.get(id) for id in ids]


async def load_lines(context: Context, order_ids: list[UUID]) -> list[list[OrderLine] | None]:
    """The lines of each order."""
    async with context.transaction() as session:
        found = await repository.lines_of_orders(session, order_ids)
    return [found[order_id] for order_id in order_ids]


async def load_units_sold(context: Context, variant_ids: list[UUID]) -> list[int | None]:
    """Units sold of each variant."""
    async with context.transaction() as session:
        found = await repository.units_sold(session, variant_ids)
    return [found.get(variant_id, 0) for variant_id in variant_ids]


async def load_orders_of_people(context: Context, pages: list[PersonPage]) -> list[Page[Order] | None]:
    """Pages of people's orders; those of one size and beginning are read at once."""
    alike: dict[tuple[int, repository.Position | None], list[UUID]] = defaultdict(list)
    for page in pages:
        alike[page.size, page.after].append(page.person)
    found: dict[PersonPage, Page[Order]] = {}
    async with context.transaction() as session:
        for (size, after), people in alike.items():
            rows = await repository.orders_of_people(session, people, size + 1, after)
            for person in people:
                found[PersonPage(person, size, after)] = page_of(rows[person], size, cursor_of)
    return [found[page] for page in pages]
