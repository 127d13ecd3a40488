"""The relay: from a domain's outbox to its subscribers, from their job tables to Redis, and back when a lease ends."""
