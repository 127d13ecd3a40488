"""The accounts subgraph. It verifies tokens by its own keys, without asking itself over HTTP."""

from __future__ import annotations

from subgraphs.accounts.desk import desk_of, open_desk
from subgraphs.accounts.jwks import jwks
from subgraphs.accounts.mutations import Mutation
from subgraphs.accounts.queries import Query
from subgraphs.edge.subgraph import Subgraph

SUBGRAPH = Subgraph(
    domain="accounts",
    query=Query,
    mutation=Mutation,
    routes=[jwks],
    open=open_desk,
    keys=lambda services: desk_of(services).ring,
)
