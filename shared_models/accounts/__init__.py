"""The accounts domain: its models, repository, service, events, jobs and migrations."""
