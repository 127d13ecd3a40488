"""Jobs, as they are served."""

from subgraphs.edge.subgraph import Subgraph
from subgraphs.jobs.mutations import Mutation
from subgraphs.jobs.operators import open_board
from subgraphs.jobs.queries import Query
from subgraphs.jobs.subscriptions import Subscription

SUBGRAPH = Subgraph("jobs", query=Query, mutation=Mutation, subscription=Subscription, open=open_board)
