"""The audit domain: its models, repository, service, events, jobs and migrations."""
