"""The catalog domain: its models, repository, service, events, jobs and migrations."""
