"""A store on each database, and desks on it as the tests of the jobs have them."""

from tests.store.conftest import store  # noqa: F401
