"""Backtest: the same rules flip nothing, other rules flip what they must, and each flip is what the clock says."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from slamon.core.backtest import MET, MISSED
from slamon.core.desk_facts import with_goals
from slamon.core.intervention import Said
from slamon.core.ledger import build_ledger
from slamon.core.levels import LevelRule
from slamon.core.promise import ALL_HOURS, PolicyRule, choose_terms
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import STAGES, Level, Ref, Stage
from slamon.core.versions import version_of
from slamon.core.whatif import AFTER, BEFORE, Findings, Flip, Span
from slamon.jobs.backtest import backtest
from slamon.jobs.intervene import say
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.month import BEGIN, END, month, poll_moments
from tests.jobs.world import REFERENCE, Life, at, ticket, worlds_of

ROWS = {1: GoalHours(1, 2, 4), 2: GoalHours(2, 4, 8), 3: GoalHours(4, 8, 24), 4: GoalHours(8, 16, 72)}
FIRST = PolicyRule("default", calendar="MyCalendar", goals_by_rank=ROWS)
# From the middle of the month on another promise holds.
SECOND = replace(FIRST, goals_by_rank={**ROWS, 2: GoalHours(2, 3, 6)})
TODAY = settings_of(SECOND)
TICKETS = 28
OCTOBER = Span(BEGIN, END, END)


@pytest.fixture(scope="session")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds a month of a desk whose policy changed in the middle of it."""
    path = tmp_path_factory.mktemp("october") / "slamon.db"
    store = open_store(f"sqlite:///{path}")
    desk = Desk(store, month(1, TICKETS), settings_of(FIRST))
    moments = poll_moments(6)
    desk.polls(*moments[:3])
    desk.start(TODAY)
    desk.polls(*moments[3:])
    store.close()
    return path


