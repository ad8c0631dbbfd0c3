"""What the libraries raise, said in slamon's words: one line, what and where, and never a password."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from slamon.errors import StoreError, StoreUnavailableError

_MASK = "***"
# SQLSTATE classes and codes after which the same call may succeed: connection, resources, operator
# intervention, rollback, the system's I/O; statement and lock time-outs; a transaction left idle too long.
_PASSING_STATES = ("08", "53", "57", "40", "58", "55P03", "25P03")
# Refusals at connect have no SQLSTATE in psycopg; only the words tell a wrong password from a dead server.
_REFUSALS = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "invalid ",
    "certificate",
    "support SSL",
)
_SQLITE_PASSING = ("locked", "busy", "disk is full", "disk I/O error", "interrupted")
_SQLITE_REMEDIES = {
    "unable to open database file": "check that its folder exists and slamon may write there",
    "readonly": "let slamon's user write the file and its folder",
    "not a database": "name another file, or restore a backup",
    "malformed": "the file or its disk is damaged: if it stays so, restore a backup",
    "disk is full": "make room on its disk",
    "disk I/O error": "see whether its disk is full or broken",
}
_POSTGRES_REMEDIES = {
    "authentication failed": "check user and password in the store's URL",
    "no password supplied": "give the password in the store's URL, or in ~/.pgpass",
    'database "': "create it, or name another one in the store's URL",
    'role "': "create it, or name another one in the store's URL",
    "no pg_hba.conf entry": "let the server take this client in its pg_hba.conf",
    "certificate": "name the authority that signed the server's certificate: sslrootcert=FILE, or =system",
    "support SSL": "have the server speak TLS, or say in the store's URL that it does not: sslmode=disable",
    "must be owner": "let the role that owns the tables do this",
    "permission denied": "grant the role what it needs, or let the one that owns the tables do this",
    "read-only transaction": "name a server that takes writes",
}


def shown(url: URL) -> str:
    """Return *url* fit for a message: without its password, wherever it stands."""
    hidden = {name: _MASK for name in url.query if "password" in name.lower()}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


@contextmanager
def translated(url: URL, driver_error: type[Exception]) -> Iterator[None]:
    """Raise StoreUnavailableError or StoreError for what SQLAlchemy, or the driver itself, raises inside."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError(f"{shown(url)}: every connection is in use") from error
    except DBAPIError as error:
        raise _told(url, error.orig or error, lost=error.connection_invalidated) from error
    except driver_error as error:
        raise _told(url, error, lost=False) from error
    except SQLAlchemyError as error:
        raise StoreError(f"{shown(url)}: {_first_line(url, error)}") from error


def _told(url: URL, error: BaseException, *, lost: bool) -> StoreError:
    line = _first_line(url, error)
    if isinstance(error, sqlite3.Error):
        return _told_of_sqlite(url, error, line)
    if lost or _passes(error, line):
        return StoreUnavailableError(f"{shown(url)}: {line}")
    remedy = next((remedy for word, remedy in _POSTGRES_REMEDIES.items() if word in line), None)
    return StoreError(f"{shown(url)}: {line}" + (f"; {remedy}" if remedy else ""))


def _told_of_sqlite(url: URL, error: sqlite3.Error, line: str) -> StoreError:
    passes = isinstance(error, sqlite3.OperationalError) and any(word in line for word in _SQLITE_PASSING)
    remedy = next((remedy for word, remedy in _SQLITE_REMEDIES.items() if word in line), None)
    told = f"{shown(url)}: {line}" + (f"; {remedy}" if remedy else "")
    return StoreUnavailableError(told) if passes else StoreError(told)


def _passes(error: BaseException, line: str) -> bool:
    state: Any = getattr(error, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING_STATES)
    operational = any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
    return operational and not any(word in line for word in _REFUSALS)


def _first_line(url: URL, error: BaseException) -> str:
    """Return the first line of the error, without the password that some drivers repeat."""
    lines = str(error).strip().splitlines()
    line = lines[0].strip() if lines else type(error).__name__
    secrets = [url.password, *(value for name, value in url.query.items() if "password" in name.lower())]
    for secret in secrets:
        if secret:
            line = line.replace(str(secret), _MASK)
    return line
