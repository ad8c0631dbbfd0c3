"""What the database keeps otherwise than Python: instants as int64 epoch seconds, long text packed."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_fromtimestamp = datetime.fromtimestamp


def to_seconds(at: datetime) -> int:
    """Return *at* as epoch seconds, rounded down.

    Raises:
        ValueError: *at* is naive; which instant it means cannot be known.
    """
    try:
        span = at - _EPOCH
    except TypeError:
        raise ValueError(f"{at!r} has no time zone; an instant must be aware") from None
    return span.days * 86_400 + span.seconds


def from_seconds(seconds: int) -> datetime:
    """Return the instant, aware and UTC, at *seconds* since the epoch."""
    return _fromtimestamp(seconds, UTC)


def to_seconds_or_none(at: datetime | None) -> int | None:
    if at is None:
        return None
    try:  # as in `to_seconds`, not by it: a call a value is a third of the time that a reading's row takes
        span = at - _EPOCH
    except TypeError:
        return to_seconds(at)
    return span.days * 86_400 + span.seconds


def from_seconds_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _fromtimestamp(seconds, UTC)


class UtcSeconds(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as BIGINT epoch seconds.

    SQLite forgets the offset of a datetime and Postgres shows it in the session's
    zone; a number means the same to both, compares fast and takes 5 bytes.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return to_seconds_or_none(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return from_seconds_or_none(value)


def pack(text: str) -> bytes:
    """Return *text* as a column of type `Packed` keeps it."""
    return zlib.compress(text.encode())


class Packed(TypeDecorator[str]):
    """Long text that nobody looks for in SQL, by zlib: HTML takes a seventh of its room."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else pack(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else zlib.decompress(value).decode()
