"""The GraphQL face of accounts: who there is, and how they get in."""
