"""Billing, as it is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from subgraphs.billing.mutations import Mutation
from subgraphs.billing.queries import Query
from subgraphs.billing.types import Invoice, Order, Payment
from subgraphs.billing.webhooks import remember_settings, stripe_webhook
from subgraphs.edge.services import Services
from subgraphs.edge.subgraph import Subgraph


@asynccontextmanager
async def _open(services: Services) -> AsyncIterator[None]:
    remember_settings(services)
    yield


SUBGRAPH = Subgraph(
    domain="billing",
    query=Query,
    mutation=Mutation,
    types=[Order, Payment, Invoice],
    routes=[stripe_webhook],
    open=_open,
)
