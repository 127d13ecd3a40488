"""What every domain builds on: ids, money, tenancy, the database, events, jobs, pagination, errors."""
