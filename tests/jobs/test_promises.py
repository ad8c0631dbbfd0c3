"""Terms as events: chosen at first sight, anew when a fact, the settings or the reference data change."""

from __future__ import annotations

from dataclasses import replace

from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.rules import CalendarRules, DatedSpan, Window
from slamon.core.ticket import Event, Kind, Ref, Stage
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import Desk, settings_of
from tests.jobs.world import GOLD, MINUTE, REFERENCE, Life, World, at, status, ticket, worlds_of

BY_RANK = PolicyRule(
    "default",
    calendar="AllHours",
    goals_by_rank={1: GoalHours(1, 2, 4), 2: GoalHours(2, 4, 8), 4: GoalHours(8, 16, 72)},
)
SLOWER = PolicyRule("default", calendar="AllHours", goals=GoalHours(2, 4, 8))


def terms(watched: Desk, number: int = 1) -> list[tuple[str, int | None]]:
    """Return when each of a ticket's terms began, and its goal to resolve in hours."""
    found = watched.events(number, Kind.TERMS)
    bodies = watched.store.load_terms({event.terms or "" for event in found})
    return [(f"{e.at:%H:%M}", (bodies[e.terms or ""].resolve_seconds or 0) // 3600) for e in found]


def test_a_change_of_priority_brings_new_terms_at_its_own_instant(desk: OpenDesk) -> None:
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("10:30"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), settings_of(BY_RANK))

    watched.polls("10:05", "10:40")

    assert terms(watched) == [("10:00", 8), ("10:30", 4)]
    assert watched.stage(Stage.RESOLVE).due_at == at("14:00")  # the same start
    assert [stage.version for stage in watched.stored().stages] == [1, 1, 1]


def test_a_change_of_sla_brings_its_goals_and_its_calendar(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("10:30"), sla=Ref(1, "Gold"))
    watched = desk(worlds_of(life))

    watched.polls("10:05", "10:40")

    assert terms(watched) == [("10:00", 4), ("10:30", 8)]
    assert watched.stage(Stage.RESOLVE).due_at == at("2026-11-03T10:00")  # of eight hours, one on Tuesday
    assert watched.stage(Stage.PLAN).verdict is Verdict.NO_TARGET  # ConnectWise writes "no goal" as zero
    (_, event) = watched.events(1, Kind.TERMS)
    assert "SLA 'Gold' of ConnectWise stands on the ticket" in event.name


def test_a_change_that_leads_to_the_same_promise_is_no_new_one(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), priority=Ref(2, "Priority 2"))))

    watched.polls("10:05", "10:40")

    assert len(watched.events(1, Kind.TERMS)) == 1
    assert len(watched.events(1, Kind.PRIORITY)) == 1


def test_changed_settings_hold_for_open_tickets_from_now_on(desk: OpenDesk) -> None:
    resolved = Life(ticket(2)).then(at("10:30"), status="Completed")
    watched = desk(worlds_of(Life(ticket(1)), resolved))
    watched.polls("10:05", "10:40")

    watched.start(settings_of(SLOWER))
    watched.polls("10:50", "10:51")

    assert terms(watched) == [("10:00", 4), ("10:50", 8)]
    assert watched.stage(Stage.RESOLVE).due_at == at("18:00")
    # What was reached keeps the goal of its instant.
    assert watched.stage(Stage.RESOLVE, 2).goal_seconds == 4 * 3600


def test_changed_settings_leave_closed_tickets_alone(desk: OpenDesk) -> None:
    """T70: a sweep sees closed tickets too; an edited calendar must not recount what is over."""
    life = Life(ticket()).then(at("10:30"), status=">Closed", closed=True)
    watched = desk(worlds_of(life, Life(ticket(2))))
    watched.polls("10:05", "10:31")

    closed_then = CalendarRules(
        "own", "UTC", ((Window(0, 86_400),),) * 7, holidays=(DatedSpan(at("10:00").date(), name="late news"),)
    )
    rule = PolicyRule("default", calendar="own", goals=GoalHours(1, 2, 4))
    own = settings_of(rule)
    watched.start(replace(own, promises=replace(own.promises, calendars={"own": closed_then})))
    watched.poll("10:31:30")

    assert len(terms(watched, 1)) == 1
    assert watched.reading(1).elapsed_seconds == 1800
    assert len(terms(watched, 2)) == 2


def test_a_closed_ticket_that_is_reopened_gets_the_promise_of_today(desk: OpenDesk) -> None:
    life = (
        Life(ticket())
        .then(at("10:30"), status=">Closed", closed=True)
        .then(at("12:00"), status="In Progress", closed=False)
    )
    watched = desk(worlds_of(life))
    watched.polls("10:05", "10:31")

    watched.start(settings_of(SLOWER))
    watched.polls("11:00", "12:05")

    assert terms(watched) == [("10:00", 4), ("12:05", 8)]


def test_changed_reference_data_hold_from_the_sweep_on(desk: OpenDesk) -> None:
    watched = desk([World(at("10:00"), {1: ticket(sla=Ref(1, "Gold"))})])
    watched.poll("10:05")

    watched.source.reference = replace(REFERENCE, slas={1: replace(GOLD, rows={1: GoalHours(1, 2, 16)})})
    watched.poll("10:10")
    assert terms(watched) == [("10:00", 8)]
    watched.forget_reference()
    watched.poll("10:15")

    assert terms(watched) == [("10:00", 8), ("10:15", 16)]


def test_new_terms_never_hide_behind_those_that_stand(desk: OpenDesk) -> None:
    """ConnectWise's clock is behind ours: its change of priority is dated before our change of settings."""
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("10:19"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), settings_of(BY_RANK), skew=-2 * MINUTE)
    watched.poll("10:05")
    watched.start(settings_of(replace(BY_RANK, warn_percent=50)))

    watched.polls("10:20", "10:22")  # 10:18 and 10:20 there

    assert terms(watched) == [("10:00", 8), ("10:20", 8), ("10:20", 4)]
    assert watched.stage(Stage.RESOLVE).goal_seconds == 4 * 3600


def test_a_ticket_without_a_promise_is_counted_and_says_why(desk: OpenDesk) -> None:
    life = Life(ticket(priority=None)).then(at("10:30"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), settings_of(BY_RANK))

    watched.poll("10:05")

    assert watched.sample("slamon_tickets_without_policy", tenant="main") == 1
    assert watched.verdicts() == [Verdict.NO_TARGET] * 3
    assert "goes by priority, and the ticket has none" in watched.events(1, Kind.TERMS)[0].name
    watched.poll("10:31")
    assert watched.sample("slamon_tickets_without_policy", tenant="main") == 0
    assert watched.stage(Stage.RESPOND).due_at == at("11:00")


def test_a_status_that_nothing_explains_is_counted_while_the_clock_runs(desk: OpenDesk) -> None:
    life = Life(ticket(status=status("Odd"))).then(at("10:30"), status="Assigned")
    watched = desk(worlds_of(life))

    watched.poll("10:05")

    assert watched.sample("slamon_unmapped_statuses", tenant="main") == 1
    assert watched.verdicts() == [Verdict.RUNNING] * 3
    watched.poll("10:31")
    assert watched.sample("slamon_unmapped_statuses", tenant="main") == 0


def test_terms_say_why_they_were_chosen(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(BY_RANK))

    watched.poll("10:05")

    (event,) = watched.events(1, Kind.TERMS)
    assert isinstance(event, Event)
    assert event.name == (
        "ConnectWise names no SLA on the ticket; default policy: no rule fitted; goals for priority rank 1"
    )
