"""A store on each database, and desks on it as the tests of the jobs have them."""

from tests.jobs.conftest import empty_database  # noqa: F401
from tests.store.conftest import postgres_server, postgres_url, sqlite_url, store, url  # noqa: F401
