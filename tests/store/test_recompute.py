"""Recompute: a forgotten holiday puts closed tickets right, appended to what is stored, told to nobody, only once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import pytest

import slamon.jobs.recompute as recompute_job
from slamon.core.calendar import BusinessCalendar
from slamon.core.instants import to_epoch
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reading import Reading, Verdict
from slamon.core.reference import GoalHours
from slamon.core.rules import CalendarRules, DatedSpan, Window
from slamon.core.ticket import Event, Kind, Stage
from slamon.core.versions import version_of
from slamon.core.whatif import Span
from slamon.errors import InputError
from slamon.jobs.recheck import examine
from slamon.jobs.recompute import Recomputer, Recounted, find_corrected, recount
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Recompute, Store
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import REFERENCE, Life, at, ticket, worlds_of

OFFICE = CalendarRules("Office hours", "UTC", (*([(Window(9 * 3600, 17 * 3600),)] * 5), (), ()))
TUESDAY = at("2026-11-03T00:00")
CORRECTED = replace(OFFICE, holidays=(DatedSpan(date(2026, 11, 3), name="forgotten"),))
RULE = PolicyRule("default", calendar="Office hours", goals=GoalHours(2, 8, 12))
END = at("2026-11-05T12:00")


def settings(calendar: CalendarRules) -> TenantSettings:
    return settings_of(RULE, promises=PromiseSettings(RULE, calendars={calendar.name: calendar}))


def lives() -> list[Life]:
    """Of 17 office hours from Monday to Wednesday eight are those of Tuesday. Tickets 3 and 4 it does not touch."""

    def life(number: int, responded: str, completed: str | None) -> Life:
        told = Life(ticket(number)).then(at(responded), status="In Progress")
        if completed:
            told.then(at(completed), status="Completed").then(at("2026-11-04T12:00"), status=">Closed", closed=True)
        return told

    return [
        life(1, "2026-11-02T11:00", "2026-11-04T11:00"),
        life(2, "2026-11-03T13:00", "2026-11-04T11:30"),
        life(3, "2026-11-02T11:00", "2026-11-02T12:00"),
        life(4, "2026-11-02T11:00", None),
    ]


def open_desk(store: Store) -> Desk:
    """Return a desk that counted on a Tuesday which was a holiday; the settings say so since Thursday."""
    watched = Desk(store, worlds_of(*lives()), settings(OFFICE))
    watched.polls("10:01", "2026-11-03T13:01", "2026-11-04T12:01")
    watched.start(settings(CORRECTED))
    watched.polls("2026-11-05T09:00")
    watched.mails()
    return watched


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    store = open_store(sqlite_url)
    yield open_desk(store)
    store.close()


FLIPS = [
    (1, Stage.RESOLVE, "missed", "met"),
    (2, Stage.PLAN, "missed", "met"),
    (2, Stage.RESOLVE, "missed", "met"),
]


@dataclass
class Run:
    found: list[Recounted]
    record: Recompute | None = None

    @property
    def flips(self) -> list[tuple[int, Stage, str, str]]:
        return [(f.ticket_id, f.stage, f.before, f.after) for each in self.found for f in each.found.flips]


def run(store: Store, since: datetime = TUESDAY, now: datetime = END, *, dry: bool = False) -> Run:
    span = Span(since, now, now)
    corrected = find_corrected(store, settings(CORRECTED), REFERENCE, "Office hours")
    if dry:
        return Run(list(recount(store, settings(CORRECTED), corrected, span)))
    record = Recompute(TENANT, now, "Office hours", since, "ann@desk", "All Souls", tuple(corrected), ("new",))
    recomputer = Recomputer(store, record)
    found = list(recount(store, settings(CORRECTED), corrected, span, apply=recomputer.apply))
    return Run(found, recomputer.finish(now))


def test_T70_T87_a_forgotten_holiday_is_put_right_when_asked_for(store: SqlStore) -> None:
    """T70, T87: nothing closed changes by itself; when asked for, a life is counted on one calendar as a whole."""
    desk = open_desk(store)
    before = {number: (desk.events(number), desk.stored(number)) for number in (1, 2, 3, 4)}
    told, month = desk.transitions(), (at("2026-11-01T00:00"), at("2026-11-30T00:00"))
    goals = store.load_goals(TENANT, *month, known_at=END)
    assert desk.verdicts(1) == [Verdict.MET, Verdict.MET, Verdict.MISSED]  # an edit alone rewrites nothing

    assert run(store, dry=True).flips == FLIPS
    assert {number: (desk.events(number), desk.stored(number)) for number in before} == before

    first = run(store)

    assert first.flips == FLIPS
    assert desk.verdicts(1) == [Verdict.MET, Verdict.MET, Verdict.MET]
    for number in (1, 2):
        check_corrected(desk, number, *before[number])
    untouched = (3, 4)
    assert {n: (desk.events(n), desk.stored(n)) for n in untouched} == {n: before[n] for n in untouched}

    # A report of before is as it was, one of now shows the correction.
    assert store.load_goals(TENANT, *month, known_at=at("2026-11-05T11:59")).state.tolist() == goals.state.tolist()
    corrected = store.load_goals(TENANT, *month, known_at=END)
    assert (corrected.state != goals.state).sum() == len(FLIPS)

    # Nobody is told, and a second run finds nothing.
    digest = store.digest()
    again = run(store, now=at("2026-11-05T13:00"))
    assert [each.tickets for each in again.found] == [0]
    assert store.digest() == digest
    assert store.load_recomputes(TENANT) == [first.record]
    assert first.record is not None
    assert (first.record.tickets, first.record.flips, first.record.finished_at) == (2, 3, END)
    desk.polls("2026-11-05T13:30")
    assert (desk.mails(), desk.transitions()) == ([], told)


def check_corrected(desk: Desk, number: int, events: list[Event], old: Reading) -> None:
    """Check that a ticket has one event more, and is counted on the corrected calendar as a whole."""
    assert desk.events(number)[: len(events)] == events
    (added,) = desk.events(number)[len(events) :]
    assert (added.kind, added.at) == (Kind.TERMS, END)
    assert "ann@desk: All Souls" in added.name
    reading = desk.stored(number)
    resolve = reading.stage(Stage.RESOLVE)
    assert resolve.reached_at is not None
    counted = BusinessCalendar(CORRECTED).elapsed(to_epoch(at("10:00")), to_epoch(resolve.reached_at))
    assert resolve.elapsed_seconds == counted
    assert desk.ledger(number, END).terms.calendar == version_of(CORRECTED)
    assert examine(desk.store, TENANT, number, reading, END) == []
    assert old.terms != reading.terms


def test_what_was_interrupted_is_finished_by_the_next_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute_job, "CHUNK", 1)
    apply: Callable[..., None] = Recomputer.apply

    def crash(self: Recomputer, correction: recompute_job.Correction) -> None:
        if 2 in correction.told.ids:
            raise InterruptedError
        apply(self, correction)

    with monkeypatch.context() as broken:
        broken.setattr(Recomputer, "apply", crash)
        with pytest.raises(InterruptedError):
            run(desk.store)
    later = run(desk.store, now=at("2026-11-05T13:00"))

    assert desk.verdicts(1) == [Verdict.MET, Verdict.MET, Verdict.MET]
    assert [(each.tickets, each.finished_at is None) for each in desk.store.load_recomputes(TENANT)] == [
        (1, False),
        (1, True),
    ]
    assert later.record is not None
    assert desk.stored(2).as_of == at("2026-11-05T13:00")


def test_a_ticket_stays_where_a_goal_of_before_the_date_would_change(desk: Desk) -> None:
    """T70: the period before the date is closed. Ticket 2 was answered on the holiday itself."""
    found = run(desk.store, since=at("2026-11-04T00:00"))

    assert [each.left for each in found.found] == [(2,)]
    assert desk.stored(2).as_of < END
    assert desk.stored(1).as_of == END
    # And no calendar is made up where there is none.
    with pytest.raises(InputError, match="did you mean 'Office hours'"):
        find_corrected(desk.store, settings(CORRECTED), REFERENCE, "Ofice hours")
