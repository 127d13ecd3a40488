"""The GraphQL face of the mesh: its jobs and queues, of all domains."""
