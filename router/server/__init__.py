"""The HTTP edge: GraphQL over HTTP, SSE, WebSocket, health."""
