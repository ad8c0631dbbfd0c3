"""The row of a goal that is over: how it ended, and all that was true of its ticket then."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection, select

from slamon.core.calendar import BusinessCalendar
from slamon.core.ended import due_when_ended, paused_when_ended
from slamon.core.outcome import Ended, GoalKey
from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.ticket import Ref, Stage, Ticket
from slamon.store import codec
from slamon.store.bulk import Row
from slamon.store.select import among, raw
from slamon.store.tables import outcomes, tickets
from slamon.store.types import to_seconds
from slamon.store.versions import load_calendars, load_terms

COLUMNS = tuple(column.name for column in outcomes.columns)
FACTS = ("board_id", "board", "company_id", "company", "priority", "team", "technician", "agreement", "type")
_UNKNOWN: Row = (None,) * len(FACTS)  # of a ticket that is not there: the database refuses its rows
_KEPT = 64  # calendars, by version


@dataclass(slots=True)
class NewEnd:
    """An end as *reading* says it. `gone_at`: a later reading of the same evaluation knew better; epoch seconds.

    `facts_of` is when an earlier row of the goal was known, if it ended at the same instant: what was true then
    stays true.
    """

    key: GoalKey
    end: Ended
    reading: Reading
    gone_at: int | None = None
    facts_of: int | None = None

    @property
    def known_at(self) -> int:
        return to_seconds(self.reading.as_of)


class Calendars:
    """Compiled calendars by their versions, shared by all stores of the process."""

    def __init__(self) -> None:
        self._known: dict[str, BusinessCalendar] = {}
        self._lock = Lock()

    def measure(self, connection: Connection, terms: Mapping[str, Terms], ends: Sequence[NewEnd]) -> list[Row]:
        """Return when each was due and how long it had waited, as (epoch seconds or None, business seconds)."""
        with self._lock:  # a calendar grows while it is asked
            self._load(connection, {each.calendar for each in terms.values()})
            return [self._measure(one, terms.get(one.reading.terms)) for one in ends]

    def _load(self, connection: Connection, versions: Collection[str]) -> None:
        missing = [version for version in versions if version not in self._known]
        if len(self._known) + len(missing) > _KEPT:
            self._known.clear()
            missing = list(versions)
        if missing:
            rules = load_calendars(connection, missing)
            self._known |= {version: BusinessCalendar(each) for version, each in rules.items()}

    def _measure(self, one: NewEnd, terms: Terms | None) -> Row:
        calendar = None if terms is None else self._known.get(terms.calendar)
        stage = Stage(one.key.stage)
        return due_when_ended(one.reading, stage, calendar), paused_when_ended(one.reading, stage, calendar)


_CALENDARS = Calendars()


def make_rows(connection: Connection, tenant: str, ends: Sequence[NewEnd]) -> list[Row]:
    """Return the rows of *ends*, in the order of COLUMNS. Names are of now, unless the goal had ended before."""
    facts = load_facts(connection, tenant, {one.reading.ticket_id for one in ends})
    earlier = _load_earlier(connection, tenant, [one for one in ends if one.facts_of is not None])
    terms = load_terms(connection, {one.reading.terms for one in ends})
    measured = _CALENDARS.measure(connection, terms, ends)
    return [
        _row(tenant, one, measure, _promise(terms.get(one.reading.terms), one.key))
        + (earlier.get(_name(one)) or facts.get(one.reading.ticket_id, _UNKNOWN))
        for one, measure in zip(ends, measured, strict=True)
    ]


def _row(tenant: str, one: NewEnd, measure: Row, promise: Row) -> Row:
    key, end = one.key, one.end
    goal = (end.started_at, measure[0], end.goal_seconds, end.elapsed_seconds, measure[1])
    head = (tenant, end.at, one.reading.ticket_id, *key, one.known_at, one.gone_at, end.outcome)
    return (*head, *goal, promise[1], one.reading.terms, promise[0])


def _promise(terms: Terms | None, key: GoalKey) -> Row:
    return ("", None) if terms is None else (codec.storable(terms.policy), terms.percents.of(Stage(key.stage)))


def load_facts(connection: Connection, tenant: str, ids: Collection[int]) -> dict[int, Row]:
    """Return what is true of the tickets *ids* now, in the order of FACTS."""
    query = select(tickets.c.id, tickets.c.facts)
    query = query.where(tickets.c.tenant == tenant, among(connection, tickets.c.id, ids))
    return {row[0]: facts_of(codec.ticket_from(row[1])) for row in connection.execute(query)}


def facts_of(ticket: Ticket) -> Row:
    """Return what a row keeps of *ticket*, in the order of FACTS."""
    company, named = ticket.company, (ticket.agreement, ticket.type)
    return (
        ticket.board.id,
        codec.storable(ticket.board.name),
        None if company is None else company.id,
        _name_of(company),
        _name_of(ticket.priority),
        _name_of(ticket.team),
        codec.storable(ticket.owner) or None,
        *map(_name_of, named),
    )


def _name_of(ref: Ref | None) -> str | None:
    return None if ref is None else codec.storable(ref.name)


Name = tuple[int, GoalKey, int | None]  # ticket, goal, since when it was known


def _name(one: NewEnd) -> Name:
    return one.reading.ticket_id, one.key, one.facts_of


def _load_earlier(connection: Connection, tenant: str, ends: Sequence[NewEnd]) -> dict[Name, Row]:
    if not ends:
        return {}
    key = raw(outcomes, ("ticket_id", "stage", "cycle", "known_at"))
    query = select(*key, *(outcomes.c[name] for name in FACTS)).where(
        outcomes.c.tenant == tenant, among(connection, outcomes.c.ticket_id, {one.reading.ticket_id for one in ends})
    )
    rows = connection.execute(query)
    return {(row[0], GoalKey(row[1], row[2]), row[3]): tuple(row[4:]) for row in rows}
