"""The breach report: which transitions make it, in which order, and how it reads."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

from slamon.core.reading import ClockState, Reading, Verdict
from slamon.core.ticket import Ref, Stage, Ticket
from slamon.core.transition import Change
from slamon.ports import TransitionRecord
from slamon.reporting.breach_report import build_breach_report
from slamon.reporting.context import BreachReport, GroupCount
from slamon.reporting.render import Renderer
from slamon.resources import folder
from tests.outputs.samples import HOSTILE, HOUR, NOW, RIGA, reading, record, stage, ticket

SINCE = NOW - timedelta(days=1)
GLOBEX = Ref(21, "Globex")
NETWORK = Ref(2, "Network")
RENDERER = Renderer(folder("reports"))


def report(*records: TransitionRecord, readings: dict[int, Reading] | None = None) -> BreachReport:
    return build_breach_report(
        records,
        tenant="main",
        since=SINCE,
        until=NOW,
        zone=RIGA,
        readings=readings,
        link=lambda of: f"https://psa.example.com/{of.id}",
    )


def broke(
    number: int, over: int, *, of: Ticket | None = None, at: Stage = Stage.RESOLVE, version: int = 1
) -> TransitionRecord:
    due = NOW - timedelta(seconds=over)
    told = record(Change.BREACHED, number, at, of, elapsed_seconds=4 * HOUR + over, due_at=due, version=version)
    return replace(told, transition=replace(told.transition, at=due))


def test_no_transition_is_no_breach() -> None:
    empty = report()
    mail = RENDERER.render_breach_report(empty)

    assert (empty.rows, empty.companies, empty.boards) == ((), (), ())
    assert mail.subject == "No breach, since Thu 12 Nov 16:40 (main)"
    assert "No breach: no goal broke in this time." in mail.text
    assert "No goal broke in this time." in mail.html


def test_only_breaches_count() -> None:
    assert not report(record(Change.NEAR_BREACH), record(Change.MET), record(Change.CANCELLED)).rows


def test_the_worst_comes_first() -> None:
    found = report(broke(1, 60), broke(2, 7200), broke(3, 600))

    assert [(row.ticket.id, row.over_seconds) for row in found.rows] == [(2, 7200), (3, 600), (1, 60)]


def test_readings_say_how_far_over_it_is_now() -> None:
    now = reading(1, resolve=stage(Verdict.BREACHED, elapsed=9 * HOUR, version=1), state=ClockState.PAUSED)
    (row,) = report(broke(1, 1), readings={1: now}).rows

    assert (row.over_seconds, row.state) == (5 * HOUR, "paused")


def test_a_reading_of_a_newer_deadline_does_not_change_the_row() -> None:
    (row,) = report(broke(1, 60), readings={1: reading(1, resolve=stage(elapsed=9 * HOUR, version=2))}).rows

    assert row.over_seconds == 60


def test_a_breach_reached_in_the_same_span_is_one_row() -> None:
    late = record(Change.MISSED, 1, elapsed_seconds=6 * HOUR, due_at=NOW - timedelta(hours=2))
    found = report(broke(1, 1), late)

    assert [(row.over_seconds, row.state) for row in found.rows] == [(2 * HOUR, "late")]
    assert found.open_count == 0


def test_a_breach_never_seen_open_is_in_the_report() -> None:
    missed = record(Change.MISSED, 1, elapsed_seconds=5 * HOUR, due_at=NOW - timedelta(hours=2))

    assert [row.state for row in report(missed).rows] == ["late"]


def test_a_breach_of_an_earlier_report_that_ends_now_is_listed_apart() -> None:
    missed = record(Change.MISSED, 1, elapsed_seconds=40 * HOUR, due_at=SINCE - timedelta(days=3))
    found = report(missed)

    assert not found.rows
    assert [row.ticket.id for row in found.concluded] == [1]
    assert "Broke earlier, reached now (too late)" in RENDERER.render_breach_report(found).text


def test_a_superseded_breach_is_not_counted_but_said() -> None:
    found = report(broke(1, 60), record(Change.SUPERSEDED, 1, version=2))

    assert not found.rows
    assert [row.state for row in found.superseded] == ["superseded"]
    assert "No longer counted" in RENDERER.render_breach_report(found).html


def test_a_new_deadline_that_broke_too_is_the_same_goal() -> None:
    found = report(broke(1, 60), broke(1, 7200, version=2))

    assert [(row.over_seconds, row.state) for row in found.rows] == [(7200, "open")]
    assert (found.rows[0].breached_at, found.superseded) == (NOW - timedelta(hours=2), ())


def test_groups_have_whole_counts_by_id() -> None:
    namesake = Ref(99, "Acme")
    found = report(
        broke(1, 60),
        broke(1, 60, at=Stage.RESPOND),
        broke(2, 60, of=ticket(2, company=GLOBEX, board=NETWORK)),
        broke(3, 60, of=ticket(3, company=namesake)),
        broke(4, 60, of=ticket(4, company=None), at=Stage.PLAN),
    )

    assert found.companies == (
        GroupCount("Acme", 1, 0, 1),
        GroupCount("(none)", 0, 1, 0),
        GroupCount("Acme", 0, 0, 1),
        GroupCount("Globex", 0, 0, 1),
    )
    assert found.boards == (GroupCount("Help Desk", 1, 1, 2), GroupCount("Network", 0, 0, 1))
    assert found.boards[0].total == 4
    assert all(type(value) is int for group in found.companies for value in (group.respond, group.total))


def test_the_report_reads_well_and_links_its_tickets() -> None:
    found = report(
        broke(1042, 3900), broke(2, 30, of=ticket(2, summary=HOSTILE, company=None, owner="", priority=None))
    )
    mail = RENDERER.render_breach_report(found)

    assert mail.subject == "2 goals broke, 2 still open, since Thu 12 Nov 16:40 (main)"
    assert "1 h 05 min over: ticket 1042 at Acme, resolve (goal 4 h), still open" in mail.text
    assert "  due Fri 13 Nov 16:39; Help Desk, no priority, nobody's" in mail.text
    assert "https://psa.example.com/1042" in mail.text
    assert 'href="https://psa.example.com/1042"' in mail.html
    assert "<script" not in mail.html


def test_pandas_is_loaded_for_rows_only() -> None:
    code = (
        "import sys; from tests.outputs.test_breach_report import report, broke, RENDERER;"
        "RENDERER.render_breach_report(report()); assert 'pandas' not in sys.modules;"
        "report(broke(1, 60)); assert 'pandas' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_long_report_is_cut_in_html_and_says_where_all_of_it_is() -> None:
    companies = [Ref(100 + n, f"Company {n}") for n in range(70)]
    found = report(*(broke(n, 60 + n, of=ticket(n, company=company)) for n, company in enumerate(companies, 1)))
    mail = RENDERER.render_breach_report(found)

    assert "and 40 more; the text part of this mail lists them all" in mail.html
    assert "and 60 more with 60 goals; the text part of this mail lists them all" in mail.html
    assert len(mail.html) < 100_000
    assert all(f"ticket {n} at" in mail.text for n in range(1, 71))
    assert all(f"Company {n}" in mail.text for n in range(70))
