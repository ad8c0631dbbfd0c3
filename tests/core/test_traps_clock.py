"""What real systems got wrong about pauses, stages, policies and reopening (T22 to T60); an office of nine to five."""

from __future__ import annotations

from dataclasses import replace

from slamon.core.lifeline import EventRow, steps_of
from slamon.core.promise import Match, PolicyRule, PromiseSettings, choose_terms
from slamon.core.reading import ClockState, Verdict
from slamon.core.reference import GoalHours, Reference
from slamon.core.ticket import STAGES, Kind, Ref, Stage, Ticket
from slamon.core.transition import Change, transitions
from tests.core.oracle import Promise
from tests.core.samples import HOUR, OFFICE, at_utc, calendar
from tests.core.week import GOLD, Desk, at, goal, told

RESPOND, PLAN, RESOLVE = STAGES
DESK = Desk()


def test_T22_a_pause_counts_only_where_the_office_is_open() -> None:
    reading = DESK.read("mon 16:00 new, mon 16:30 waiting, tue 09:30 new", "tue 10:00")

    assert reading.paused_seconds == HOUR
    assert goal(reading, RESPOND) == ("running", 60, "tue 11:00")


def test_T22_a_wait_over_a_weekend_moves_no_deadline() -> None:
    waited = DESK.read("fri 16:00 new, fri 17:00 waiting, mon+1 09:00 new", "mon+1 09:00")
    worked = DESK.read("fri 16:00 new", "mon+1 09:00")

    assert goal(waited, RESPOND) == goal(worked, RESPOND) == ("running", 60, "mon+1 10:00")


def test_T23_a_hold_is_business_time_taken_out_not_added_to_the_start() -> None:
    reading = DESK.read("mon 09:00 new, mon 16:00 waiting, wed 10:00 new", "wed 10:00")

    assert told(reading.started_at) == "mon 09:00"
    assert goal(reading, RESOLVE) == ("running", 7 * 60, "wed 11:00")


def test_T24_waiting_to_resolved_in_one_save_keeps_a_long_hold() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 waiting, fri+25 16:00 resolved", "fri+25 17:00")

    assert goal(reading, RESOLVE)[:2] == ("met", 60)
    assert reading.paused_seconds == (25 * 40 - 1 + 4 * 8 + 7) * HOUR


def test_T25_nothing_breaches_while_waiting() -> None:
    for when in ("mon 12:00", "tue 12:00", "fri+9 12:00"):
        reading = DESK.read("mon 09:00 new, mon 10:00 waiting", when)

        assert [stage.verdict for stage in reading.stages] == [Verdict.PAUSED] * 3
        assert reading.next_change_at is None


def test_T26_while_waiting_the_deadline_is_unknown_and_told_if_resumed_now() -> None:
    respond = DESK.read("mon 09:00 new, mon 10:00 waiting", "mon 12:00").stage(RESPOND)

    assert (respond.due_at, told(respond.due_if_resumed_at)) == (None, "mon 13:00")


def test_T27_no_negative_hold_and_no_negative_elapsed_when_a_pause_outlasts_the_goal() -> None:
    reading = DESK.read("mon 09:00 waiting, fri+3 09:00 new", "fri+3 10:00")

    assert (reading.elapsed_seconds, reading.paused_seconds) == (HOUR, (3 * 40 + 32) * HOUR)
    assert reading.stage(RESPOND).remaining_seconds == HOUR


def test_T29_resuming_does_not_escalate_at_once_and_an_answer_with_a_wait_is_an_answer() -> None:
    resumed = DESK.read("mon 09:00 new, mon 10:00 waiting, fri 10:00 new", "fri 10:00")
    answered = DESK.read("mon 09:00 new, mon 10:00 waiting did-respond", "fri 10:00")

    assert goal(resumed, RESPOND) == ("running", 60, "fri 11:00")
    assert goal(answered, RESPOND)[:2] == ("met", 60)


def test_T30_born_waiting_and_born_closed() -> None:
    waiting = DESK.read("mon 09:00 waiting, mon 12:00 new", "mon 13:00")
    closed = DESK.read("sun 09:00 resolved", "mon+1 13:00")

    assert goal(waiting, RESPOND) == ("running", 60, "mon 14:00")
    assert [goal(closed, stage)[:2] for stage in STAGES] == [("met", 0)] * 3
    assert closed.state is ClockState.STOPPED


