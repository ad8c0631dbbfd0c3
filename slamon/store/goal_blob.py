"""A day's goals as bytes: a head in JSON, then each column in as few bytes as its values need.

A column is a least value and the differences to it, a byte to eight each; one that holds a single value is in the
head alone. Not packed further: reading a million goals back takes a third of the time that undoing zlib alone would.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from slamon.core.goals import FACTS, NEVER, Goals, Names
from slamon.store.goal_part import Numbers, Part

FORM = 1
_LENGTH = 4  # bytes that say how long the head is
_KINDS = ("<u1", "<u2", "<u4", "<u8")
_PLAIN: dict[str, Any] = {
    **dict.fromkeys(("ticket_id", "started_at", "due_at", "ended_at", "goal_seconds", "elapsed_seconds"), np.int64),
    **dict.fromkeys(("paused_seconds", "known_at", "gone_at"), np.int64),
    **dict.fromkeys(("stage", "state"), np.int8),
    "cycle": np.int32,
    "percent": np.int16,
    "exempt": np.bool_,
}


class _Column(Struct, frozen=True, array_like=True):
    """How a column is kept. Without a *kind* all its values are *least*; the greatest of a kind stands for NEVER."""

    name: str
    kind: str
    least: int


class _Head(Struct, frozen=True):
    form: int
    rows: int
    columns: tuple[_Column, ...]
    tables: dict[str, tuple[str, ...]]
    ids: dict[str, Numbers]


def pack(part: Part) -> bytes:
    """Return *part* as bytes, the same for the same."""
    goals = part.goals
    named = {"terms": goals.terms, **{name: goals.facts[name] for name in FACTS}}
    values = {name: getattr(goals, name) for name in _PLAIN} | {name: each.codes for name, each in named.items()}
    columns, bodies = [], []
    for name, column in values.items():
        kept, body = _squeeze(name, column.astype(np.int64))
        columns.append(kept)
        bodies.append(body)
    tables = {name: each.table for name, each in named.items()}
    head = msgspec.json.encode(_Head(FORM, len(goals), tuple(columns), tables, dict(part.ids)))
    return b"".join([len(head).to_bytes(_LENGTH, "little"), head, *bodies])


def unpack(body: bytes) -> Part:
    """
    Return what was packed.

    Raises:
        ValueError: It is of another form, or damaged.
    """
    end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
    head = msgspec.json.decode(body[_LENGTH:end], type=_Head)
    if head.form != FORM:
        raise ValueError(f"columns of form {head.form}, this slamon reads {FORM}")
    values: dict[str, NDArray[Any]] = {}
    for column in head.columns:
        values[column.name], end = _stretch(column, body, end, head.rows)
    facts = {name: Names(values[name], head.tables[name]) for name in FACTS}
    plain = {name: values[name] for name in _PLAIN}
    return Part(Goals(**plain, terms=Names(values["terms"], head.tables["terms"]), facts=facts), head.ids)


def _squeeze(name: str, values: NDArray[np.int64]) -> tuple[_Column, bytes]:
    never = values == NEVER
    some = values[~never]
    if not len(some):
        return _Column(name, "", NEVER if len(values) else 0), b""
    least, span = int(some.min()), int(some.max()) - int(some.min())
    if span == 0 and not never.any():
        return _Column(name, "", least), b""
    kind = next(each for each in _KINDS if span < np.iinfo(each).max)
    kept = np.where(never, 0, values - least).astype(kind)
    kept[never] = np.iinfo(kind).max
    return _Column(name, kind, least), kept.tobytes()


def _stretch(column: _Column, body: bytes, begin: int, rows: int) -> tuple[NDArray[Any], int]:
    wide = _PLAIN.get(column.name, np.int32)
    if not column.kind:
        return np.full(rows, column.least, dtype=wide), begin
    kept = np.frombuffer(body, dtype=column.kind, count=rows, offset=begin)
    values = kept.astype(wide)
    values += wide(column.least) if wide is not np.bool_ else False
    if wide is np.int64:
        values[kept == np.iinfo(kept.dtype).max] = NEVER
    return values, begin + kept.nbytes
