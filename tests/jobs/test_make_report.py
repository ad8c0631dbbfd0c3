"""Reports from the store: as known at an instant, the same with every call, with why and who."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from slamon.core.instants import to_epoch
from slamon.core.intervention import Intervention, Said
from slamon.core.period import period_named, stretch
from slamon.core.sight import Pace
from slamon.core.ticket import Ref, Stage
from slamon.errors import InputError
from slamon.jobs.compare_reports import compare_reports
from slamon.jobs.make_report import Asked, make_report
from slamon.reports.document import Link, Report, Scope, Section, Share, Table, encode
from slamon.store.migrate import open_store
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import Life, World, at, moved, status, ticket, worlds_of

UTC = ZoneInfo("UTC")
DAY = period_named("2026-11-02", UTC)
SPENT = "3 h 30 min in In Progress, 30 min in Assigned, 30 min in New"
NEXT_MORNING = at("2026-11-03T07:00")
ZENITH = Ref(21, "Zenith")


def lives() -> list[Life]:
    """Ticket 1 of Acme is late after a wait; 2 of Zenith is in time; 3 waits, 4 is late and open, 5 is new."""
    late = Life(ticket(1, owner="jane")).then(at("10:30"), status="Assigned").then(at("11:00"), status="In Progress")
    late.then(at("11:30"), status="Waiting Customer").then(at("13:00"), status="In Progress")
    late.then(at("16:00"), status="Completed")
    swift = Life(ticket(2, company=ZENITH, owner="joe")).then(at("10:45"), status="Completed")
    waits = Life(ticket(3, owner="joe")).then(at("10:20"), status="In Progress")
    waits.then(at("10:40"), status="Waiting Customer")
    new = ticket(5, entered_at=at("23:30"), last_updated_at=at("23:30"))
    return [late, swift, waits, Life(ticket(4, company=ZENITH)), Life(new)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Desk]:
    """A day that was watched, to read from."""
    path = tmp_path_factory.mktemp("watched") / "slamon.db"
    shutil.copy(migrated_sqlite, path)
    with closing(open_store(f"sqlite:///{path}")) as store:
        yield watch(partial(Desk, store), lives())


def watch(desk: OpenDesk, told: list[Life]) -> Desk:
    own = desk(worlds_of(*told), settings_of(recipients=(), pace=Pace(timedelta(hours=3))))
    own.store.claim_run("watch", TENANT, at("00:00"))
    own.polls("09:59", "17:00", "23:59:59", NEXT_MORNING - timedelta(minutes=1))
    return own


def ask(
    own: Desk,
    kind: str = "monthly",
    scope: Scope | None = None,
    known_at: datetime = NEXT_MORNING,
    denominator: str = "concluded",
) -> Report:
    asked = Asked(kind, scope or Scope(TENANT), DAY, known_at, denominator)
    return make_report(own.store, own.settings, asked)


def section(report: Report, key: str) -> Section:
    return next(each for each in report.sections if each.key == key)


def table(report: Report, key: str) -> Table:
    return next(each for part in report.sections for each in part.tables if each.key == key)


def rows(report: Report, key: str, *columns: str) -> list[tuple[object, ...]]:
    """Return cells of a table by the keys of their columns; a link as its words."""
    found = table(report, key)
    places = [[column.key for column in found.columns].index(name) for name in columns]
    cells = [[row[place] for place in places] for row in found.rows]
    return [tuple(cell.words if isinstance(cell, Link) else cell for cell in row) for row in cells]


def test_the_first_lines_say_who_missed_what_and_where_the_time_went(watched: Desk) -> None:
    report = ask(watched)

    first, last = section(report, "summary").words
    assert first.startswith("7 of 8 goals were met: 87.5 %. Missed by technician: jane 1. Missed by company: Acme 1.")
    assert first.endswith(f"The time of the missed went: {SPENT}.")
    assert last == "At the end 7 goals were open, 3 of them past the deadline."
    assert rows(report, "missed", "ticket", "stage", "over_seconds", "why", "held") == [
        (
            "1",
            "resolve",
            1800,
            f"{SPENT}; waited 1 h 30 min in Waiting Customer, not counted",
            "jane 4 h 30 min",
        )
    ]
    assert rows(report, "by_company", "company", "met", "missed") == [("Acme", 4, 1), ("Zenith", 3, 0)]
    assert rows(report, "holders", "holder", "seconds") == [
        ("jane", 16_200),
        ("Waiting Customer (waiting)", 5400),
    ]


def test_T75_every_section_adds_up_to_the_same(watched: Desk) -> None:
    report = ask(watched)

    total = table(report, "attainment").total
    assert total is not None
    assert total[1:4] == (7, 1, Share(7, 8))
    for fact in ("company", "board", "technician", "priority"):
        counted = rows(report, f"by_{fact}", "met", "missed")
        assert tuple(map(sum, zip(*counted, strict=True))) == (7, 1), fact
    assert sum(goals for (goals,) in rows(report, "promises", "goals")) == 8  # type: ignore[misc]


def test_each_denominator_counts_its_own_and_says_so(watched: Desk) -> None:
    """Ticket 5 started in the period and is due in the next one; ticket 4 was due in it and is open, not met (T69)."""
    found = {each: ask(watched, denominator=each) for each in ("concluded", "due", "started")}

    totals = {name: table(report, "attainment").total for name, report in found.items()}
    assert {name: row[1:4] for name, row in totals.items() if row} == dict.fromkeys(found, (7, 1, Share(7, 8)))
    for name, report in found.items():
        assert report.denominator == name
        assert report.definitions[0][1] in section(report, "attainment").words


def test_T70_what_was_known_stays_so_and_what_has_changed_is_told_with_why(desk: OpenDesk) -> None:
    """Later ticket 2 is opened again and ticket 1 excused: the old report is the same."""
    watched = watch(desk, lives())
    before = ask(watched)
    at_review = Scope(TENANT, "company", "Acme")
    old_review = ask(watched, "review", at_review)
    later = at("2026-11-04T10:00")
    watched.source.worlds.append(changed_world(watched, later))
    watched.store.save_interventions(
        TENANT, [Intervention(1, Stage.RESOLVE, 0, Said.EXEMPT, later, "boss", reason="agreed with the customer")]
    )
    watched.polls(later, "2026-11-05T07:00")

    assert encode(ask(watched)) == encode(before)
    assert encode(ask(watched, "review", at_review)) == encode(old_review)

    after = ask(watched, known_at=at("2026-11-05T08:00"))
    assert rows(after, "excluded", "ticket", "rule", "reason") == [
        ("1", "exempted", "exempted by boss on 4 Nov 2026 10:00: agreed with the customer")
    ]
    told = compare_reports(watched.store, watched.settings, before, after)
    changes = {(row[0].words, row[3], row[5], row[6], row[7]) for row in told.tables[1].rows}  # type: ignore[union-attr]
    assert changes == {
        ("1", "resolve", "missed", "exempted", "exempted by boss on 4 Nov 2026 10:00: agreed with the customer"),
        ("2", "resolve", "met", "not counted", "no longer ended then: reopened, or its history was told anew"),
    }
    assert ("Goals missed", "1", "0") in told.tables[0].rows
    assert [row[8] for row in told.tables[1].rows] == [int(later.timestamp()), None]  # when, not when it was missed

    next_day = Asked("monthly", Scope(TENANT), period_named("2026-11-03", UTC), at("2026-11-05T08:00"))
    corrected = make_report(watched.store, watched.settings, next_day)
    assert rows(corrected, "corrections", "ticket", "was", "now") == [
        ("1", "missed", "exempted"),
        ("2", "met", "not counted"),
    ]
    assert section(corrected, "summary").words[0] == "No goal was met or missed in this period."


def changed_world(watched: Desk, moment: datetime) -> World:
    last = watched.source.worlds[-1]
    again = structs.replace(last.tickets[2], status=status("In Progress"), last_updated_at=moment)
    trail = [*last.trails[2], moved(moment, "Completed", "In Progress")]
    return World(moment, {**last.tickets, 2: again}, {**last.trails, 2: trail})


def test_nothing_changed_is_said(watched: Desk) -> None:
    report = ask(watched)
    told = compare_reports(watched.store, watched.settings, report, ask(watched))

    assert told.words[-1] == "Nothing that this report counts has changed."


def test_names_are_found_however_written_and_the_nearest_are_offered(watched: Desk) -> None:
    for name in ("Acme", "acme", "ACME "):
        assert ask(watched, scope=Scope(TENANT, "company", name)).scope.name == "Acme"
    assert ask(watched, scope=Scope(TENANT, "company", "zenith")).scope.name == "Zenith"

    with pytest.raises(InputError, match=r"company 'Acmee' is not known to tenant 'main'; the nearest: 'Acme'"):
        ask(watched, scope=Scope(TENANT, "company", "Acmee"))
    with pytest.raises(InputError, match="'Help Desk'"):
        ask(watched, scope=Scope(TENANT, "board", "desk"))
    with pytest.raises(InputError, match="breach, daily, weekly, monthly, review, pauses"):
        ask(watched, "yearly")
    with pytest.raises(InputError, match="about one company"):
        ask(watched, "review")


def test_T68_without_goals_attainment_is_not_available_and_that_is_said(watched: Desk) -> None:
    report = ask(watched, scope=Scope(TENANT, "board", "NOC"))

    assert "No goal of board 'NOC' counts in this period: attainment is n/a, not 100 %." in report.remarks
    total = table(report, "attainment").total
    assert total is not None
    assert total[3] == Share(0, 0)


@pytest.mark.parametrize("kind", ["breach", "daily", "weekly", "monthly", "pauses"])
def test_a_period_to_come_one_not_over_and_one_before_slamon(watched: Desk, kind: str) -> None:
    def remarks(name: str, known_at: str) -> str:
        asked = Asked(kind, Scope(TENANT), period_named(name, UTC), at(known_at))
        return " ".join(make_report(watched.store, watched.settings, asked).remarks)

    assert "there is nothing to tell of it yet" in remarks("2026-11-09", "2026-11-03T07:00")
    assert "The period is not over." in remarks("2026-11-02", "12:00")
    assert "slamon did not watch this desk in the period" in remarks("2026-09", "2026-11-03T07:00")


def test_the_digest_tells_what_is_due_next_and_who_waits_longest(watched: Desk) -> None:
    report = ask(watched, "daily")

    assert rows(report, "due_next", "ticket", "stage", "status", "due_at") == [
        ("5", stage, "New", to_epoch(at(f"2026-11-03T{hour}:30")))
        for stage, hour in (("respond", "00"), ("plan", "01"), ("resolve", "03"))
    ]
    assert rows(report, "waiting", "ticket", "technician", "status", "since") == [
        ("3", "joe", "Waiting Customer", to_epoch(at("10:40")))
    ]
    seen = next(figure for figure in report.figures if figure.key == "seen_at")
    assert seen.value == to_epoch(at("2026-11-03T06:59"))


def test_a_breach_report_tells_what_was_learnt_since_the_last(watched: Desk) -> None:
    """Learnt of in the poll of 17:00, all of it belongs to the report of the stretch in which that was."""

    def told(since: str, until: str) -> Report:
        asked = Asked("breach", Scope(TENANT), stretch(at(since), at(until), UTC), at(until))
        return make_report(watched.store, watched.settings, asked)

    assert rows(told("10:00", "16:59"), "broke", "ticket") == []
    report = told("16:59", "18:00")
    assert rows(report, "broke", "ticket", "stage", "over_seconds", "state", "held") == [
        ("4", "respond", 7 * 3600, "still open", "nobody 8 h"),
        ("4", "plan", 6 * 3600, "still open", "nobody 8 h"),
        ("4", "resolve", 4 * 3600, "still open", "nobody 8 h"),
        ("1", "resolve", 1800, "reached late", "jane 4 h 30 min"),
    ]
    assert rows(report, "holders", "holder", "seconds")[0] == ("nobody", 8 * 3600)  # once, not for each of its goals
    assert [figure.value for figure in report.figures[:2]] == [4, 3]
    assert rows(told("18:00", "23:00"), "broke", "ticket") == []


def test_a_review_names_who_approved_an_exception_and_quotes_no_note(desk: OpenDesk) -> None:
    watched = watch(desk, lives()[:1])
    said = [
        Intervention(
            1, Stage.RESOLVE, 0, Said.SNOOZE, at("16:30"), "jane", at("2026-11-30T00:00"), "PLANTED: their fault"
        ),
        Intervention(1, Stage.RESOLVE, 0, Said.ACK, at("16:31"), "jane", reason="PLANTED: do not tell them"),
        Intervention(1, Stage.RESOLVE, 0, Said.EXEMPT, at("18:00"), "boss", reason="change freeze"),
    ]
    watched.store.save_interventions(TENANT, said)

    report = ask(watched, "review", Scope(TENANT, "company", "Acme"))

    assert rows(report, "exceptions", "ticket", "reason", "by", "at") == [
        ("1", "change freeze", "boss", to_epoch(at("18:00")))
    ]
    body = encode(report)
    assert b"PLANTED" not in body
    assert b"jane" not in body


def test_the_pause_report_tells_who_paused_when_a_goal_was_nearly_over(desk: OpenDesk) -> None:
    """Paused at 95 % of its four hours, then three times within a day; met by that alone."""
    late = (
        Life(ticket(1, owner="jane"))
        .then(at("10:10"), status="In Progress")
        .then(at("13:48"), status="Waiting Customer")
    )
    late.then(at("14:30"), status="In Progress")
    late.then(at("14:31"), status="Waiting Customer")
    late.then(at("15:00"), status="In Progress").then(at("15:01"), status="Waiting Customer")
    late.then(at("16:00"), status="Completed")

    report = ask(watch(desk, [late]), "pauses")

    figures = {figure.key: figure.value for figure in report.figures}
    assert (figures["attainment"], figures["without_pauses"]) == (Share(3, 3), Share(2, 3))
    assert figures["waited"] == (42 + 29 + 59) * 60
    assert rows(report, "late_pauses", "ticket", "owner", "used", "became") == [
        ("1", "jane", Share((228 + n) * 60, 4 * 3600), "met") for n in (0, 1, 2)
    ]
    assert rows(report, "flapping", "ticket", "pauses", "in_a_day") == [("1", 3, 3)]
    assert rows(report, "waited", "status", "owner", "pauses") == [("Waiting Customer", "jane", 3)]
