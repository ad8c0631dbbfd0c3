"""The extra `cluster`: polls as jobs of procrastinate, for many tenants over many nodes of one Postgres."""
