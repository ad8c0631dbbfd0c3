"""What an audit trail is believed to tell of priorities and boards, and the facts that held in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slamon.core.facts import facts_over_time
from slamon.core.observe import Desk, observe, read_story
from slamon.core.reference import Board, Priority
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.core.trail import TrailChange
from tests.jobs.world import HELP, NOC, REFERENCE, STATUSES, at, status, ticket

P1, P2, P3 = (Ref(number, f"Priority {number}") for number in (1, 2, 3))
SEEN = at("12:00")


def priority(moment: str, before: Ref, after: Ref) -> TrailChange:
    return TrailChange(at(moment), before.name, after.name, Kind.PRIORITY)


def board(moment: str, before: Ref, after: Ref) -> TrailChange:
    return TrailChange(at(moment), before.name, after.name, Kind.BOARD)


def told(events: list[Event] | None, kind: Kind = Kind.PRIORITY) -> list[tuple[str, str, str]]:
    return [(f"{e.at:%H:%M}", e.name, e.origin) for e in events or () if e.kind is kind]


def since(trail: list[TrailChange], before: Ref, after: Ref, desk: Desk | None = None) -> list[Event]:
    seen, now = ticket(priority=before), ticket(priority=after, last_updated_at=at("11:00"))
    return observe(seen, now, desk or Desk(REFERENCE), trail, seen_at=SEEN)


BY_POLL = [("11:00", "Priority 1", Origin.POLL)]


def test_between_two_sights_each_change_has_the_instant_of_its_entry() -> None:
    events = since([priority("10:20", P3, P2), priority("10:40", P2, P1)], P3, P1)

    assert told(events) == [("10:20", "Priority 2", Origin.AUDIT), ("10:40", "Priority 1", Origin.AUDIT)]
    assert all(event.not_before == event.at for event in events)


def test_a_change_and_back_that_no_poll_saw_is_told() -> None:
    events = since([priority("10:20", P3, P1), priority("10:40", P1, P3)], P3, P3)

    assert [name for _, name, _ in told(events)] == ["Priority 1", "Priority 3"]


@pytest.mark.parametrize(
    "trail",
    [
        pytest.param([], id="tells nothing"),
        pytest.param([priority("10:20", P2, P1)], id="begins elsewhere"),
        pytest.param([priority("10:20", P3, P2)], id="leads elsewhere"),
        pytest.param([priority("10:20", P3, P2), priority("10:40", P3, P1)], id="gap"),
        pytest.param([priority("09:00", P3, P1)], id="older than the last sight"),
        pytest.param([priority("10:20", P3, Ref(9, "Gone")), priority("10:40", Ref(9, "Gone"), P1)], id="unknown"),
        pytest.param([TrailChange(at("10:20"), P3.name, P1.name)], id="a status of that name"),
    ],
)
def test_T83_a_trail_in_doubt_leaves_the_bounds_of_the_polls(trail: list[TrailChange]) -> None:
    events = since(trail, P3, P1)

    assert told(events) == BY_POLL
    (event,) = (e for e in events if e.kind is Kind.PRIORITY)
    assert event.not_before == at("10:00")


def test_T83_a_name_that_two_priorities_have_is_not_believed() -> None:
    twins = replace(REFERENCE, priorities={**REFERENCE.priorities, 7: Priority(7, "priority 1", 7)})

    assert told(since([priority("10:20", P3, P1)], P3, P1, Desk(twins))) == BY_POLL


def test_the_whole_trail_tells_what_the_ticket_entered_with() -> None:
    now = ticket(priority=P1, last_updated_at=at("11:00"))

    story = read_story(now, Desk(REFERENCE), [priority("10:20", P3, P2), priority("10:40", P2, P1)])

    assert told(story) == [
        ("10:00", "Priority 3", Origin.AUDIT),
        ("10:20", "Priority 2", Origin.AUDIT),
        ("10:40", "Priority 1", Origin.AUDIT),
    ]


@pytest.mark.parametrize(
    "trail", [[priority("09:00", P3, P1)], [priority("10:20", P1, P3)], [priority("10:20", Ref(9, "Gone"), P1)]]
)
def test_a_first_sight_in_doubt_tells_of_no_earlier_priority(trail: list[TrailChange]) -> None:
    now = ticket(priority=P1, last_updated_at=at("11:00"))

    assert told(read_story(now, Desk(REFERENCE), trail)) == []


def test_what_the_ticket_does_not_show_yet_is_left_to_the_next_poll() -> None:
    now = ticket(priority=P2, last_updated_at=at("10:30"))

    story = read_story(now, Desk(REFERENCE), [priority("10:20", P3, P2), priority("10:40", P2, P1)])

    assert [name for _, name, _ in told(story)] == ["Priority 3", "Priority 2"]


# --- boards, whose statuses differ -------------------------------------------------------------------

TRIAGE = {90: replace(STATUSES[11], id=90, board_id=NOC.id, name="Triage", level=Level.WAITING)}
NOC_ASSIGNED = next(s for s in STATUSES.values() if s.board_id == NOC.id and s.name == "Assigned")
# On the NOC board "Assigned" waits.
DIFFERENT = replace(
    REFERENCE, statuses={**STATUSES, **TRIAGE, NOC_ASSIGNED.id: replace(NOC_ASSIGNED, level=Level.WAITING)}
)
MOVED = [
    TrailChange(at("10:10"), "New", "Assigned"),
    board("10:30", NOC, HELP),
    TrailChange(at("10:30"), "Assigned", "Assigned"),
    TrailChange(at("10:50"), "Assigned", "In Progress"),
]


def levels(events: list[Event] | None) -> list[Level | None]:
    return [e.level for e in events or () if e.kind in (Kind.ENTERED, Kind.STATUS)]


def test_a_status_is_read_as_that_of_the_board_the_ticket_was_on() -> None:
    now = ticket(status=status("In Progress"), last_updated_at=at("11:00"))
    desk = Desk(DIFFERENT)

    story = read_story(now, desk, MOVED)
    assert told(story, Kind.BOARD) == [("10:00", "NOC", Origin.AUDIT), ("10:30", "Help Desk", Origin.AUDIT)]
    assert levels(story) == [Level.NOT_RESPONDED, Level.WAITING, Level.RESPONDED, Level.RESOLUTION_PLAN]

    before = ticket(board=NOC, status=status("New", NOC))
    events = observe(before, now, desk, MOVED, seen_at=SEEN)
    assert told(events, Kind.BOARD) == [("10:30", "Help Desk", Origin.AUDIT)]
    assert levels(events) == [Level.WAITING, Level.RESPONDED, Level.RESOLUTION_PLAN]


def test_a_board_nobody_knows_leaves_the_statuses_to_the_board_of_today() -> None:
    now = ticket(status=status("In Progress"), last_updated_at=at("11:00"))
    renamed = replace(DIFFERENT, boards={**DIFFERENT.boards, NOC.id: Board(NOC.id, "Operations")})

    story = read_story(now, Desk(renamed), MOVED)

    assert told(story, Kind.BOARD) == []
    assert levels(story) == [Level.NOT_RESPONDED, Level.RESPONDED, Level.RESPONDED, Level.RESOLUTION_PLAN]


# --- the facts in between ----------------------------------------------------------------------------


def move(kind: Kind, moment: str, ref: Ref | None) -> Event:
    return Event(1, kind, at(moment), at(moment), Origin.AUDIT, ref.id if ref else None, ref.name if ref else "")


def shown(lived: list[tuple[Any, Ticket]], *fields: str) -> list[tuple[object, ...]]:
    return [(f"{moment:%H:%M}", *(getattr(facts, field) for field in fields)) for moment, facts in lived]


def test_each_instant_has_the_facts_of_before_and_what_came_since() -> None:
    before = ticket(priority=P3, sla=Ref(1, "Gold"))
    now = ticket(priority=P1, sla=None)
    events = [move(Kind.PRIORITY, "10:20", P2), move(Kind.SLA, "10:30", None), move(Kind.PRIORITY, "10:40", P1)]

    assert shown(facts_over_time(before, now, events), "priority", "sla") == [
        ("10:20", P2, Ref(1, "Gold")),
        ("10:30", P2, None),
        ("10:40", P1, None),
    ]


def test_what_happens_at_once_is_one_instant_and_the_last_is_the_ticket_itself() -> None:
    before = ticket(company=Ref(20, "Acme"), company_identifier="acme", priority_sort=1)
    now = ticket(company=Ref(21, "Beta"), company_identifier="beta", priority=P2, priority_sort=2)
    events = [
        move(Kind.COMPANY, "10:30", Ref(21, "Beta")),
        move(Kind.PRIORITY, "10:30", P2),
        move(Kind.PRIORITY, "10:20", P3),
    ]

    lived = facts_over_time(before, now, events)

    assert shown(lived, "company_identifier", "priority_sort") == [("10:20", "acme", None), ("10:30", "beta", 2)]
    assert lived[-1][1] == now


def test_other_events_move_no_facts() -> None:
    assert facts_over_time(None, ticket(), [move(Kind.OWNER, "10:30", None)]) == []
