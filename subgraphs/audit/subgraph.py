"""Audit, as it is served."""

from __future__ import annotations

from subgraphs.audit.queries import Query
from subgraphs.audit.subscriptions import Subscription
from subgraphs.audit.types import AuditEntry, Order, Payment, Product, User
from subgraphs.edge.subgraph import Subgraph

SUBGRAPH = Subgraph(
    domain="audit",
    query=Query,
    subscription=Subscription,
    types=[AuditEntry, Order, Payment, Product, User],
)
