"""Catalog's SQL. Row-level security confines every statement to the tenant of the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, exists, func, insert, literal, or_, select, text, tuple_, update
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import CollectionAggregate

from shared_models.catalog.models import Product, Reservation, ReservationState, Variant
from shared_models.kernel.database import scope_of

# What every order passes through is plain SQL: the ORM would take more processor time than the database.

_LOCK_STOCK = text(
    """
    SELECT id, stock, EXISTS (SELECT FROM reservation WHERE order_id = :order_id)
    FROM variant WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    """
)

_COMMIT = text("UPDATE reservation SET state = 'COMMITTED' WHERE order_id = :order_id AND state = 'HELD'")

_HOLD = text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:variant_ids AS uuid[]), CAST(:quantities AS int[])) AS w (variant_id, quantity)
    ), taken AS (
        UPDATE variant SET stock = stock - wanted.quantity
        FROM wanted WHERE variant.id = wanted.variant_id AND stock >= wanted.quantity
        RETURNING variant.id, wanted.quantity
    )
    INSERT INTO reservation (order_id, variant_id, tenant_id, quantity)
    SELECT :order_id, id, :tenant_id, quantity FROM taken
    RETURNING variant_id
    """
)

_PUT_BACK = text(
    """
    WITH back AS (
        SELECT * FROM unnest(CAST(:variant_ids AS uuid[]), CAST(:units AS int[])) AS b (variant_id, units)
    ), restocked AS (
        UPDATE variant SET stock = stock + back.units FROM back WHERE variant.id = back.variant_id
    )
    UPDATE reservation
    SET returned = returned + back.units,
        state = CASE WHEN returned + back.units = quantity THEN :complete ELSE state END
    FROM back
    WHERE order_id = :order_id AND reservation.variant_id = back.variant_id
    """
)


def _any_of(ids: Sequence[UUID]) -> CollectionAggregate[Any]:
    """`= ANY(array)`: one statement text, hence one prepared statement, for any number of ids."""
    return any_(literal(list(ids), ARRAY(SqlUuid)))


async def products_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Product]:
    """The products that exist among `ids`."""
    rows = await session.scalars(select(Product).where(Product.id == _any_of(ids)))
    return {row.id: row for row in rows}


async def variants_by_id(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Variant]:
    """The variants that exist among `ids`."""
    rows = await session.scalars(select(Variant).where(Variant.id == _any_of(ids)))
    return {row.id: row for row in rows}


async def variants_by_sku(session: AsyncSession, skus: Sequence[str]) -> dict[str, Variant]:
    """The variants that exist among `skus`."""
    rows = await session.scalars(
        select(Variant).where(Variant.sku == any_(literal(list(skus), ARRAY(Variant.sku.type))))
    )
    return {row.sku: row for row in rows}


async def variants_of_products(session: AsyncSession, product_ids: Sequence[UUID]) -> dict[UUID, list[Variant]]:
    """The variants of each product, by SKU."""
    rows = await session.scalars(
        select(Variant).where(Variant.product_id == _any_of(product_ids)).order_by(Variant.product_id, Variant.sku)
    )
    found: dict[UUID, list[Variant]] = {product_id: [] for product_id in product_ids}
    for row in rows:
        found[row.product_id].append(row)
    return found


def _matching(statement: Select[Any], search: str | None) -> Select[Any]:
    """Those products whose title, or one of whose SKUs, contains `search`, whatever the case.

    No trigram index: behind row-level security PostgreSQL may not evaluate ILIKE, which is not leakproof,
    before it has checked the row's tenant, so such an index would never be used.
    """
    if not search:
        return statement
    return statement.where(
        or_(
            Product.title.icontains(search, autoescape=True),
            exists().where(Variant.product_id == Product.id, Variant.sku.icontains(search, autoescape=True)),
        )
    )


async def search_products(
    session: AsyncSession, search: str | None, size: int, after: tuple[str, UUID] | None
) -> Sequence[Product]:
    """Up to `size` products in order of (title, id), those behind `after`."""
    statement = _matching(select(Product), search).order_by(Product.title, Product.id).limit(size)
    if after:
        statement = statement.where(tuple_(Product.title, Product.id) > tuple_(literal(after[0]), literal(after[1])))
    return (await session.scalars(statement)).all()


