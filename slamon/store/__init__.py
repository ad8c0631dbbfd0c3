"""The store: SQLAlchemy Core over SQLite and Postgres, one schema for both."""
