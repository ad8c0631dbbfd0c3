"""Who held a ticket's time: what counted by status and owner, what waited, and each pause by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from slamon.core.calendar import BusinessCalendar
from slamon.core.instants import to_epoch
from slamon.core.ledger import Interval, Ledger
from slamon.core.ticket import Event, Kind, Level

NOT_KNOWN = "not known"
NOBODY = "nobody"

Holder = tuple[str, str]  # status, owner


@dataclass(frozen=True, slots=True)
class Pause:
    """One unbroken wait. `used_seconds` is what the clock showed when it began; `seconds` are business seconds.

    Status and owner are those it began with. `is_over`: the ticket went on.
    """

    ticket_id: int
    begins_at: datetime
    ends_at: datetime
    seconds: int
    used_seconds: int
    status: str
    owner: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """Business seconds of one cycle by who held them, and its pauses, in order."""

    counted: Mapping[Holder, int]
    waited: Mapping[Holder, int]
    pauses: tuple[Pause, ...]


def read_holding(ledger: Ledger, calendar: BusinessCalendar, owner_now: str) -> Holding:
    """Return who held what of *ledger*, counted on its own *calendar*.

    *owner_now* is the owner after all of its events: where none tells of another, the owner all along.
    """
    owners = owners_of(ledger.events, owner_now)
    sums: dict[bool, defaultdict[Holder, int]] = {True: defaultdict(int), False: defaultdict(int)}
    for interval in ledger.intervals:
        if interval.reason in ("open", "waiting"):
            for owner, seconds in _by_owner(interval, owners, calendar):
                if seconds:
                    sums[interval.reason == "open"][interval.status or NOT_KNOWN, owner] += seconds
    return Holding(dict(sums[True]), dict(sums[False]), tuple(_pauses(ledger, owners)))


def waits_since(events: Sequence[Event], at: datetime) -> datetime | None:
    """Return since when a ticket has waited at *at*, by its *events* in order; None if it does not."""
    since: datetime | None = None
    for event in events:
        if event.at <= at and event.level is not None:
            since = (since or event.at) if event.level is Level.WAITING else None
    return since


Owners = Sequence[tuple[int, str]]  # since when (epoch seconds), who


def owners_of(events: Sequence[Event], owner_now: str) -> Owners:
    """Return who owned a ticket since when. What an owner's first change does not tell is not known."""
    told = [(to_epoch(event.at), event.name or NOBODY) for event in events if event.kind is Kind.OWNER]
    return [(0, NOT_KNOWN if told else owner_now or NOBODY), *told]


def owner_at(owners: Owners, at: int) -> str:
    return next(name for since, name in reversed(owners) if since <= at)


def _by_owner(interval: Interval, owners: Owners, calendar: BusinessCalendar) -> Iterator[tuple[str, int]]:
    """Yield (owner, business seconds) of *interval*, split where its ticket changed hands."""
    begins, ends = to_epoch(interval.begins_at), to_epoch(interval.ends_at)
    edges = [begins, *(since for since, _ in owners if begins < since < ends), ends]
    if len(edges) == 2:
        yield owner_at(owners, begins), interval.business_seconds
        return
    for begin, end in pairwise(edges):
        yield owner_at(owners, begin), calendar.elapsed(begin, end)


def _pauses(ledger: Ledger, owners: Owners) -> Iterator[Pause]:
    used, waiting = 0, list[Interval]()
    for interval in ledger.intervals:
        if interval.reason == "waiting":
            waiting.append(interval)
        elif waiting:
            yield _pause(ledger, owners, waiting, used, is_over=True)
            waiting = []
        used += interval.counted_seconds
    if waiting:
        yield _pause(ledger, owners, waiting, used, is_over=not _waits_at_end(ledger))


def _waits_at_end(ledger: Ledger) -> bool:
    """Say whether the ticket still waited when it was read: it may have moved on in that very second."""
    return waits_since(ledger.events, ledger.reading.as_of) is not None


def _pause(ledger: Ledger, owners: Owners, waiting: Sequence[Interval], used: int, *, is_over: bool) -> Pause:
    first = waiting[0]
    return Pause(
        ticket_id=ledger.reading.ticket_id,
        begins_at=first.begins_at,
        ends_at=waiting[-1].ends_at,
        seconds=sum(each.business_seconds for each in waiting),
        used_seconds=used,
        status=first.status or NOT_KNOWN,
        owner=owner_at(owners, to_epoch(first.begins_at)),
        is_over=is_over,
    )
