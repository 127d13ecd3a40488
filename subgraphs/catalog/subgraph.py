"""Catalog as it is served."""

from subgraphs.catalog.mutations import Mutation
from subgraphs.catalog.queries import Query
from subgraphs.edge.subgraph import Subgraph

SUBGRAPH = Subgraph("catalog", query=Query, mutation=Mutation)
