"""PostgreSQL and Valkey from wheels, for machines that have neither."""