async def count_products(session: AsyncSession, search: str | None) -> int:
    """How many products match."""
    counted: int = (await session.execute(_matching(select(func.count()).select_from(Product), search))).scalar_one()
    return counted


async def insert_products(
    session: AsyncSession, products: Sequence[Mapping[str, object]], variants: Sequence[Mapping[str, object]]
) -> None:
    """Writes new products and their variants; rows are columns by name, `tenant_id` is added."""
    tenant_id = scope_of(session).tenant_id
    await session.execute(insert(Product), [{**row, "tenant_id": tenant_id} for row in products])
    await session.execute(insert(Variant), [{**row, "tenant_id": tenant_id} for row in variants])


async def insert_new_products(
    session: AsyncSession, products: Sequence[Mapping[str, object]], variants: Sequence[Mapping[str, object]]
) -> Sequence[Variant]:
    """Like `insert_products`, but passes over ids that exist; returns the variants that did not."""
    if not products:
        return []
    tenant_id = scope_of(session).tenant_id
    await session.execute(
        upsert(Product).on_conflict_do_nothing(index_elements=[Product.id]),
        [{**row, "tenant_id": tenant_id} for row in products],
    )
    return (
        await session.scalars(
            upsert(Variant).on_conflict_do_nothing(index_elements=[Variant.id]).returning(Variant),
            [{**row, "tenant_id": tenant_id} for row in variants],
        )
    ).all()


async def set_price(session: AsyncSession, variant_id: UUID, amount: int, currency: str) -> Variant | None:
    """Changes a price; the variant as it is then, or None when there is none."""
    return await session.scalar(
        update(Variant)
        .where(Variant.id == variant_id)
        .values(price_amount=amount, price_currency=currency, version=Variant.version + 1)
        .returning(Variant)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


async def lock_variant(session: AsyncSession, variant_id: UUID) -> Variant | None:
    """The variant, to be changed by this transaction alone."""
    return await session.scalar(select(Variant).where(Variant.id == variant_id).with_for_update())


async def lock_stock(session: AsyncSession, order_id: UUID, ids: Sequence[UUID]) -> list[tuple[UUID, int, bool]]:
    """Locks variants: (id, stock, whether the order has its reservation already).

    Every transaction that changes the stock of several variants locks them in the order of their ids first, so
    that no two wait for each other in a circle.
    """
    rows = await session.execute(_LOCK_STOCK, {"order_id": order_id, "ids": list(ids)})
    return [(variant_id, stock, known) for variant_id, stock, known in rows]


async def hold(session: AsyncSession, order_id: UUID, quantities: Mapping[UUID, int]) -> int:
    """Takes units out of locked variants' stock for an order, where there are enough; how many variants had."""
    rows = await session.execute(
        _HOLD,
        {
            "order_id": order_id,
            "tenant_id": scope_of(session).tenant_id,
            "variant_ids": list(quantities),
            "quantities": list(quantities.values()),
        },
    )
    return len(rows.all())


async def lock_reservation(session: AsyncSession, order_id: UUID) -> Sequence[Reservation]:
    """What is reserved for an order; it and the stock of its variants, in the order of their ids, are locked."""
    return (
        await session.scalars(
            select(Reservation)
            .join(Variant, Variant.id == Reservation.variant_id)
            .where(Reservation.order_id == order_id)
            .order_by(Variant.id)
            .with_for_update()
        )
    ).all()


async def put_back(
    session: AsyncSession, order_id: UUID, units: Mapping[UUID, int], complete: ReservationState
) -> None:
    """Puts reserved units back into stock; a variant of which all are back gets the state `complete`."""
    await session.execute(
        _PUT_BACK,
        {
            "order_id": order_id,
            "variant_ids": list(units),
            "units": list(units.values()),
            "complete": complete.value,
        },
    )


async def commit_reservation(session: AsyncSession, order_id: UUID) -> None:
    """What is held for an order is sold."""
    await session.execute(_COMMIT, {"order_id": order_id})
