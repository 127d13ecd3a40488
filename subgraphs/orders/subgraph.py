"""Orders as they are served."""

from subgraphs.edge.subgraph import Subgraph
from subgraphs.orders.mutations import Mutation
from subgraphs.orders.queries import Query
from subgraphs.orders.subscriptions import Subscription
from subgraphs.orders.webhooks import shopify_settings, shopify_webhook

SUBGRAPH = Subgraph(
    "orders",
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    routes=[shopify_webhook],
    open=shopify_settings,
)