@pytest.fixture
def kept(october: Path, tmp_path: Path) -> Iterator[SqlStore]:
    path = tmp_path / "slamon.db"
    shutil.copy(october, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


def found_by(
    store: Store,
    then: TenantSettings,
    today: TenantSettings = TODAY,
    companies: Collection[str] | None = None,
    span: Span = OCTOBER,
) -> tuple[Findings, list[Flip]]:
    found, flips = Findings(), list[Flip]()
    for part in backtest(store, today, then, REFERENCE, span, companies):
        found.add(part)
        flips += part.flips
    return found, flips


def other(rule: PolicyRule = SECOND, **changes: object) -> TenantSettings:
    return settings_of(replace(rule, **changes))  # type: ignore[arg-type]


def test_the_same_policy_flips_nothing_although_it_changed_meanwhile(kept: SqlStore) -> None:
    """T70, T74: what was judged by rules of its time stays so, and what ends before is what reports count."""
    found, flips = found_by(kept, TODAY)

    assert (found.changed, flips, found.unreadable, found.untold) == (0, [], 0, 0)
    reported = {(tally.stage, tally.outcome): 0 for tally in kept.count_outcomes(TENANT, BEGIN, END, by=())}
    for tally in kept.count_outcomes(TENANT, BEGIN, END, by=()):
        reported[tally.stage, tally.outcome] += tally.goals
    for stage in STAGES:
        for verdict, outcome in ((MET, "met"), (MISSED, "missed")):
            assert found.sums().count(BEFORE, stage, verdict) == found.sums().count(AFTER, stage, verdict)
            assert found.sums().count(BEFORE, stage, verdict) == reported.get((int(stage), outcome), 0)
    assert found.sums().count(BEFORE, Stage.RESOLVE, MISSED) > 0


def test_the_rules_of_another_time_flip_only_what_was_judged_by_others(kept: SqlStore) -> None:
    """T71: the policy of before the change gives what it gave to the tickets of its time."""
    found, flips = found_by(kept, settings_of(FIRST))

    assert found.changed
    assert all(flip.goal_before_seconds in (3 * 3600, 6 * 3600) for flip in flips)


HARD = {rank: GoalHours(1, 1.5, 3) for rank in ROWS}
CHANGES = {
    "goal": other(goals_by_rank=HARD),
    "calendar": other(calendar="AllHours"),
    "pause": replace(TODAY, levels=(LevelRule("Waiting Customer", Level.RESOLUTION_PLAN),)),
}


@pytest.mark.parametrize("cause", CHANGES)
def test_each_flip_is_what_the_clock_says_of_the_ticket_alone(kept: SqlStore, cause: str) -> None:
    ours = [number for number in range(1, TICKETS + 1) if is_of_today(kept, number)]

    _, flips = found_by(kept, CHANGES[cause])

    own = [flip for flip in flips if flip.ticket_id in ours]
    assert own
    assert {flip.causes for flip in own} == {(cause,)}
    flipped = {(flip.ticket_id, flip.stage): (flip.before, flip.after) for flip in own}
    assert flipped == {key: verdicts for number in ours for key, verdicts in flips_alone(kept, number, cause)}


def is_of_today(store: Store, number: int) -> bool:
    """Say whether a ticket was judged by today's policy throughout."""
    choices = (
        choose_terms(ticket(priority=Ref(rank, "")), REFERENCE, TODAY.promises).terms for rank in REFERENCE.priorities
    )
    terms = {event.terms for event in store.load_events(TENANT, number) if event.terms}
    return terms <= {version_of(each) for each in choices}


def flips_alone(store: Store, number: int, cause: str) -> Iterator[tuple[tuple[int, Stage], tuple[str, str]]]:
    """Yield what flips by the ticket's own ledger, its stored events and terms changed one by one."""
    events = store.load_events(TENANT, number)
    terms = store.load_terms({event.terms for event in events if event.terms})
    calendars = store.load_calendars({each.calendar for each in terms.values()})
    before = build_ledger(events, terms, calendars, END).reading
    if cause == "pause":
        events = [replace(e, level=Level.RESOLUTION_PLAN) if e.level is Level.WAITING else e for e in events]
    elif cause == "goal":
        terms = {version: with_goals(one, (3600, 5400, 3 * 3600)) for version, one in terms.items()}
    else:
        calendars = dict.fromkeys(calendars, ALL_HOURS)
    after = build_ledger(events, terms, calendars, END).reading
    for stage in STAGES:
        was, now = before.stage(stage), after.stage(stage)
        if was.verdict in (Verdict.MET, Verdict.MISSED) and was.verdict is not now.verdict:
            yield (number, stage), (str(was.verdict), str(now.verdict))


def test_companies_are_counted_apart_and_add_up(kept: SqlStore) -> None:
    everybody, flips = found_by(kept, other(calendar="AllHours"))
    apart = {name: found_by(kept, other(calendar="AllHours"), companies=[name]) for name in everybody.companies()}

    assert len(apart) == 3
    assert sum(len(own) for _, own in apart.values()) == len(flips)
    for name, (found, own) in apart.items():
        assert {flip.company for flip in own} <= {name}
        for stage in STAGES:
            assert found.sums().count(AFTER, stage, MET) == everybody.sums().count(AFTER, stage, MET, name)


def test_a_goal_that_a_person_excused_is_in_no_count(kept: SqlStore) -> None:
    _, flips = found_by(kept, other(calendar="AllHours"))
    flip = flips[0]
    say(kept, TENANT, flip.ticket_id, Said.EXEMPT, now=END, by="ann", stages=[flip.stage], reason="agreed")

    found, left = found_by(kept, other(calendar="AllHours"))

    assert found.exempt == 1
    assert left == flips[1:]


def test_T71_facts_are_those_of_the_instant_and_not_of_now(desk: OpenDesk) -> None:
    """T71: what it was before its first change is told by no event, but by the promise it had then."""
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("11:30"), status="Assigned")
    life.then(at("12:00"), priority=Ref(4, "Priority 4")).then(at("12:40"), status="Completed")
    first = replace(FIRST, calendar="AllHours")
    watched = desk(worlds_of(life), settings_of(first))
    watched.polls("10:01", "11:31", "12:05", "12:45")
    span = Span(at("00:00"), at("23:00"), at("23:00"))

    def flips(rows: dict[int, GoalHours], today: PolicyRule = first) -> tuple[int, list[tuple[Stage, int | None]]]:
        then = other(today, goals_by_rank={**today.goals_by_rank, **rows})
        found, flips = found_by(watched.store, then, settings_of(today), span=span)
        return found.untold, [(flip.stage, flip.goal_after_seconds) for flip in flips]

    assert flips({2: GoalHours(1, 16, 72)}) == (0, [(Stage.RESPOND, 3600)])
    assert flips({4: GoalHours(1, 1, 1)}) == (0, [(Stage.PLAN, 3600), (Stage.RESOLVE, 3600)])
    # Today no priority is promised what it was promised then: nobody can say which it had.
    today = replace(first, goals_by_rank={rank: GoalHours(3, 16, 72) for rank in ROWS})
    assert flips({2: GoalHours(1, 16, 72)}, today) == (1, [])


def test_a_cycle_that_a_reopening_closed_is_a_goal_of_its_own(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("11:30"), status="Completed").then(at("12:00"), status="In Progress")
    life.then(at("12:30"), status="Completed")
    today = PolicyRule("default", calendar="AllHours", goals=GoalHours(1, 2, 4), reopen="new_cycle")
    watched = desk(worlds_of(life), settings_of(today))
    watched.polls("10:01", "11:31", "12:01", "12:31")
    span = Span(at("00:00"), at("23:00"), at("23:00"))

    def run(rule: PolicyRule) -> tuple[Findings, list[tuple[int, str, str]]]:
        found, flips = found_by(watched.store, settings_of(rule), settings_of(today), span=span)
        return found, [(flip.cycle, flip.before, flip.after) for flip in flips if flip.stage is Stage.RESOLVE]

    found, flips = run(replace(today, goals=GoalHours(1, 2, 1)))
    assert flips == [(0, "met", "missed")]
    assert found.sums().count(BEFORE, Stage.RESOLVE, MET) == sum(
        tally.goals for tally in watched.store.count_outcomes(TENANT, span.since, span.until) if tally.stage == 2
    )
    found, flips = run(replace(today, reopen="resume"))
    assert flips == [(1, "met", "absent")]
    assert (found.sums().count(BEFORE, Stage.RESOLVE), found.sums().count(AFTER, Stage.RESOLVE)) == (2, 1)
