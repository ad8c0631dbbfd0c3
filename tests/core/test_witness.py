"""What is compared with ConnectWise's figures, and the cause found by trying, on lives written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from slamon.core.assumptions import Case
from slamon.core.desk_facts import gather_facts
from slamon.core.figures import Life, Shelf, read_figures
from slamon.core.instants import to_epoch
from slamon.core.policy import Terms
from slamon.core.promise import ALL_HOURS, PolicyRule, PromiseSettings
from slamon.core.reconcile import NOT_TRIED, ROUNDS, Bench, Findings, explain, find_differences
from slamon.core.rules import CalendarRules, DatedSpan, Window
from slamon.core.sla_text import SlaText, TextKind, find_day_order, settle
from slamon.core.ticket import STAGES, Event, Kind, Level, Origin, Ref, Stage, Ticket, Witness
from slamon.core.versions import version_of
from slamon.core.witness import Cause, Difference, Evidence, WitnessKind, compare

HOUR = 3600
OFFICE = CalendarRules("Office", "America/New_York", (*([(Window(8 * HOUR, 17 * HOUR),)] * 5), (), ()))
NEVER_BEGUN = SlaText(TextKind.ABSENT)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def promise(*hours: float | None, calendar: CalendarRules = ALL_HOURS, **knobs: Any) -> Terms:
    respond, plan, resolve = (None if h is None else round(h * HOUR) for h in hours)
    return Terms("p", version_of(calendar), respond, plan, resolve, **knobs)


def entered(moment: str, level: Level = Level.NOT_RESPONDED) -> Event:
    return event(Kind.ENTERED, moment, "New", level)


def status(moment: str, name: str, level: Level, after: str | None = None) -> Event:
    return event(Kind.STATUS, moment, name, level, after)


def event(kind: Kind, moment: str, name: str = "", level: Level | None = None, after: str | None = None) -> Event:
    origin = Origin.POLL if after else Origin.AUDIT
    return Event(1, kind, at(moment), at(after or moment), origin, name=name, level=level)


def told(
    events: Sequence[Event], terms: Terms, written: str, text: SlaText = NEVER_BEGUN, **witness: Any
) -> tuple[Evidence, tuple[Event, ...]]:
    """Return what ConnectWise says of the ticket that lived through *events*, and these with its terms."""
    first = events[0]
    version = Event(1, Kind.TERMS, first.at, first.at, Origin.SETTINGS, terms=version_of(terms))
    ticket = Ticket(
        id=1,
        summary="",
        board=Ref(1, "Help Desk"),
        status=Ref(1, "New"),
        entered_at=first.at,
        last_updated_at=at(written),
        sla=Ref(1, "Gold"),
        witness=Witness(**witness),
    )
    whole = (first, version, *events[1:])
    case = Case.of(Evidence(ticket, Life(1, (), to_epoch(at(written))), text), whole)
    return case.told, whole


def reconcile(
    testimony: tuple[Evidence, tuple[Event, ...]],
    terms: Terms,
    now: str,
    *calendars: CalendarRules,
    tolerance: int = 0,
) -> Findings:
    evidence, events = testimony
    known = {version_of(rules): rules for rules in (ALL_HOURS, *calendars)}
    shelf = Shelf({version_of(terms): terms}, known)
    desk = gather_facts(None, PromiseSettings(PolicyRule("default")), calendars, [])
    bench = Bench(desk, shelf, to_epoch(at(now)), tolerance)
    told = [replace(evidence, text=settle(evidence.text, find_day_order([evidence.text])))]
    return explain(find_differences(told, bench), [Case.of(told[0], events)], bench)


def differences(found: Findings) -> list[tuple[str, str, int | None, str]]:
    return [(d.stage.label, d.witness.value, d.apart_seconds, d.cause.value) for d in found.differences]


# --- what ConnectWise is known to have shown --------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "due", "text"),
    [
        ("2022-09-12T09:22:58", 72, "2022-09-15T09:22:58", "2022-09-15T09:22"),
        ("2022-09-30T04:00:00", 120, "2022-10-05T04:00:00", "2022-10-05T04:00"),
        ("2022-09-30T04:00:00", 4, "2022-09-30T08:00:00", "2022-09-30T08:00"),
    ],
    ids=["945384", "945382", "945370 moved to P1"],
)
def test_deadlines_that_connectwise_has_shown_are_slamons_too(start: str, hours: int, due: str, text: str) -> None:
    terms = promise(1, 2, hours)
    events = [entered(start), status(start, "In Progress", Level.RESOLUTION_PLAN)]
    said = SlaText(TextKind.DUE, Stage.RESOLVE, (at(text),))
    evidence = told(events, terms, start, said, resolve_goal_at=at(due))

    found = reconcile(evidence, terms, due)

    assert (found.compared, found.differences) == (1, ())


def test_the_minutes_of_a_jumped_stage_are_slamons_too() -> None:
    # Ticket 3204: 0, 141 and 119 own minutes, 141 skipped; waiting is not booked.
    terms = promise(4, 8, 40)
    events = [
        entered("2022-10-03T16:09:55"),
        status("2022-10-03T18:30:41", "In Progress", Level.RESOLUTION_PLAN),
        status("2022-10-03T20:00:00", "Waiting", Level.WAITING),
        status("2022-10-04T10:00:00", "In Progress", Level.RESOLUTION_PLAN),
        status("2022-10-04T10:29:41", "Completed", Level.RESOLVED),
    ]
    evidence = told(
        events,
        terms,
        "2022-10-05T00:00",
        respond_minutes=0 + 141,
        plan_minutes=0 + 141 + 0,
        resolve_minutes=0 + 141 + 119,
    )

    assert reconcile(evidence, terms, "2022-10-06T00:00").differences == ()


# --- what is compared, and how closely --------------------------------------------------------------

NEW = [entered("2026-01-05T10:00:00")]
GOALS = promise(1, 2, 4)


def test_goal_dates_are_compared_to_the_second_unless_told_otherwise() -> None:
    evidence = told(NEW, GOALS, "2026-01-05T10:00", respond_goal_at=at("2026-01-05T11:00:30"))

    assert differences(reconcile(evidence, GOALS, "2026-01-05T10:30")) == [("respond", "goal_date", 30, "unknown")]
    assert reconcile(evidence, GOALS, "2026-01-05T10:30", tolerance=60).differences == ()


@pytest.mark.parametrize(("minutes", "differs"), [(19, True), (20, False), (21, False), (22, True), (0, True)])
def test_minutes_are_those_of_the_last_write_and_rounded(minutes: int, *, differs: bool) -> None:
    evidence = told(NEW, GOALS, "2026-01-05T10:20:10", respond_minutes=minutes)

    assert bool(reconcile(evidence, GOALS, "2026-01-05T15:00").differences) is differs


def test_a_text_is_cut_to_the_minute_and_names_the_stage() -> None:
    began = [entered("2026-01-05T10:00:59")]
    right = SlaText(TextKind.DUE, Stage.RESPOND, (at("2026-01-05T11:00"),))
    late = replace(right, month_first=(at("2026-01-05T11:01"),))
    ahead = SlaText(TextKind.DUE, Stage.PLAN, (at("2026-01-05T12:00"),))

    assert reconcile(told(began, GOALS, "2026-01-05T10:01", right), GOALS, "2026-01-05T10:30").differences == ()
    (found,) = reconcile(told(began, GOALS, "2026-01-05T10:01", late), GOALS, "2026-01-05T10:30").differences
    assert found.apart_seconds == 60
    (found,) = reconcile(told(began, GOALS, "2026-01-05T10:01", ahead), GOALS, "2026-01-05T10:30").differences
    assert (found.theirs, found.ours) == ("plan by 2026-01-05T12:00Z", "respond by 2026-01-05T11:00Z")


def test_T76_an_ambiguous_text_agrees_if_either_day_does() -> None:
    terms = promise(1, 2, 4)
    events = [entered("2026-12-01T08:00:00")]
    either = SlaText(TextKind.DUE, Stage.RESPOND, (at("2027-01-12T09:00"),), (at("2026-12-01T09:00"),))

    assert reconcile(told(events, terms, "2026-12-01T08:00", either), terms, "2026-12-01T08:30").differences == ()


def test_while_a_clock_stands_a_missing_or_frozen_date_is_no_difference() -> None:
    events = [*NEW, status("2026-01-05T10:20:00", "Waiting", Level.WAITING)]
    waiting = SlaText(TextKind.WAITING)
    frozen = told(events, GOALS, "2026-01-05T10:20", waiting, respond_goal_at=at("2026-01-05T11:00"))

    assert reconcile(frozen, GOALS, "2026-01-05T15:00").differences == ()
    assert reconcile(told(events, GOALS, "2026-01-05T10:20", waiting), GOALS, "2026-01-05T15:00").compared == 1


def test_a_goal_date_without_a_goal_and_a_wait_that_only_one_side_has_are_differences() -> None:
    none = promise(None, 2, 4)
    evidence = told(NEW, none, "2026-01-05T10:00", respond_goal_at=at("2026-01-05T11:00"))
    waits = told(NEW, GOALS, "2026-01-05T10:00", SlaText(TextKind.WAITING))

    (found,) = reconcile(evidence, none, "2026-01-05T10:30").differences
    assert (found.ours, found.apart_seconds) == ("no goal", None)
    (found,) = reconcile(waits, GOALS, "2026-01-05T10:30").differences
    assert (found.theirs, found.ours) == ("waiting", "respond by 2026-01-05T11:00Z")
    assert (found.cause, found.words) == (Cause.STATUS_MAP, "status 'New' waits in ConnectWise")


def test_a_deadline_that_was_kept_at_its_milestone_and_one_that_moved_on_are_both_right() -> None:
    events = [
        *NEW,
        status("2026-01-05T10:10:00", "Assigned", Level.RESPONDED),
        status("2026-01-05T10:20:00", "Waiting", Level.WAITING),
        status("2026-01-05T13:20:00", "Assigned", Level.RESPONDED),
    ]
    for due in ("2026-01-05T11:00", "2026-01-05T14:00"):
        evidence = told(events, GOALS, "2026-01-05T13:20", respond_goal_at=at(due))
        assert reconcile(evidence, GOALS, "2026-01-05T15:00").differences == ()


def test_a_deadline_kept_at_a_milestone_that_ended_a_wait_is_the_one_after_it() -> None:
    events = [
        *NEW,
        status("2026-01-05T10:20:00", "Waiting", Level.WAITING),
        status("2026-01-05T13:20:00", "Assigned", Level.RESPONDED),
        status("2026-01-05T13:30:00", "Waiting", Level.WAITING),
        status("2026-01-05T15:30:00", "Assigned", Level.RESPONDED),
    ]
    evidence = told(events, GOALS, "2026-01-05T15:30", respond_goal_at=at("2026-01-05T14:00"))

    assert reconcile(evidence, GOALS, "2026-01-05T16:00").differences == ()


def test_a_ticket_under_no_sla_shows_no_figures_and_one_not_measured_is_not_compared() -> None:
    evidence, events = told(NEW, GOALS, "2026-01-05T10:20", respond_minutes=0, plan_minutes=0, resolve_minutes=0)
    none = replace(evidence, ticket=structs.replace(evidence.ticket, sla=None))
    late = [*NEW, event(Kind.NOT_MEASURED, "2026-01-05T10:00:00")]

    found = reconcile((none, events), GOALS, "2026-01-05T15:00")
    assert (found.compared, found.without_witness, found.not_measured) == (0, 1, 0)
    found = reconcile(told(late, GOALS, "2026-01-05T10:20", respond_minutes=5), GOALS, "2026-01-05T15:00")
    assert (found.compared, found.without_witness, found.not_measured) == (0, 0, 1)


# --- causes -----------------------------------------------------------------------------------------

WAITED = [
    *NEW,
    status("2026-01-05T10:30:00", "Waiting", Level.WAITING),
    status("2026-01-06T10:30:00", "New", Level.NOT_RESPONDED),
]
LONG = promise(10, 20, 40, calendar=OFFICE)  # 2026-01-05 is a Monday; the office opens at 13:00 UTC
REOPENED = [
    *NEW,
    status("2026-01-05T15:00:00", "Completed", Level.RESOLVED),
    status("2026-01-06T15:00:00", "New", Level.NOT_RESPONDED),
]
SHUT = replace(OFFICE, holidays=(DatedSpan(at("2026-01-05T00:00").date(), name="Day off"),))
AWAY = replace(OFFICE, zone="America/Los_Angeles")


@pytest.mark.parametrize(
    ("events", "terms", "due", "cause", "words"),
    [
        (NEW, promise(10, 20, 40, calendar=AWAY), "2026-01-06T14:00", "zone", "'Office' in America/New_York"),
        (NEW, promise(10, 20, 40, calendar=SHUT), "2026-01-06T14:00", "holiday", "'Office' without its holidays"),
        (NEW, LONG, "2026-01-05T20:00", "calendar", "on 'AllHours'"),
        (WAITED, promise(10, 20, 40), "2026-01-05T20:00", "status_map", "status 'Waiting' runs"),
        (WAITED, LONG, "2026-01-08T20:00", "pause", "deducts waiting by the wall clock"),
        (REOPENED, promise(48, 60, 72), "2026-01-08T10:00", "pause", "counts the time between resolve and reopening"),
    ],
    ids=["zone", "holiday", "calendar", "wait", "wall", "reopened"],
)
def test_the_cause_is_the_one_change_that_gives_connectwises_figure(
    events: list[Event], terms: Terms, due: str, cause: str, words: str
) -> None:
    stage = Stage.RESOLVE if events is REOPENED else Stage.RESPOND
    dates: dict[str, Any] = {"resolve_goal_at": at(due)} if stage is Stage.RESOLVE else {"respond_goal_at": at(due)}
    evidence = told(events, terms, events[-1].at.isoformat()[:19], **dates)

    (found,) = reconcile(evidence, terms, "2026-01-07T09:00", OFFICE, SHUT, AWAY).differences

    assert (found.cause.value, found.stage) == (cause, stage)
    assert words in found.words


def desk_of(*dues: tuple[int, str]) -> Findings:
    """Return the causes of a desk: so many new tickets under 10 office hours whose respond date ConnectWise puts at."""
    terms = promise(10, 20, 40, calendar=AWAY)
    lives = [told(NEW, terms, "2026-01-05T10:00", respond_goal_at=at(due)) for many, due in dues for _ in range(many)]
    evidence = [
        replace(each, ticket=structs.replace(each.ticket, id=n), life=replace(each.life, ticket_id=n))
        for n, (each, _) in enumerate(lives, 1)
    ]
    known = {version_of(rules): rules for rules in (ALL_HOURS, OFFICE, AWAY)}
    desk = gather_facts(None, PromiseSettings(PolicyRule("default")), [OFFICE, AWAY], [])
    bench = Bench(desk, Shelf({version_of(terms): terms}, known), to_epoch(at("2026-01-05T12:00")))
    cases = [Case.of(each, events) for each, (_, events) in zip(evidence, lives, strict=True)]
    return explain(find_differences(evidence, bench), cases, bench)


IN_NEW_YORK, ALWAYS_OPEN, NOBODY_KNOWS = "2026-01-06T14:00", "2026-01-05T20:00", "2026-01-09T13:13"


def test_a_cause_of_many_is_found_on_all_of_them_and_a_rare_one_where_few_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slamon.core.reconcile.SAMPLE", 10)
    found = desk_of((60, IN_NEW_YORK), (1, ALWAYS_OPEN), (4, NOBODY_KNOWS))

    assert {cause.value: n for cause, n in found.count_causes().items() if n} == {
        "zone": 60,
        "calendar": 1,
        "unknown": 4,
    }
    assert {d.words for d in found.differences if d.cause is Cause.UNKNOWN} == {""}


def test_of_many_without_a_common_cause_some_are_tried_with_all_and_the_others_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slamon.core.reconcile.SAMPLE", 10)
    found = desk_of((100, NOBODY_KNOWS), (5, ALWAYS_OPEN))

    words = [d.words for d in found.differences if d.cause is Cause.UNKNOWN]
    assert words.count("") <= ROUNDS * 10
    assert words.count(NOT_TRIED) >= 100 - ROUNDS * 10


def test_what_polling_leaves_open_explains_what_lies_within_it_and_no_more() -> None:
    polled = [
        *NEW,
        status("2026-01-05T10:30:00", "Waiting", Level.WAITING, after="2026-01-05T10:20:00"),
        status("2026-01-05T12:00:00", "New", Level.NOT_RESPONDED, after="2026-01-05T11:50:00"),
    ]
    # The wait took 80 to 100 minutes.
    for due, cause in (("12:20", "poll_gap"), ("12:33:21", "poll_gap"), ("12:40", "poll_gap"), ("12:41", "unknown")):
        evidence = told(polled, GOALS, "2026-01-05T12:00", respond_goal_at=at(f"2026-01-05T{due}"))
        (found,) = reconcile(evidence, GOALS, "2026-01-05T12:00").differences
        assert (due, found.cause.value) == (due, cause)


def test_a_milestone_within_a_wait_tells_of_a_run_that_no_poll_saw() -> None:
    events = [
        *NEW,
        status("2026-01-05T10:30:00", "Waiting", Level.WAITING),
        event(Kind.PLANNED, "2026-01-05T11:00:00"),
    ]
    # It ran again for some of the 90 minutes up to the last write.
    for minutes, cause in ((90, "poll_gap"), (130, "unknown"), (25, "unknown")):
        evidence = told(events, promise(8, 9, 10), "2026-01-05T12:00", resolve_minutes=minutes)
        (found,) = reconcile(evidence, promise(8, 9, 10), "2026-01-05T12:00").differences
        assert (minutes, found.cause.value) == (minutes, cause)


def test_an_unreadable_text_keeps_its_cause_whatever_would_fit() -> None:
    text = SlaText(TextKind.UNREADABLE, problem="'soon' is not of the form")
    evidence = told(NEW, GOALS, "2026-01-05T10:00", text, sla_status="soon")

    (found,) = reconcile(evidence, GOALS, "2026-01-05T10:30").differences

    assert (found.cause, found.theirs, found.words) == (Cause.UNREADABLE, "soon", "'soon' is not of the form")


def test_a_history_that_has_not_begun_has_no_figures() -> None:
    evidence, _ = told(NEW, GOALS, "2026-01-05T10:00", respond_minutes=1)
    shelf = Shelf({version_of(GOALS): GOALS}, {version_of(ALL_HOURS): ALL_HOURS})

    assert read_figures([evidence.life], shelf, to_epoch(at("2026-01-05T09:00"))) == [None]


def test_figures_agree_with_themselves() -> None:
    evidence, _ = told(NEW, GOALS, "2026-01-05T10:00")
    shelf = Shelf({version_of(GOALS): GOALS}, {version_of(ALL_HOURS): ALL_HOURS})
    (figures,) = read_figures([evidence.life], shelf, to_epoch(at("2026-01-05T10:30")))
    assert figures is not None
    dues = [at("2026-01-05T10:00") + timedelta(hours=hours) for hours in (1, 2, 4)]
    shown = Witness(respond_goal_at=dues[0], plan_goal_at=dues[1], resolve_goal_at=dues[2])

    result = compare(replace(evidence, ticket=structs.replace(evidence.ticket, witness=shown)), figures)

    assert result.agreed == {(WitnessKind.GOAL_DATE, stage) for stage in STAGES}
    assert result.differences == ()
    assert Difference(1, Stage.PLAN, WitnessKind.STATUS_TEXT, "waiting", "resolved").key == (
        WitnessKind.STATUS_TEXT,
        None,
    )
