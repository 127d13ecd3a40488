"""What every subgraph stands on: one GraphQL endpoint over HTTP, who asks, and the types that all domains share."""
