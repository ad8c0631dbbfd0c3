"""An empty Postgres database for each test."""

from tests.store.conftest import postgres_server, postgres_url, sqlite_url  # noqa: F401
