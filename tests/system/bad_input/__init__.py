"""Whatever comes in: a clear refusal with a code, nothing of the inside, nothing of others, nothing half written."""
