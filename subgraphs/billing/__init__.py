"""The GraphQL face of billing, and the address where Stripe reports."""