def test_T31_waiting_during_a_holiday_and_over_night_is_a_union_not_a_sum() -> None:
    holiday = Desk(calendars=[calendar(OFFICE | {"holidays": ["2026-10-20"]})])

    reading = holiday.read("mon 16:00 new, mon 16:30 waiting, wed 10:00 new", "wed 10:00")

    assert (reading.elapsed_seconds, reading.paused_seconds) == (1800, 1800 + HOUR)


def test_T32_a_pause_at_the_deadline_holds_and_one_after_it_does_not_heal() -> None:
    at_it = DESK.read("mon 09:00 new, mon 11:00 waiting", "fri 12:00").stage(RESPOND)
    after = DESK.read("mon 09:00 new, mon 11:00:01 waiting, wed 09:00 new", "wed 10:00").stage(RESPOND)

    assert (at_it.verdict, told(at_it.due_at), at_it.breached_at) == (Verdict.PAUSED, "mon 11:00", None)
    assert (after.verdict, told(after.breached_at)) == (Verdict.BREACHED, "mon 11:00")


def test_T33_outside_hours_and_paused_are_two_states() -> None:
    assert DESK.read("mon 09:00 new", "mon 20:00").stage(RESOLVE).verdict is Verdict.OUTSIDE_HOURS
    assert DESK.read("mon 09:00 new, mon 10:00 waiting", "mon 20:00").stage(RESOLVE).verdict is Verdict.PAUSED


def test_T34_a_level_is_part_of_the_event_a_new_map_does_not_rewrite_it() -> None:
    rows = [EventRow(at("mon 09:00"), Kind.ENTERED, 0, None), EventRow(at("mon 10:00"), Kind.STATUS, 4, None)]
    rows.insert(1, EventRow(at("mon 09:00"), Kind.TERMS, None, "v1"))

    _, steps, places = steps_of(7, rows, {"v1": 3})

    assert [(step.at, step.level, step.terms) for step in steps] == [
        (at("mon 09:00"), 0, 3),
        (at("mon 09:00"), -1, 3),
        (at("mon 10:00"), 4, -1),
    ]
    assert places == [0, 1, 2]


def test_T35_waiting_before_the_first_response_is_no_response_unless_the_settings_say_so() -> None:
    history = "mon 09:00 new, mon 10:00 waiting"

    assert DESK.read(history, "mon 12:00").stage(RESPOND).reached_at is None
    answered = Desk([replace(GOLD, waiting_responds=True)]).read(history, "mon 12:00").stage(RESPOND)
    assert told(answered.reached_at) == "mon 10:00"


def test_T36_a_hundred_short_pauses_lose_no_second() -> None:
    text = "mon 09:00 new"
    for minute in range(100):
        hour, rest = divmod(60 + minute, 60)
        text += f", mon {9 + hour:02}:{rest:02}:11 waiting, mon {9 + hour:02}:{rest:02}:50 new"

    reading = DESK.read(text, "mon 12:00")

    assert (reading.elapsed_seconds, reading.paused_seconds) == (3 * HOUR - 3900, 3900)


def test_T37_going_back_to_new_does_not_reopen_the_response() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 answered, mon 10:30 new", "wed 12:00")

    assert goal(reading, RESPOND) == ("met", 60, "mon 11:00")


def test_T38_a_jump_to_resolved_settles_what_it_passed() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 resolved", "wed 12:00")

    assert [goal(reading, stage)[:2] for stage in STAGES] == [("met", 60)] * 3


def test_T39_an_answered_ticket_does_not_escalate_by_another_goal() -> None:
    odd = Desk([Promise((4 * HOUR, HOUR, None))])

    reading = odd.read("mon 09:00 new, mon 09:30 answered", "mon 12:00")

    assert reading.stage(RESPOND).verdict is Verdict.MET
    assert (reading.stage(PLAN).verdict, told(reading.stage(PLAN).breached_at)) == (Verdict.BREACHED, "mon 10:00")


def test_T41_an_answer_settles_the_response_only() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 answered", "mon 10:30")

    assert [stage.verdict for stage in reading.stages] == [Verdict.MET, Verdict.RUNNING, Verdict.RUNNING]


def test_T43_an_answer_before_opening_is_nothing_and_present() -> None:
    respond = DESK.read("mon 06:00 new, mon 07:00 answered", "mon 12:00").stage(RESPOND)

    assert (respond.verdict, respond.elapsed_seconds, told(respond.reached_at)) == (Verdict.MET, 0, "mon 07:00")


def test_T44_a_ticket_of_a_closed_day_has_used_nothing_by_the_opening() -> None:
    reading = DESK.read("sat 09:00 new, mon+1 09:10 answered", "mon+1 10:00")

    assert goal(reading, RESPOND) == ("met", 10, "mon+1 11:00")


