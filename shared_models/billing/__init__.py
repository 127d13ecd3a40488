"""The billing domain: its models, repository, service, events, jobs and migrations."""
