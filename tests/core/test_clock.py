"""One ticket's clock, case by case: an office open Monday to Friday, nine to five; goals of 2, 4 and 8 hours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slamon.core.clock import read_clocks
from slamon.core.reading import ClockState, Verdict
from slamon.core.ticket import STAGES, Stage
from slamon.errors import HistoryError
from tests.core.oracle import Moment, Promise
from tests.core.samples import DAY, HOUR, NONSTOP, OFFICE, calendar, epoch, histories, read_all, read_one, seconds, week
from tests.core.week import GOLD, MONDAY, Desk, at, goal, life, told

RESPOND, PLAN, RESOLVE = STAGES
Goals = tuple[str, int, str | None]


@pytest.mark.parametrize(
    ("case", "history", "as_of", "respond", "resolve"),
    [
        ("just entered", "mon 10:00 new", "mon 10:00", ("running", 0, "mon 12:00"), ("running", 0, "tue 10:00")),
        ("an hour on", "mon 10:00 new", "mon 11:00", ("running", 60, "mon 12:00"), ("running", 60, "tue 10:00")),
        (
            "at the goal: equality is not late",
            "mon 10:00 new",
            "mon 12:00",
            ("running", 120, "mon 12:00"),
            ("running", 120, "tue 10:00"),
        ),
        (
            "past the goal",
            "mon 10:00 new",
            "mon 12:01",
            ("breached", 121, "mon 12:00"),
            ("running", 121, "tue 10:00"),
        ),
        (
            "answered at the goal: met",
            "mon 10:00 new, mon 12:00 answered",
            "mon 13:00",
            ("met", 120, "mon 12:00"),
            ("running", 180, "tue 10:00"),
        ),
        (
            "answered a minute late: missed",
            "mon 10:00 new, mon 12:01 answered",
            "mon 13:00",
            ("missed", 121, "mon 12:00"),
            ("running", 180, "tue 10:00"),
        ),
        (
            "entered and answered in one instant",
            "mon 10:00 new, mon 10:00 answered",
            "mon 10:00",
            ("met", 0, "mon 12:00"),
            ("running", 0, "tue 10:00"),
        ),
        (
            "answered before opening: nothing, not null",
            "mon 06:00 new, mon 07:00 answered",
            "mon 09:30",
            ("met", 0, "mon 11:00"),
            ("running", 30, "mon 17:00"),
        ),
        (
            "entered on a closed day",
            "sun 12:00 new",
            "sun 20:00",
            ("outside_hours", 0, "mon+1 11:00"),
            ("outside_hours", 0, "mon+1 17:00"),
        ),
        (
            "due at closing time, not next morning",
            "fri 15:00 new",
            "fri 16:00",
            ("running", 60, "fri 17:00"),
            ("running", 60, "mon+1 15:00"),
        ),
        (
            "waiting: no due time while it stands",
            "mon 10:00 new, mon 11:00 waiting",
            "mon 14:00",
            ("paused", 60, None),
            ("paused", 60, None),
        ),
        (
            "after the wait: moved by it",
            "mon 10:00 new, mon 11:00 waiting, mon 13:00 new",
            "mon 14:00",
            ("running", 120, "mon 14:00"),
            ("running", 120, "tue 12:00"),
        ),
        (
            "a wait over night moves by open time only",
            "mon 16:00 new, mon 16:30 waiting, tue 10:00 new",
            "tue 10:00",
            ("running", 30, "tue 11:30"),
            ("running", 30, "wed 09:30"),
        ),
        (
            "a wait outside hours moves nothing",
            "mon 16:00 new, mon 18:00 waiting, tue 08:00 new",
            "tue 09:30",
            ("running", 90, "tue 10:00"),
            ("running", 90, "tue 16:00"),
        ),
        (
            "born waiting",
            "mon 10:00 waiting",
            "mon 12:00",
            ("paused", 0, None),
            ("paused", 0, None),
        ),
        (
            "born resolved: everything reached with nothing",
            "mon 10:00 resolved",
            "mon 12:00",
            ("met", 0, None),
            ("met", 0, None),
        ),
        (
            "new to resolved in one jump",
            "mon 10:00 new, mon 11:00 resolved",
            "wed 12:00",
            ("met", 60, None),
            ("met", 60, None),
        ),
        (
            "waiting to resolved in one save keeps the wait",
            "mon 10:00 new, mon 10:30 waiting, fri 16:00 resolved",
            "fri 17:00",
            ("met", 30, None),
            ("met", 30, None),
        ),
        (
            "two-step close: the first resolve stands",
            "mon 10:00 new, mon 11:00 resolved, fri 11:00 resolved",
            "fri 12:00",
            ("met", 60, None),
            ("met", 60, None),
        ),
        (
            "back to an unanswered status does not undo the answer",
            "mon 10:00 new, mon 10:30 answered, mon 11:00 new",
            "mon 16:00",
            ("met", 30, "mon 12:00"),
            ("running", 360, "tue 10:00"),
        ),
        (
            "the pause begins exactly at the deadline: held at equality, due time given",
            "mon 10:00 new, mon 12:00 waiting",
            "fri 12:00",
            ("paused", 120, "mon 12:00"),
            ("paused", 120, None),
        ),
        (
            "a pause after the deadline does not un-breach",
            "mon 10:00 new, mon 12:01 waiting",
            "fri 12:00",
            ("breached", 121, "mon 12:00"),
            ("paused", 121, None),
        ),
    ],
)
def test_verdict_elapsed_and_due(case: str, history: str, as_of: str, respond: Goals, resolve: Goals) -> None:
    reading = Desk().read(history, as_of)

    assert goal(reading, RESPOND) == respond
    assert goal(reading, RESOLVE) == resolve


def test_a_breach_at_closing_time_is_told_when_the_next_second_has_been_counted() -> None:
    history = "fri 15:00 new"
    asked = [Desk().read(history, when).stage(RESPOND) for when in ("fri 17:00", "sun 12:00", "mon+1 09:00")]
    late = Desk().read(history, "mon+1 09:00:01").stage(RESPOND)

    assert [stage.verdict for stage in asked] == [Verdict.OUTSIDE_HOURS, Verdict.OUTSIDE_HOURS, Verdict.RUNNING]
    assert [stage.breached_at for stage in asked] == [None, None, None]
    assert (late.verdict, late.elapsed_seconds, told(late.breached_at)) == (Verdict.BREACHED, 7201, "fri 17:00")
    assert late.remaining_seconds == -1


def test_a_breach_stays_a_breach_outside_hours_and_while_waiting() -> None:
    for history, when, state in (
        ("mon 10:00 new", "mon 20:00", ClockState.OUTSIDE_HOURS),
        ("mon 10:00 new, mon 15:00 waiting", "tue 10:00", ClockState.PAUSED),
    ):
        reading = Desk().read(history, when)

        assert (reading.state, reading.stage(RESPOND).verdict) == (state, Verdict.BREACHED)
        assert told(reading.stage(RESPOND).breached_at) == "mon 12:00"


def test_while_waiting_the_deadline_if_resumed_now_moves_with_the_clock() -> None:
    history = "mon 10:00 new, mon 11:00 waiting"

    resumed = [told(Desk().read(history, when).stage(RESPOND).due_if_resumed_at) for when in ("mon 13:00", "mon 16:30")]

    assert resumed == ["mon 14:00", "tue 09:30"]
    running = Desk().read("mon 10:00 new", "mon 11:00")
    assert [stage.due_if_resumed_at for stage in running.stages] == [None, None, None]


def test_paused_seconds_are_business_seconds_of_waiting() -> None:
    reading = Desk().read("mon 16:00 new, mon 16:30 waiting, tue 10:00 new, tue 11:00 waiting", "tue 12:00")

    assert reading.paused_seconds == 30 * 60 + HOUR + HOUR
    assert reading.elapsed_seconds == 30 * 60 + HOUR


def test_the_state_of_the_clock_is_apart_from_the_verdicts() -> None:
    states = {
        "mon 10:00 new": ("mon 11:00", ClockState.RUNNING),
        "mon 09:00 new": ("mon 17:00", ClockState.OUTSIDE_HOURS),
        "mon 08:00 new, mon 10:00 waiting": ("mon 22:00", ClockState.PAUSED),
        "mon 08:00 new, mon 10:00 resolved": ("mon 12:00", ClockState.STOPPED),
        "mon 08:00 new, mon 10:00 gone": ("mon 12:00", ClockState.STOPPED),
    }
    for history, (when, state) in states.items():
        assert Desk().read(history, when).state is state


def test_no_target_not_measured_and_cancelled() -> None:
    plain = Desk([Promise((None, 4 * HOUR, None))])

    nothing = plain.read("mon 10:00 new", "mon 17:00")
    unmeasured = plain.read("mon 10:00 new unmeasured", "mon 17:00")
    gone = plain.read("mon 10:00 new unmeasured, mon 12:00 gone", "mon 17:00")

    assert [stage.verdict for stage in nothing.stages] == ["no_target", "breached", "no_target"]
    assert nothing.stage(RESPOND).due_at is None
    assert nothing.stage(RESPOND).remaining_seconds is None
    assert [stage.verdict for stage in unmeasured.stages] == ["no_target", "not_measured", "no_target"]
    assert unmeasured.stage(PLAN).breached_at is None
    assert [stage.verdict for stage in gone.stages] == ["cancelled"] * 3
    assert gone.elapsed_seconds == 2 * HOUR
    assert gone.next_change_at is None


def test_a_goal_of_nothing_is_due_at_the_start_and_breached_a_second_later() -> None:
    at_once = Desk([Promise((0, None, None))])

    first, second = (at_once.read("mon 10:00 new", when).stage(RESPOND) for when in ("mon 10:00", "mon 10:00:01"))
    closed = at_once.read("sun 10:00 new", "mon+1 09:00").stage(RESPOND)

    assert (first.verdict, told(first.due_at)) == (Verdict.RUNNING, "mon 10:00")
    assert (second.verdict, told(second.breached_at)) == (Verdict.BREACHED, "mon 10:00")
    assert (closed.verdict, told(closed.due_at)) == (Verdict.RUNNING, "sun 10:00")


def test_a_start_in_the_future_holds_everything_back() -> None:
    desk = Desk()
    history = "mon 09:00 new, mon 10:00 answered"

    before = desk.read(history, "mon 12:00", start="tue 10:00")
    after = desk.read(history, "tue 11:00", start="tue 10:00")

    assert (before.state, before.elapsed_seconds) == (ClockState.OUTSIDE_HOURS, 0)
    assert (told(before.started_at), told(before.next_change_at)) == ("tue 10:00", "tue 10:00")
    assert goal(before, RESPOND) == ("met", 0, "tue 12:00")
    assert told(before.stage(RESPOND).reached_at) == "mon 10:00"
    assert goal(before, RESOLVE) == ("outside_hours", 0, "wed 10:00")
    assert goal(after, RESOLVE) == ("running", 60, "wed 10:00")


def test_a_future_start_on_a_closed_day_changes_nothing_before_the_opening() -> None:
    reading = Desk().read("mon 09:00 new", "mon 12:00", start="sat 10:00")

    assert told(reading.next_change_at) == "mon+1 09:00"


@pytest.mark.parametrize(
    ("history", "as_of", "changes"),
    [
        ("mon 08:00 new", "mon 08:30", "mon 09:00"),  # opening
        ("mon 09:00 new", "mon 09:30", "mon 10:30"),  # three quarters of the response
        ("mon 09:00 new", "mon 10:30", "mon 11:00:01"),  # its breach
        ("mon 09:00 new, mon 09:30 answered", "mon 09:30", "mon 12:00"),  # three quarters of the plan
        ("mon 09:00 new, mon 09:30 planned", "mon 10:00", "mon 15:00"),  # of the solution
        ("mon 09:00 new, mon 09:30 planned", "mon 15:30", "mon 17:00"),  # closing
        ("mon 09:00 new, mon 09:30 planned", "mon 17:00", "tue 09:00"),  # opening
        ("mon 09:00 new, mon 09:30 planned", "tue 09:00", "tue 09:00:01"),  # breach of what was due at closing
        ("mon 09:00 new, mon 09:30 planned", "tue 09:30", "tue 17:00"),  # all told; closing
        ("mon 09:00 new, mon 09:30 waiting", "mon 10:00", None),
        ("mon 09:00 new, mon 09:30 resolved", "mon 10:00", None),
    ],
)
def test_the_next_change(history: str, as_of: str, changes: str | None) -> None:
    assert told(Desk().read(history, as_of).next_change_at) == changes


def test_a_clock_without_closing_time_has_no_next_change_when_all_is_told() -> None:
    nonstop = [calendar(NONSTOP)]
    now = epoch("2026-12-01T00:00:00")
    moments = [Moment(now, 0, 0)]

    reading = read_one(moments, [Promise((None, None, None))], nonstop, now + HOUR)
    nonstop[0].segments(now, now + 3000 * DAY)
    again = read_one(moments, [Promise((None, None, None))], nonstop, now + HOUR)

    assert reading.next_change_at is None
    assert again == reading


def test_at_risk_from_the_warning_share_on() -> None:
    before, after = (Desk().read("mon 09:00 new", when).stage(RESPOND) for when in ("mon 10:29:59", "mon 10:30"))
    done = Desk().read("mon 09:00 new, mon 10:45 answered", "mon 10:50").stage(RESPOND)

    assert (before.at_risk, after.at_risk, done.at_risk) == (False, True, False)
    assert told(before.at_risk_at) == told(after.at_risk_at) == "mon 10:30"


REOPENED = "mon 09:00 new, mon 10:00 resolved, mon 12:00 new, mon 13:00 resolved, mon 15:00 new"


@pytest.mark.parametrize(
    ("reopen", "elapsed", "resolve", "respond", "cycle"),
    [
        ("resume", 180, ("running", 180, "tue 13:00"), ("met", 60, "mon 13:00"), 0),
        ("count", 420, ("running", 420, "mon 17:00"), ("met", 60, "mon 11:00"), 0),
        ("new_cycle", 60, ("running", 60, "tue 15:00"), ("running", 60, "mon 17:00"), 2),
    ],
)
def test_reopened_twice(reopen: str, elapsed: int, resolve: Goals, respond: Goals, cycle: int) -> None:
    reading = Desk([replace(GOLD, reopen=reopen)]).read(REOPENED, "mon 16:00")

    assert reading.elapsed_seconds == elapsed * 60
    assert goal(reading, RESOLVE) == resolve
    assert goal(reading, RESPOND) == respond
    assert reading.cycle == cycle
    assert told(reading.started_at) == ("mon 15:00" if cycle else "mon 09:00")


def test_while_resolved_nothing_counts_even_where_a_reopening_would_count_it() -> None:
    counting = Desk([replace(GOLD, reopen="count")])

    resolved = counting.read("mon 09:00 new, mon 10:00 resolved", "mon 12:00")
    reopened = counting.read("mon 09:00 new, mon 10:00 resolved, mon 12:00 new", "mon 12:00")

    assert goal(resolved, RESOLVE) == ("met", 60, None)
    assert goal(reopened, RESOLVE) == ("running", 180, "mon 17:00")


@pytest.mark.parametrize(("grace_minutes", "reopened"), [(0, True), (30, True), (31, False)])
def test_a_stay_shorter_than_grace_has_not_happened(grace_minutes: int, reopened: bool) -> None:
    desk = Desk([replace(GOLD, reopen="new_cycle", grace=grace_minutes * 60)])

    reading = desk.read("mon 09:00 new, mon 10:00 resolved, mon 10:30 new", "mon 12:00")

    assert reading.cycle == int(reopened)
    assert goal(reading, RESPOND) == (("running", 90, "mon 12:30") if reopened else ("breached", 180, "mon 11:00"))


def test_left_for_a_wait_the_resolved_time_counts_where_a_reopening_counts_it() -> None:
    counting = Desk([replace(GOLD, reopen="count")])

    waits = counting.read("mon 09:00 new, mon 10:00 resolved, mon 12:00 waiting", "mon 13:00")

    assert (waits.state, waits.elapsed_seconds, waits.paused_seconds) == (ClockState.PAUSED, 3 * HOUR, HOUR)


def test_a_warning_by_time_left_comes_first_where_it_is_the_sooner() -> None:
    def warns(left: int) -> list[str | None]:
        reading = Desk([replace(GOLD, warn_percent=75, warn_left=left)]).read("mon 09:00 new", "mon 09:30")
        return [told(stage.at_risk_at) for stage in reading.stages]

    assert warns(0) == ["mon 10:30", "mon 12:00", "mon 15:00"]
    assert warns(HOUR) == ["mon 10:00", "mon 12:00", "mon 15:00"]
    assert warns(3 * HOUR) == ["mon 09:00", "mon 10:00", "mon 14:00"]


def test_within_grace_the_state_from_before_goes_on_and_counts_as_it_did() -> None:
    desk = Desk([replace(GOLD, grace=HOUR)])

    waited = desk.read("mon 09:00 new, mon 10:00 waiting, mon 11:00 resolved, mon 11:30 new", "mon 12:00")
    born = desk.read("mon 09:00 resolved, mon 09:30 new", "mon 10:00")

    assert waited.elapsed_seconds == HOUR + 30 * 60
    assert waited.paused_seconds == HOUR + 30 * 60
    assert goal(born, RESPOND) == ("running", 60, "mon 11:00")


SILVER = Promise((4 * HOUR, 6 * HOUR, 16 * HOUR), policy="silver")


@pytest.mark.parametrize(
    ("change", "history", "respond", "plan"),
    [
        (
            "same_start",
            "mon 09:00 new gold, mon 12:00 silver",
            ("running", 240, "mon 13:00"),
            ("running", 240, "mon 15:00"),
        ),
        (
            "same_start",
            "mon 09:00 new silver, mon 12:00 gold",
            ("breached", 240, "mon 11:00"),
            ("running", 240, "mon 13:00"),
        ),
        (
            "forward",
            "mon 09:00 new gold, mon 12:00 silver",
            ("running", 240, "mon 16:00"),
            ("running", 240, "tue 10:00"),
        ),
        (
            "forward",
            "mon 09:00 new silver, mon 12:00 gold",
            ("running", 240, "mon 14:00"),
            ("running", 240, "mon 16:00"),
        ),
        (
            "strictest",
            "mon 09:00 new gold, mon 12:00 silver",
            ("breached", 240, "mon 11:00"),
            ("running", 240, "mon 13:00"),
        ),
        (
            "strictest",
            "mon 09:00 new silver, mon 12:00 gold",
            ("breached", 240, "mon 11:00"),
            ("running", 240, "mon 13:00"),
        ),
        # A milestone keeps the goal of its instant.
        (
            "same_start",
            "mon 09:00 new gold, mon 10:00 answered, mon 12:00 silver",
            ("met", 60, "mon 11:00"),
            ("running", 240, "mon 15:00"),
        ),
        (
            "same_start",
            "mon 09:00 new silver, mon 12:00 answered, mon 12:00 gold",
            ("met", 180, "mon 13:00"),
            ("running", 240, "mon 13:00"),
        ),
        (
            "forward",
            "mon 09:00 new gold, mon 10:00 answered, mon 12:00 silver",
            ("met", 60, "mon 11:00"),
            ("running", 240, "tue 10:00"),
        ),
        # Pauses taken before the change are kept.
        (
            "same_start",
            "mon 09:00 new gold, mon 10:00 waiting, mon 12:00 new silver",
            ("running", 120, "mon 15:00"),
            ("running", 120, "mon 17:00"),
        ),
    ],
)
def test_a_changed_promise(change: str, history: str, respond: Goals, plan: Goals) -> None:
    desk = Desk([replace(GOLD, change=change), replace(SILVER, change=change)])

    reading = desk.read(history, "mon 13:00")

    assert (goal(reading, RESPOND), goal(reading, PLAN)) == (respond, plan)


def test_the_strictest_goal_is_one_that_was_in_force_since_the_start() -> None:
    desk = Desk([replace(GOLD, change="strictest"), replace(SILVER, change="strictest")])

    corrected = desk.read("mon 09:00 new gold, mon 09:00 silver", "mon 10:00")
    before_start = desk.read("mon 09:00 new gold, mon 10:00 silver", "tue 10:00", start="tue 09:00")
    for_a_second = desk.read("mon 09:00 new gold, mon 09:00:01 silver", "mon 10:00")
    answered_at_once = desk.read("mon 09:00 new gold, mon 09:00 answered, mon 09:00 silver", "mon 10:00")

    assert corrected.stage(RESPOND).goal_seconds == 4 * HOUR
    assert before_start.stage(RESPOND).goal_seconds == 4 * HOUR
    assert for_a_second.stage(RESPOND).goal_seconds == 2 * HOUR
    assert answered_at_once.stage(RESPOND).goal_seconds == 2 * HOUR


def test_the_strictest_goal_is_one_of_this_cycle_and_from_before_the_milestone() -> None:
    desk = Desk([replace(p, change="strictest", reopen="new_cycle") for p in (GOLD, SILVER)])

    after = desk.read("mon 09:00 new silver, mon 12:00 answered, mon 13:00 gold", "mon 14:00")
    cycle = desk.read("mon 09:00 new gold, mon 09:30 silver, mon 10:00 resolved, mon 11:00 new", "mon 14:00")

    assert [stage.goal_seconds for stage in after.stages] == [4 * HOUR, 4 * HOUR, 8 * HOUR]
    assert [stage.goal_seconds for stage in cycle.stages] == [4 * HOUR, 6 * HOUR, 16 * HOUR]


def test_a_changed_calendar_recounts_the_whole_life() -> None:
    desk = Desk([GOLD, replace(GOLD, calendar=1)], [calendar(OFFICE), calendar(NONSTOP)])

    before, after = desk.read("mon 16:00 new", "tue 09:00"), desk.read("mon 16:00 new, tue 09:00 silver", "tue 09:00")

    assert (before.elapsed_seconds, after.elapsed_seconds) == (HOUR, 17 * HOUR)
    assert told(after.stage(RESOLVE).breached_at) == "tue 00:00"


def test_a_new_deadline_version_for_each_change_of_goal_policy_calendar_or_cycle_and_none_for_a_pause() -> None:
    desk = Desk(
        [replace(GOLD, reopen="new_cycle"), replace(GOLD, goals=(HOUR, 4 * HOUR, 8 * HOUR), reopen="new_cycle")]
    )

    def versions(history: str) -> list[int]:
        return [stage.version for stage in desk.read(history, "fri 12:00").stages]

    assert versions("mon 09:00 new") == [0, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 waiting, mon 11:00 new") == [0, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 gold") == [0, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 silver") == [1, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 silver, mon 11:00 gold") == [2, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 answered, mon 11:00 silver") == [0, 0, 0]
    assert versions("mon 09:00 new, mon 10:00 resolved, mon 11:00 new") == [1, 1, 1]
    assert versions("mon 09:00 new, mon 09:30 silver, mon 10:00 resolved, mon 11:00 new") == [2, 1, 1]


def test_what_connectwise_says_of_a_milestone_wins_over_the_levels() -> None:
    later = Desk().read("mon 09:00 new, mon 10:00 answered, mon 12:00 said-respond", "mon 13:00")
    sooner = Desk().read("mon 09:00 new, mon 09:30 said-respond, mon 12:00 answered", "mon 13:00")
    done = Desk().read("mon 09:00 new, mon 10:00 answered, mon 10:30 did-respond", "mon 13:00")

    assert goal(later, RESPOND) == ("missed", 180, "mon 11:00")
    assert goal(sooner, RESPOND) == ("met", 30, "mon 11:00")
    assert goal(done, RESPOND) == ("met", 60, "mon 11:00")


@pytest.mark.parametrize(("responds", "verdict"), [(False, "breached"), (True, "met")])
def test_whether_waiting_is_a_response_is_a_setting(responds: bool, verdict: str) -> None:
    desk = Desk([replace(GOLD, waiting_responds=responds)])

    reading = desk.read("mon 09:00 new, mon 10:00 waiting, mon 11:00 new", "mon 13:00")

    assert reading.stage(RESPOND).verdict == verdict
    assert reading.stage(PLAN).verdict == Verdict.RUNNING


def test_a_deadline_beyond_ten_years_is_absent_whoever_else_is_asked_about() -> None:
    mondays = [calendar(week(("mon",), ("09:00", "10:00")))]
    rare = [Promise((None, None, 530 * HOUR)), Promise((None, None, 5 * HOUR))]
    first, second = ([Moment(MONDAY, 0, 0)], None), ([Moment(MONDAY + 4000 * DAY, 0, 1)], None)

    alone = read_all([first], rare, mondays, MONDAY).reading(0)
    together = read_all([first, second], rare, mondays, [MONDAY, MONDAY + 4000 * DAY]).reading(0)

    assert alone.stage(RESOLVE).due_at is None
    assert alone.stage(RESOLVE).verdict is Verdict.OUTSIDE_HOURS
    assert together == alone


def test_a_far_deadline_within_ten_years_is_found() -> None:
    mondays = [calendar(week(("mon",), ("09:00", "10:00")))]

    reading = read_one([Moment(MONDAY, 0, 0)], [Promise((None, None, 500 * HOUR))], mondays, MONDAY)

    assert seconds(reading.stage(RESOLVE).due_at) == MONDAY + 499 * 7 * DAY + 10 * HOUR


def test_a_ticket_that_has_not_entered_yet_is_refused_by_name() -> None:
    with pytest.raises(HistoryError, match=r"ticket 2 entered at 2026-10-19 10:00:00\+00:00, after 2026-10-19 09:00"):
        read_all(
            [(life("mon 08:00 new"), None), (life("mon 10:00 new"), None)], [GOLD], [calendar(OFFICE)], at("mon 09:00")
        )


def test_no_ticket_at_all_is_refused() -> None:
    with pytest.raises(HistoryError, match="no ticket to read"):
        read_clocks(histories([], [GOLD]), [calendar(OFFICE)], MONDAY)


def test_columns_and_values_say_the_same() -> None:
    columns = read_all([(life("mon 10:00 new"), None)] * 3, [GOLD], [calendar(OFFICE)], at("mon 12:00"))

    assert len(columns) == 3
    assert [columns.reading(row).ticket_id for row in range(3)] == columns.ids.tolist() == [1, 2, 3]
    assert columns.stages[Stage.RESPOND].goal.tolist() == [2 * HOUR] * 3
