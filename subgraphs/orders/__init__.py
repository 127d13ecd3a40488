"""The GraphQL face of orders."""
