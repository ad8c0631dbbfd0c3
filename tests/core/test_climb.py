"""Ladders on the clock: which marks are passed and when, held against a clock that counts second by second."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.climb import Climb, find_climbs
from slamon.core.instants import to_epoch
from slamon.core.ladder import Ladder, Ladders, Mark, Rung, parse_mark
from slamon.core.ticket import STAGES, Stage
from tests.core.lives import calendars, moments, promises, starts, tapes
from tests.core.oracle import Moment, NaiveClock, Promise
from tests.core.samples import HOUR, NONSTOP, OFFICE, at_utc, calendar, epoch, histories, read_one
from tests.core.test_clock_laws import AS_OF

TELL = ("noc@example.org",)
MARKS = st.one_of(
    st.integers(0, 100).map(lambda percent: Mark(percent=percent)),
    st.sampled_from([60, 600, 3600, 90_000]).map(lambda left: Mark(left_seconds=left)),
)


def ladder_of(*marks: str, remind: int = 0, name: str = "l") -> Ladder:
    return Ladder(name, tuple(Rung(parse_mark(mark), TELL) for mark in marks), remind_seconds=remind)


def naive_climb(clock: NaiveClock, marks: list[Mark], remind: int) -> tuple[set[tuple[str, str, int]], int | None]:
    """Return the (stage, mark, instant) passed by literal counting, and the next instant."""
    passed, ahead = set(), list[int]()
    for stage in STAGES:
        goal = clock.read(stage)
        if goal.verdict not in ("breached", "paused", "outside_hours", "running"):
            continue
        promised, base, _ = clock._promised(stage, len(clock.moments) - 1)
        assert promised is not None
        assert goal.goal is not None
        if goal.verdict == "breached":
            done = (clock.elapsed - goal.goal) // remind if remind else 0
            points = {f"+{done * remind // 60}m": goal.goal + done * remind} if done else {}
            after = [goal.goal + (done + 1) * remind] if remind else []
        else:
            points = {
                str(mark): base
                + (max(promised - mark.left_seconds, 0) if mark.percent is None else -(-promised * mark.percent // 100))
                for mark in marks
            }
            after = []
        for mark, shows in points.items():
            at = clock._shows_at(shows)
            if clock.elapsed >= shows and at is not None and at <= clock.as_of:
                passed.add((stage.label, mark, at))
            elif at is not None:
                ahead.append(at)
        ahead += [at for shows in after if (at := clock._shows_at(shows)) is not None]
    return passed, min(ahead, default=None)


@st.composite
def climbs(draw: st.DrawFn) -> tuple[list[Promise], list[Moment], int | None, int, list[Mark], int]:
    known = draw(promises())
    life = draw(moments(len(known), most=5))
    marks = draw(st.lists(MARKS, min_size=1, max_size=4, unique_by=str))
    as_of = max(draw(AS_OF), life[0].at)
    return known, life, draw(starts(life[0].at)), as_of, marks, draw(st.sampled_from([0, 60, 600]))


@settings(max_examples=60, deadline=None)
@given(climbs())
def test_a_climb_is_what_counting_every_second_gives(
    case: tuple[list[Promise], list[Moment], int | None, int, list[Mark], int],
) -> None:
    known, life, start, as_of, marks, remind = case
    ladder = Ladder("l", tuple(Rung(mark, TELL) for mark in marks), remind_seconds=remind)

    columns = histories([(life, start)], known, len(calendars()))
    (climb,) = find_climbs(columns, calendars(), [ladder] * len(known), as_of).values()

    passed, next_at = naive_climb(NaiveClock(life, known, tapes(), as_of, start), marks, remind)
    assert {(one.stage.label, one.mark, to_epoch(one.at)) for one in climb.passed} == passed
    assert (None if climb.next_at is None else to_epoch(climb.next_at)) == next_at


GOAL = Promise(goals=(None, None, 4 * HOUR))


def climb_of(
    ladder: Ladder, as_of: str, *later: Moment, entered: str = "2026-11-02T09:00", document: object = NONSTOP
) -> Climb:
    life = [Moment(epoch(f"{entered}:00"), 0, 0), *later]
    columns = histories([(life, None)], [GOAL])
    return find_climbs(columns, [calendar(document)], [ladder], epoch(as_of))[1]  # type: ignore[arg-type]


def marks_of(climb: Climb) -> list[tuple[str, datetime]]:
    return [(one.mark, one.at) for one in climb.passed]


def test_each_mark_is_passed_at_its_own_instant_and_the_next_one_is_known() -> None:
    ladder = ladder_of("50%", "30m left", "75%", "breach")

    first = climb_of(ladder, "2026-11-02T11:00:00")
    assert marks_of(first) == [("50%", at_utc("2026-11-02T11:00:00"))]
    assert first.next_at == at_utc("2026-11-02T12:00:00")

    last = climb_of(ladder, "2026-11-02T12:45:00")
    assert [mark for mark, _ in marks_of(last)] == ["50%", "75%", "30m"]
    assert last.next_at is None


def test_T66_marks_before_the_deadline_are_counted_on_the_calendar_like_those_after_it() -> None:
    """Monday 15:00 with four hours of office time: half is over at closing time, 30 min are left at 10:30."""
    ladder = ladder_of("50%", "30m left", remind=HOUR)

    climb = climb_of(ladder, "2026-11-03T10:30:00", entered="2026-11-02T15:00", document=OFFICE)
    assert marks_of(climb) == [("50%", at_utc("2026-11-02T17:00:00")), ("30m", at_utc("2026-11-03T10:30:00"))]

    over = climb_of(ladder, "2026-11-03T16:59:59", entered="2026-11-02T15:00", document=OFFICE)
    assert marks_of(over) == [("+300m", at_utc("2026-11-03T16:00:00"))]
    assert over.next_at == at_utc("2026-11-03T17:00:00")


def test_T67_a_goal_shorter_than_the_time_left_warns_from_its_beginning() -> None:
    assert marks_of(climb_of(ladder_of("300m left"), "2026-11-02T09:00:00")) == [
        ("300m", at_utc("2026-11-02T09:00:00"))
    ]


def test_a_wait_moves_the_marks_that_are_ahead_and_none_that_is_behind() -> None:
    ladder = ladder_of("50%", "75%")
    waits, goes_on = Moment(epoch("2026-11-02T11:30:00"), 4), Moment(epoch("2026-11-02T14:30:00"), 0)

    standing = climb_of(ladder, "2026-11-02T12:30:00", waits)
    assert [mark for mark, _ in marks_of(standing)] == ["50%"]
    assert standing.next_at is None

    going = climb_of(ladder, "2026-11-02T14:31:00", waits, goes_on)
    assert marks_of(going) == [("50%", at_utc("2026-11-02T11:00:00"))]
    assert going.next_at == at_utc("2026-11-02T15:00:00")


def test_tickets_without_a_ladder_climb_nothing_and_cost_nothing() -> None:
    columns = histories([([Moment(epoch("2026-11-02T09:00:00"), 0, 0)], None)], [GOAL])

    assert find_climbs(columns, [calendar(NONSTOP)], [None], epoch("2026-11-02T13:00:00")) == {}


def test_at_risk_begins_with_the_first_mark_of_the_stage() -> None:
    """Plan has no mark of its own: it is breached without having been at risk."""
    life = [Moment(epoch("2026-11-02T09:00:00"), 0, 0)]
    rungs = (Rung(Mark(percent=50), TELL, (Stage.RESOLVE,)), Rung(Mark(left_seconds=1800), TELL, (Stage.RESPOND,)))
    ladder = Ladder("l", rungs)
    promise = Promise(goals=(HOUR, 2 * HOUR, 4 * HOUR), stage_warns=ladder.warns)

    def read(clock: str) -> list[bool]:
        reading = read_one(life, [promise], [calendar(NONSTOP)], epoch(f"2026-11-02T{clock}"))
        return [goal.at_risk for goal in reading.stages]

    assert read("09:29:59") == [False, False, False]
    assert read("09:30:00") == [True, False, False]
    assert read("11:00:00") == [True, False, True]
    assert read("12:00:00")[1]  # breached: past any mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("75%", "75%"),
        (" 0 % ", "0%"),
        ("100%", "100%"),
        ("30m left", "30m"),
        ("2h left", "120m"),
        ("1h 30min left", "90m"),
        ("0m left", "100%"),
        ("Breach", "None"),
    ],
)
def test_a_mark_is_read(text: str, mark: str) -> None:
    assert str(parse_mark(text)) == mark


@pytest.mark.parametrize("text", ["101%", "-1%", "", "75", "7.5%", "30m", "left", "999999999m left", "100% left", "٣%"])
def test_no_mark_is_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"write"):
        parse_mark(text)


def test_a_promise_has_its_own_ladder_or_the_general_one() -> None:
    vip, other = ladder_of("50%", name="vip"), ladder_of("75%", name="other")
    ladders = Ladders({"Gold": vip, "Plain": None}, other)

    assert [ladders.of(name) for name in ("Gold", "Plain", "sla:Silver")] == [vip, None, other]
    assert not Ladders({"Plain": None})
