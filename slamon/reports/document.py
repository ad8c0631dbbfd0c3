"""A report as data: what every format shows, so that no two can differ. Its JSON is what the archive keeps."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec import Struct


class Unit(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    COUNT = "count"  # int
    SECONDS = "seconds"  # int, business time; negative: left over
    INSTANT = "instant"  # int, epoch seconds UTC; shown in the report's zone
    SHARE = "share"  # Share
    LINK = "link"  # Link


class Share(Struct, frozen=True, tag="share"):
    """So many of so many. No percent is stored: it is written from these two, and of nothing it is n/a."""

    part: int
    whole: int


class Link(Struct, frozen=True, tag="link"):
    """Words that lead somewhere; without an address they are only words."""

    words: str
    address: str = ""


Cell: TypeAlias = str | int | Share | Link | None


class Column(Struct, frozen=True):
    """A column of a table. `key` is its name in CSV, JSON and Parquet, and stays."""

    key: str
    title: str
    unit: Unit = Unit.TEXT


class Table(Struct, frozen=True):
    """Rows of cells, typed by their columns; `total` is one more row, below a line."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: tuple[Cell, ...] | None = None
    empty: str = "Nothing."  # said in place of no rows
    title: str = ""  # where a section has several


class Trend(Struct, frozen=True, tag="trend"):
    """Attainment over periods, beside the percent that was promised."""

    points: tuple[tuple[str, Share], ...]
    goal_percent: int | None = None


class Spread(Struct, frozen=True, tag="spread"):
    """How much of its goal each took: the number of goals up to each percent of it; the last has no upper end."""

    up_to_percent: tuple[int, ...]
    goals: tuple[int, ...]  # one more than `up_to_percent`


class Heat(Struct, frozen=True, tag="heat"):
    """Breaches by weekday, from Monday, and hour in the report's zone: 7 rows of 24."""

    counts: tuple[tuple[int, ...], ...]


class Holders(Struct, frozen=True, tag="holders"):
    """By whom time was held: business seconds each."""

    seconds: tuple[tuple[str, int], ...]


Drawing: TypeAlias = Trend | Spread | Heat | Holders


class Chart(Struct, frozen=True):
    """A drawing with what it says in words, for those who do not see it."""

    key: str
    title: str
    words: str
    drawing: Drawing


class Section(Struct, frozen=True):
    """A part of a report under a heading. `key` names its files and sheets, and stays."""

    key: str
    title: str
    words: tuple[str, ...] = ()  # paragraphs
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


class Figure(Struct, frozen=True):
    """One number that the report leads with."""

    key: str
    title: str
    value: Cell
    unit: Unit
    note: str = ""


class Scope(Struct, frozen=True):
    """What the report is about: a tenant, of it what is named. Empty: all of it."""

    tenant: str
    by: str = ""  # company, board, team, technician, priority, agreement, type
    name: str = ""


class Report(Struct, frozen=True):
    """A report: all that is in it, and nothing of when or where it was printed. Instants are epoch seconds, UTC."""

    kind: str
    title: str
    scope: Scope
    period: str
    begins_at: int
    ends_at: int
    zone: str
    known_at: int  # it says what slamon knew then
    denominator: str  # concluded, due, started
    figures: tuple[Figure, ...] = ()
    sections: tuple[Section, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()  # term, meaning
    remarks: tuple[str, ...] = ()  # what the reader must know before reading: coverage, late, corrected


def encode(report: Report) -> bytes:
    """Return the report as the archive keeps it: the same report gives the same bytes."""
    return msgspec.json.encode(report)


def decode(body: bytes) -> Report:
    """
    Return the report that was encoded as *body*.

    Raises:
        msgspec.MsgspecError: It is none.
    """
    return msgspec.json.decode(body, type=Report)
