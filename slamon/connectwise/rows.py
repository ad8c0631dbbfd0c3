"""The rows of an answer, decoded. One bad row never loses its page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from slamon.clean import clean_line
from slamon.connectwise.body import whole_json
from slamon.connectwise.records import TicketRecord
from slamon.errors import PayloadError
from slamon.ports import Rejection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """One page. `ids` are those of all rows that have one, good or bad, in the server's order."""

    good: list[T]
    ids: list[int]
    bad: tuple[Rejection, ...] = ()
    answered_at: datetime | None = field(default=None, compare=False)  # the server's own clock

    @property
    def count(self) -> int:
        return len(self.good) + len(self.bad)


_decoders: dict[object, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of *kind*; building one costs more than most answers do."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind, strict=False)
    return decoder


def decode(body: bytes, kind: type[T]) -> T:
    """Return *body* as one *kind*.

    Raises:
        PayloadError: Its shape is another one.
    """
    try:
        return _decoder(kind).decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PayloadError(f"not the expected document: {clean_line(str(error))}", reason="bad_shape") from error


def decode_rows(body: bytes, kind: type[T], answered_at: datetime | None = None) -> Rows[T]:
    """Return the rows of a page; those that do not fit *kind* come back as rejections.

    A body that decodes is whole; to prove it before would cost a third of the decoding.

    Raises:
        SourceUnavailableError: It stops in the middle.
        PayloadError: It is not JSON, or no list at all.
    """
    try:
        good = _decoder(list[kind]).decode(body)  # type: ignore[valid-type]
        return Rows(good, _ids_of(good, body), answered_at=answered_at)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_one_by_one(whole_json(body), kind, answered_at)


def _ids_of(rows: list[Any], body: bytes) -> list[int]:
    """Return the ids of rows that have one; a kind of row that does not keep its id has one all the same."""
    if rows and hasattr(rows[0], "id"):
        return [row.id for row in rows if row.id is not None]
    ids = (_as_id(row.id) for row in decode(body, list[_Identified]) if row is not None)
    return [row_id for row_id in ids if row_id is not None]


def _decode_one_by_one(body: bytes, kind: type[T], answered_at: datetime | None) -> Rows[T]:
    good: list[T] = []
    bad: list[Rejection] = []
    ids: list[int] = []
    for raw in decode(body, list[msgspec.Raw]):
        row_id = _id_of(raw)
        if row_id is not None:
            ids.append(row_id)
        try:
            good.append(_decoder(kind).decode(raw))
        except (msgspec.DecodeError, RecursionError) as error:
            name = f"ticket {row_id}" if kind is TicketRecord else f"row {row_id}"
            bad.append(Rejection(row_id, "bad_shape", f"{name}: {clean_line(str(error))}"))
    return Rows(good, ids, tuple(bad), answered_at)


class _Identified(msgspec.Struct):
    id: Any = None


def _id_of(raw: msgspec.Raw) -> int | None:
    try:
        return _as_id(_decoder(_Identified).decode(raw).id)
    except (msgspec.DecodeError, RecursionError):
        return None


def _as_id(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