SILVER = replace(GOLD, goals=(4 * HOUR, 6 * HOUR, 16 * HOUR), policy="silver")


def test_T45_the_goal_of_the_moment_is_kept_by_what_was_reached_then() -> None:
    reading = Desk([GOLD, SILVER]).read("mon 09:00 new silver, mon 12:00 answered, mon 13:00 gold", "mon 14:00")

    assert [stage.goal_seconds for stage in reading.stages] == [4 * HOUR, 4 * HOUR, 8 * HOUR]
    assert [stage.verdict for stage in reading.stages] == [Verdict.MET, Verdict.BREACHED, Verdict.RUNNING]


def test_T46_a_new_policy_keeps_the_pauses_already_taken() -> None:
    reading = Desk([GOLD, SILVER]).read("mon 09:00 new gold, mon 10:00 waiting, mon 15:00 new silver", "mon 16:00")

    assert goal(reading, RESPOND) == ("running", 120, "tue 10:00")


def test_T47_a_ticket_first_seen_late_is_told_as_breached_once_not_at_every_threshold() -> None:
    found = transitions(None, DESK.read("mon 09:00 new", "mon 12:00"))

    assert [(each.stage, each.change, told(each.at)) for each in found] == [
        (RESPOND, Change.BREACHED, "mon 11:00"),
        (PLAN, Change.NEAR_BREACH, "mon 12:00"),
    ]


def test_T48_a_breach_of_the_old_policy_is_superseded_not_left_standing() -> None:
    desk = Desk([GOLD, SILVER])
    before = desk.read("mon 09:00 new gold", "mon 11:30")

    after = desk.read("mon 09:00 new gold, mon 11:30 silver", "mon 11:30")

    assert before.stage(RESPOND).verdict is Verdict.BREACHED
    assert goal(after, RESPOND) == ("running", 150, "mon 13:00")
    assert [(each.stage, each.change) for each in transitions(before, after)] == [(RESPOND, Change.SUPERSEDED)]


NOBODY = Reference(boards={}, statuses={}, priorities={}, slas={}, calendars={}, companies={})
NOW = at_utc("2026-10-19T09:00")
TICKET = Ticket(1, "printer", Ref(1, "Desk"), Ref(1, "New"), NOW, NOW)
DEFAULT = PolicyRule("default", calendar="AllHours", goals=GoalHours(1, 2, 4))


def test_T49_a_rule_without_conditions_fits_nothing() -> None:
    blank = PolicyRule("blank", Match(), calendar="AllHours", goals=GoalHours(9))

    choice = choose_terms(TICKET, NOBODY, PromiseSettings(DEFAULT, rules=(blank,)))

    assert choice.terms.policy == "default"
    assert "policy 'blank': has no condition" in choice.why


def test_T50_no_policy_and_no_target_are_said_in_words() -> None:
    by_rank = PolicyRule("by rank", calendar="AllHours", goals_by_rank={1: GoalHours(1)})

    choice = choose_terms(TICKET, NOBODY, PromiseSettings(by_rank))
    reading = Desk([Promise((None, None, None))]).read("mon 09:00 new", "mon 12:00")

    assert choice.problem == "policy 'by rank' goes by priority, and the ticket has none"
    assert [choice.terms.goal_seconds(stage) for stage in STAGES] == [None, None, None]
    assert [stage.verdict for stage in reading.stages] == [Verdict.NO_TARGET] * 3


def test_T51_of_two_rules_that_fit_the_first_holds_and_says_so() -> None:
    rules = tuple(
        PolicyRule(name, Match(board=("desk",)), calendar="AllHours", goals=GoalHours(hours))
        for name, hours in (("first", 3), ("second", 5))
    )

    choice = choose_terms(TICKET, NOBODY, PromiseSettings(DEFAULT, rules=rules))

    assert (choice.terms.policy, choice.terms.respond_seconds) == ("first", 3 * HOUR)
    assert "policy 'first': fits" in choice.why


def test_T52_more_urgent_and_less_urgent_by_each_rule() -> None:
    goals = {}
    for change in ("same_start", "forward", "strictest"):
        desk = Desk([replace(GOLD, change=change), replace(SILVER, change=change)])
        up = desk.read("mon 09:00 new silver, mon 10:00 gold", "mon 10:30").stage(RESPOND)
        down = desk.read("mon 09:00 new gold, mon 10:00 silver", "mon 10:30").stage(RESPOND)
        goals[change] = (told(up.due_at), told(down.due_at))

    assert goals == {
        "same_start": ("mon 11:00", "mon 13:00"),
        "forward": ("mon 12:00", "mon 14:00"),
        "strictest": ("mon 11:00", "mon 11:00"),
    }


