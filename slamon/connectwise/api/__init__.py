"""The groups of a client: one class for each kind of record, reached as `client.tickets`, `client.companies` ..."""
