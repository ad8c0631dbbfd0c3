"""What the kinds of report say, from goals made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from slamon.core.attainment import Counts, Denominator
from slamon.core.goals import Goals
from slamon.core.period import period_named
from slamon.reports.changed import compare_goals, find_renames
from slamon.reports.document import Report, Scope, Section, Share, Spread, Trend, decode, encode
from slamon.reports.kinds import KINDS
from slamon.reports.material import Excuse, Material, PastPeriod, Rule, TicketFacts, Watched
from tests.reports.goals import NEVER, Row, State, goals_of, seconds

OCTOBER = period_named("2026-10", ZoneInfo("Europe/Riga"))
BEGINS, ENDS = seconds("2026-09-30T21:00:00"), seconds("2026-10-31T22:00:00")
MIDDLE = seconds("2026-10-14T12:00:00")


def material(rows: list[Row] | Goals, kind: str = "monthly", **changes: Any) -> Material:
    plain = Material(
        kind=kind,
        scope=Scope("main"),
        period=OCTOBER,
        known_at=ENDS + 3600,
        until=ENDS,
        denominator=Denominator.CONCLUDED,
        watched=Watched(BEGINS, ENDS, BEGINS),
        goals=goals_of(rows) if isinstance(rows, list) else rows,
    )
    return replace(plain, **changes)


def build(rows: list[Row], kind: str = "monthly", **changes: Any) -> Report:
    return KINDS[kind].build(material(rows, kind, **changes))


def section(report: Report, key: str) -> Section:
    return next(each for each in report.sections if each.key == key)


def cells(found: Section, *columns: str) -> list[tuple[object, ...]]:
    keys = [column.key for column in found.tables[0].columns]
    return [tuple(row[keys.index(name)] for name in columns) for row in found.tables[0].rows]


def missed(number: int, over: int = 60, **changes: Any) -> Row:
    return Row(number, State.MISSED, elapsed_seconds=3600 + over, ended_at=MIDDLE, due_at=MIDDLE - over, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_counts_saw_and_went_by_and_is_data(kind: str) -> None:
    rule = Rule("Gold", "Office", "c1", (900, 1800, 3600), (95, 95, 90))
    report = build([missed(1), Row(2, ended_at=MIDDLE)], kind, rules={"t1": rule})

    assert decode(encode(report)) == report
    assert report.title.endswith(", October 2026")
    assert report.definitions[0][0] == "Counted"
    assert (report.begins_at, report.ends_at, report.zone) == (BEGINS, ENDS, "Europe/Riga")
    coverage = next(figure for figure in report.figures if figure.key == "coverage")
    assert coverage.value == Share(ENDS - BEGINS, ENDS - BEGINS)
    assert cells(section(report, "promises"), "policy", "version", "calendar_version", "goals") == [
        ("Gold", "t1", "c1", 2)
    ]
    for each in report.sections:
        for table in each.tables:
            assert all(len(row) == len(table.columns) for row in (*table.rows, *filter(None, [table.total])))


def test_the_worst_are_first_and_what_is_cut_is_said() -> None:
    found = section(build([missed(number, over=number) for number in range(1, 61)]), "missed")

    assert [over for (over,) in cells(found, "over_seconds")] == list(range(60, 10, -1))
    assert found.words[-1] == "The first 50 of 60 are listed; 10 are left out here."


def test_each_exclusion_is_listed_with_its_rule() -> None:
    rows = [
        Row(1, State.CANCELLED, ended_at=MIDDLE),
        Row(2, State.NOT_MEASURED, ended_at=MIDDLE),
        missed(3, exempt=True),
        Row(4, ended_at=MIDDLE),
    ]
    excuses = {(3, 2): Excuse("boss", MIDDLE, "change freeze")}
    report = build(rows, reasons={1: "merged into 12", 2: "audit trail not read"}, excuses=excuses)

    assert cells(section(report, "excluded"), "rule", "reason") == [
        ("cancelled", "merged into 12"),
        ("not measured", "audit trail not read"),
        ("exempted", "exempted by boss on 14 Oct 2026 15:00: change freeze"),
    ]
    total = section(report, "attainment").tables[0].total
    assert total is not None
    assert total[1:4] == (1, 0, Share(1, 1))


def test_a_trend_keeps_its_gaps_and_its_goal_line() -> None:
    past = [PastPeriod(f"2026-0{month}", (Counts(), Counts(), Counts(met=month))) for month in (7, 8)]
    past.append(PastPeriod("2026-09", (Counts(), Counts(), Counts())))
    found = section(build([missed(1, percent=90), Row(2, ended_at=MIDDLE, percent=90)], past=tuple(past)), "trend")

    (chart,) = found.charts
    assert isinstance(chart.drawing, Trend)
    assert chart.drawing == Trend(
        (("2026-07", Share(7, 7)), ("2026-08", Share(8, 8)), ("2026-09", Share(0, 0)), ("2026-10", Share(1, 2))), 90
    )
    assert chart.words == "Resolve goals met: 100.0 % in 2026-07, 50.0 % in 2026-10; promised are 90 %."


def test_the_spread_counts_each_judged_goal_once() -> None:
    charts = section(
        build([missed(1), Row(2, ended_at=MIDDLE), Row(3, State.CANCELLED, ended_at=MIDDLE)]), "times"
    ).charts

    (drawing,) = (chart.drawing for chart in charts)
    assert isinstance(drawing, Spread)
    assert (sum(drawing.goals), len(drawing.goals)) == (2, len(drawing.up_to_percent) + 1)


def test_blind_spans_are_told_and_lower_the_coverage_but_not_the_counts() -> None:
    blind = ((MIDDLE, MIDDLE + 7200),)
    report = build([missed(1)], watched=Watched(BEGINS, ENDS, BEGINS, blind))

    assert report.remarks[0].startswith("slamon saw 99.7 % of the period.")
    assert cells(section(report, "coverage"), "from", "to", "length") == [(MIDDLE, MIDDLE + 7200, "2 h")]
    assert Watched(BEGINS, ENDS, MIDDLE + 3600, blind).seen_seconds == ENDS - MIDDLE - 7200
    assert Watched(BEGINS, ENDS, None).seen_seconds == 0


def test_a_story_that_does_not_add_up_is_left_out_and_that_is_said() -> None:
    report = build([missed(1)], untold=1)

    assert cells(section(report, "missed"), "why", "held") == [(None, None)]
    assert report.remarks == (
        "Of 1 goal it is not told where the time went: what is stored today does not add up to it.",
    )


def test_lists_link_where_the_settings_say_and_are_named_as_the_goals_were() -> None:
    facts = {1: TicketFacts("Printer on fire", "https://cw.example.org/1")}
    (row,) = section(build([missed(1, facts={"company": "", "board": "NOC"})], tickets=facts), "missed").tables[0].rows

    assert row[0] == section(build([missed(1)], tickets=facts), "missed").tables[0].rows[0][0]
    assert (row[1], row[2], row[8]) == ("Printer on fire", "(none)", "NOC")


def test_what_was_learnt_later_is_told_by_what_changed() -> None:
    """Goal 1 is judged by another promise, 2 is gone, 3 came, 4 is excused; 5 is only called otherwise; 6 stays."""
    then = [missed(1), Row(2), missed(4), Row(5, facts={"company": "Acme"}), Row(6, facts={"company": "Zenith"})]
    now = [
        Row(1, terms="t2", known_at=50, ended_at=MIDDLE),
        Row(3, known_at=60),
        missed(4, exempt=True),
        Row(5, facts={"company": "Acme Ltd."}),
        Row(6, facts={"company": "Zenith"}),
    ]
    old, new = goals_of(then), goals_of(now)

    changes = compare_goals(old, new, 40, 100)
    assert [(change.key.ticket_id, change.was is None, change.now is None) for change in changes] == [
        (1, False, False),
        (2, False, True),
        (3, True, False),
        (4, False, False),
    ]
    assert find_renames(old, new) == [("company", "Acme", "Acme Ltd.", 1)]

    rules = {version: Rule(version, "Office", "c1", (None, None, 3600), (None, None, 90)) for version in ("t1", "t2")}
    told = section(build([], changes=tuple(changes), changes_since=40, rules=rules), "corrections")
    assert cells(told, "was", "now", "why") == [
        ("missed", "met", "judged by another promise or calendar: t1 on Office (t1), now t2 on Office (t2)"),
        ("met", "not counted", "no longer ended then: reopened, or its history was told anew"),
        ("not told of", "met", "learnt of later"),
        ("missed", "exempted", "exempted"),
    ]


def test_an_open_goal_that_went_on_is_no_history_told_anew() -> None:
    """Goal 1 was reached, 2 waits on, 3 passed its deadline, 4 was excused: of none is what was told wrong."""
    opened = Row(state=State.OPEN, due_at=90, known_at=10)
    later = replace(opened, known_at=95, elapsed_seconds=3601)
    then = [replace(opened, ticket_id=number) for number in (1, 3, 4)] + [replace(opened, ticket_id=2, due_at=NEVER)]
    now = [Row(1, due_at=90, ended_at=80, known_at=95), replace(later, ticket_id=2, due_at=NEVER)]
    now += [replace(later, ticket_id=3), replace(later, ticket_id=4, exempt=True)]

    changes = compare_goals(goals_of(then), goals_of(now), 40, 100)

    excuses = {(4, 2): Excuse("boss", 70, "agreed")}
    told = section(build([], changes=tuple(changes), changes_since=40, excuses=excuses), "corrections")
    assert cells(told, "was", "now", "why") == [
        ("open", "met", "open then, over since"),
        ("open", "open, over", "its deadline has passed since"),
        ("open", "exempted", "exempted by boss on 1 Jan 1970 03:01: agreed"),
    ]