def test_T54_a_change_of_priority_after_the_resolve_changes_nothing() -> None:
    desk = Desk([GOLD, SILVER])

    resolved = desk.read("mon 09:00 new silver, mon 15:00 resolved", "tue 12:00")
    changed = desk.read("mon 09:00 new silver, mon 15:00 resolved, mon 16:00 gold", "tue 12:00")

    assert [goal(changed, stage) for stage in STAGES] == [goal(resolved, stage) for stage in STAGES]
    assert transitions(resolved, changed) == []


def test_T55_the_gap_between_solved_and_reopened_is_a_setting() -> None:
    history = "mon 09:00 new, mon 10:00 resolved, mon 12:00 new"
    elapsed = {
        reopen: Desk([replace(GOLD, reopen=reopen)]).read(history, "mon 13:00").elapsed_seconds // HOUR
        for reopen in ("resume", "count", "new_cycle")
    }

    assert elapsed == {"resume": 2, "count": 4, "new_cycle": 1}


def test_T56_the_first_close_already_has_its_values() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 resolved", "mon 10:00")

    assert [told(stage.reached_at) for stage in reading.stages] == ["mon 10:00"] * 3


def test_T57_a_two_step_close_keeps_the_first_instant() -> None:
    reading = DESK.read("mon 09:00 new, mon 10:00 resolved, wed 10:00 resolved, thu 10:00 resolved", "fri 10:00")

    assert told(reading.stage(RESOLVE).reached_at) == "mon 10:00"
    assert goal(reading, RESOLVE)[:2] == ("met", 60)


def test_T58_a_close_learnt_late_counts_from_when_it_happened() -> None:
    rows = [
        EventRow(at("mon 09:00"), Kind.ENTERED, 0, None),
        EventRow(at("mon 09:00"), Kind.TERMS, None, "v"),
        EventRow(at("mon 10:00"), Kind.RESOLVED, None, None),
    ]
    _, steps, _ = steps_of(1, rows, {"v": 0})

    assert (steps[-1].at, steps[-1].level) == (at("mon 10:00"), 3)
    escalated = DESK.read("mon 09:00 new", "wed 12:00")
    learnt = DESK.read("mon 09:00 new, mon 10:00 resolved", "wed 12:00")
    assert escalated.stage(RESOLVE).verdict is Verdict.BREACHED
    assert learnt.stage(RESOLVE).verdict is Verdict.MET


def test_T59_a_merged_or_deleted_ticket_stops_and_does_not_escalate() -> None:
    before = DESK.read("mon 09:00 new", "mon 10:00")
    gone = DESK.read("mon 09:00 new, mon 10:00 gone", "fri 10:00")

    assert [stage.verdict for stage in gone.stages] == [Verdict.CANCELLED] * 3
    assert (gone.state, gone.elapsed_seconds, gone.next_change_at) == (ClockState.STOPPED, HOUR, None)
    assert [each.change for each in transitions(before, gone)] == [Change.CANCELLED] * 3


def test_T59_while_out_of_scope_statuses_move_nothing_until_it_is_restored() -> None:
    rows = [
        EventRow(at("mon 09:00"), Kind.ENTERED, 0, None),
        EventRow(at("mon 09:00"), Kind.TERMS, None, "v"),
        EventRow(at("mon 10:00"), Kind.CANCELLED, 5, None),
        EventRow(at("mon 11:00"), Kind.STATUS, 2, None),
        EventRow(at("mon 11:30"), Kind.RESOLVED, None, None),
        EventRow(at("mon 12:00"), Kind.RESTORED, 1, None),
    ]

    start, steps, places = steps_of(1, rows, {"v": 0})

    assert start is None
    assert [step.level for step in steps] == [0, -1, 5, -1, -1, 1]
    assert places == [0, 1, 2, 3, 4, 5]


def test_T60_a_robot_that_reopens_within_grace_changes_nothing() -> None:
    patient = Desk([replace(GOLD, reopen="new_cycle", grace=600)])

    reading = patient.read("mon 09:00 new, mon 10:00 resolved, mon 10:05 new, mon 10:06 resolved", "mon 12:00")

    assert (reading.cycle, told(reading.stage(Stage.RESOLVE).reached_at)) == (0, "mon 10:06")
    assert reading.elapsed_seconds == HOUR + 360
