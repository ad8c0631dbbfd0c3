"""Laws of the clock over random tickets: agreement with literal counting, order, batches, pauses, wake-ups."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.reading import Reading, StageReading
from slamon.core.ticket import STAGES
from tests.core.lives import LIFE, MORNING, calendars, moments, promises, starts, tapes
from tests.core.oracle import RESOLVED, WAITING, Goal, Moment, NaiveClock, Promise
from tests.core.samples import Life, read_all, read_one, seconds

Ticket = tuple[list[Promise], list[Moment], int | None, int]
Desk = tuple[list[Promise], list[Life], list[int]]

AS_OF = st.integers(0, LIFE + 3600).map(lambda ahead: MORNING + ahead)


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    known = draw(promises())
    life = draw(moments(len(known)))
    return known, life, draw(starts(life[0].at)), max(draw(AS_OF), life[0].at)


@settings(max_examples=400, deadline=None)
@given(tickets())
def test_a_reading_is_what_counting_every_second_gives(
    ticket: Ticket,
) -> None:
    known, life, start, as_of = ticket
    naive = NaiveClock(life, known, tapes(), as_of, start)

    reading = read_one(life, known, calendars(), as_of, start)

    assert reading.elapsed_seconds == naive.elapsed
    assert reading.paused_seconds == naive.paused
    assert seconds(reading.started_at) == naive.start
    assert reading.cycle == naive.cycle
    assert reading.state == naive.state()
    for stage in STAGES:
        assert goal_of(reading.stage(stage)) == naive.read(stage), stage.label


def goal_of(stage: StageReading) -> Goal:
    return Goal(
        verdict=stage.verdict.value,
        goal=stage.goal_seconds,
        elapsed=stage.elapsed_seconds,
        reached_at=seconds(stage.reached_at),
        due_at=seconds(stage.due_at),
        due_if_resumed_at=seconds(stage.due_if_resumed_at),
        breached_at=seconds(stage.breached_at),
        at_risk=stage.at_risk,
        version=stage.version,
    )


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    known = draw(promises())
    lives: list[Life] = []
    for _ in range(draw(st.integers(2, 7))):
        life = draw(moments(len(known), most=5))
        lives.append((life, draw(starts(life[0].at))))
    return known, lives, [max(draw(AS_OF), life[0].at) for life, _ in lives]


@settings(max_examples=100, deadline=None)
@given(desks(), st.randoms(use_true_random=False))
def test_batches_of_any_size_in_any_order_answer_like_one_row(desk: Desk, chance: Random) -> None:
    known, lives, asked = desk
    alone = [read_one(life, known, calendars(), at, start) for (life, start), at in zip(lives, asked, strict=True)]
    order = list(range(len(lives)))
    chance.shuffle(order)
    cut = chance.randint(1, len(order))
    for batch in (order, order[:cut], order[cut:]):
        if not batch:
            continue
        together = read_all([lives[i] for i in batch], known, calendars(), [asked[i] for i in batch])
        for row, index in enumerate(batch):
            assert replace(together.reading(row), ticket_id=1) == alone[index]


@settings(max_examples=100, deadline=None)
@given(tickets())
def test_polling_more_often_changes_nothing(ticket: Ticket) -> None:
    known, life, start, as_of = ticket
    # What a poll that finds nothing new would write: events that set what stands already, or nothing.
    doubled = [life[0]]
    for sooner, later in pairwise([*life, Moment(as_of)]):
        doubled += [Moment((sooner.at + later.at) // 2), later] if sooner.at < later.at else [later]

    assert read_one(doubled, known, calendars(), as_of, start) == read_one(life, known, calendars(), as_of, start)


@settings(max_examples=150, deadline=None)
@given(promises(1, grace=0), st.data())
def test_a_pause_never_brings_a_deadline_forward(known: list[Promise], data: st.DataObject) -> None:
    life = data.draw(moments(1, levels=2))
    start = data.draw(starts(life[0].at))
    as_of = max(MORNING + data.draw(st.integers(0, LIFE)), life[-1].at)
    pauses = data.draw(st.integers(life[0].at, as_of))
    resumes = data.draw(st.integers(pauses, as_of))
    # A wait within a stay at Resolved would be a reopening, not a pause: until it ends nothing is resolved.
    life = [replace(m, level=2) if m.level == RESOLVED and m.at <= resumes else m for m in life]
    paused = _with_pause(life, pauses, resumes)

    without = read_one(life, known, calendars(), as_of, start)
    with_pause = read_one(paused, known, calendars(), as_of, start)

    assert with_pause.elapsed_seconds <= without.elapsed_seconds
    assert with_pause.paused_seconds >= without.paused_seconds
    for stage in STAGES:
        sooner, later = without.stage(stage).due_at, with_pause.stage(stage).due_at
        assert sooner is None or later is None or sooner <= later


def _with_pause(life: list[Moment], pauses: int, resumes: int) -> list[Moment]:
    """Put a wait into a life: the levels set within it take hold when it ends."""
    level, after = 0, 0
    for moment in life:
        level = moment.level if moment.level is not None and moment.at <= pauses else level
        after = moment.level if moment.level is not None and moment.at <= resumes else after
    changed = [replace(m, level=None) if pauses < m.at <= resumes and m is not life[0] else m for m in life]
    wait = [Moment(pauses, WAITING), Moment(resumes, after)]
    return sorted([*changed, *wait], key=lambda m: m.at)


@settings(max_examples=200, deadline=None)
@given(tickets(), st.data())
def test_nothing_but_time_changes_before_the_next_change_and_something_does_then(
    ticket: Ticket, data: st.DataObject
) -> None:
    known, life, start, as_of = ticket
    life = [moment for moment in life if moment.at <= as_of]
    now = read_one(life, known, calendars(), as_of, start)
    change = seconds(now.next_change_at)
    last = as_of + 100 * LIFE if change is None else change - 1

    for later in {last, data.draw(st.integers(as_of, last))}:
        assert _still(read_one(life, known, calendars(), later, start)) == _still(now)
    if change is not None:
        assert change > as_of
        assert _still(read_one(life, known, calendars(), change, start)) != _still(now)


def _still(reading: Reading) -> Reading:
    """Leave out what flows: the instant, what was counted, and the deadline that a wait pushes along."""
    stages = tuple(replace(stage, elapsed_seconds=0, due_if_resumed_at=None) for stage in reading.stages)
    return replace(
        reading,
        as_of=reading.started_at,
        elapsed_seconds=0,
        paused_seconds=0,
        next_change_at=None,
        stages=(stages[0], stages[1], stages[2]),
    )


@settings(max_examples=60, deadline=None)
@given(desks())
def test_events_after_the_instant_asked_have_not_happened(desk: Desk) -> None:
    known, lives, asked = desk
    cut: list[Life] = [
        ([moment for moment in life if moment.at <= at], start) for (life, start), at in zip(lives, asked, strict=True)
    ]

    whole, seen = read_all(lives, known, calendars(), asked), read_all(cut, known, calendars(), asked)

    assert [whole.reading(i) for i in range(len(whole))] == [seen.reading(i) for i in range(len(seen))]
    assert np.array_equal(whole.elapsed, seen.elapsed)
