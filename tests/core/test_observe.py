"""From two sights of a ticket to what happened in between: each rule by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from slamon.core.levels import LevelRule
from slamon.core.observe import Desk, Scope, observe
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.core.trail import TrailChange
from tests.jobs.world import HELP, NOC, PROJECTS, REFERENCE, at, status, ticket

DESK = Desk(REFERENCE)
SEEN = at("12:00")


def told(events: list[Event]) -> list[tuple[str, str]]:
    return [(str(e.kind), f"{e.at:%H:%M}") for e in events]


def change(moment: str, before: str, after: str) -> TrailChange:
    return TrailChange(at(moment), before, after)


def seen(
    before: Ticket | None, now: Ticket, trail: list[TrailChange] | None = None, *, scope: Scope | None = None
) -> list[Event]:
    return observe(before, now, DESK, trail, seen_at=SEEN, scope=scope)


def test_nothing_new_is_no_event() -> None:
    assert seen(ticket(), ticket(summary="Other words", last_updated_at=at("11:00"))) == []


def test_events_come_in_order_of_time() -> None:
    now = ticket(
        status=status("Completed"),
        last_updated_at=at("11:00"),
        responded_at=at("10:20"),
        planned_at=at("10:40"),
        resolved_at=at("10:50"),
        owner="jdoe",
    )

    events = seen(ticket(), now)

    assert [e.at for e in events] == sorted(e.at for e in events)
    assert told(events)[:2] == [("responded", "10:20"), ("planned", "10:40")]


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        pytest.param("11:00", "11:00", id="when it was last touched"),
        pytest.param("13:00", "12:00", id="not after it was seen"),
        pytest.param("09:00", "10:00", id="not before it entered"),
    ],
)
def test_a_change_seen_by_polling_is_dated_as_late_as_it_can_be(updated: str, expected: str) -> None:
    now = ticket(status=status("Assigned"), last_updated_at=at(updated))

    (event,) = seen(ticket(), now)

    assert event.at == at(expected)
    assert event.not_before <= event.at


def test_an_unknown_name_in_the_trail_makes_it_no_witness() -> None:
    now = ticket(status=status("Assigned"), last_updated_at=at("11:00"))

    (event,) = seen(
        ticket(), now, [change("10:30", "New", "Renamed since"), change("10:40", "Renamed since", "Assigned")]
    )

    assert (event.origin, event.at) == (Origin.POLL, at("11:00"))


def test_a_trail_that_does_not_begin_where_we_left_off_is_no_witness() -> None:
    now = ticket(status=status("Assigned"), last_updated_at=at("11:00"))

    (event,) = seen(ticket(), now, [change("10:40", "In Progress", "Assigned")])

    assert event.origin is Origin.POLL


def test_only_what_is_new_in_the_trail_is_told_again() -> None:
    before = ticket(status=status("Assigned"), last_updated_at=at("10:30"))
    now = structs.replace(before, status=status("In Progress"), last_updated_at=at("11:00"))
    trail = [change("10:30", "New", "Assigned"), change("11:00", "Assigned", "In Progress")]

    assert told(seen(before, now, trail)) == [("status", "11:00")]


def test_the_trail_is_read_by_the_levels_of_the_settings() -> None:
    desk = Desk(REFERENCE, (LevelRule("Assigned", Level.WAITING),))
    now = ticket(status=status("Assigned"), last_updated_at=at("11:00"))

    (event,) = observe(ticket(), now, desk, [change("10:40", "New", "Assigned")], seen_at=SEEN)

    assert (event.level, event.origin) == (Level.WAITING, Origin.AUDIT)


def test_a_ticket_that_closes_without_another_status_is_resolved() -> None:
    now = ticket(closed=True, last_updated_at=at("11:00"))

    (event,) = seen(ticket(), now)

    assert (event.kind, event.level) == (Kind.STATUS, Level.RESOLVED)


@pytest.mark.parametrize("name", ["New", "In Progress", "Waiting Customer"])
def test_a_date_resolved_on_a_ticket_that_is_not_resolved_is_ignored(name: str) -> None:
    now = ticket(status=status(name), last_updated_at=at("11:00"), resolved_at=at("10:30"))

    assert Kind.RESOLVED not in {e.kind for e in seen(None, now)}
    assert Kind.RESOLVED not in {e.kind for e in seen(ticket(), now)}


def test_T57_the_second_step_of_a_close_is_not_dated_by_the_first() -> None:
    done = ticket(status=status("Completed"), last_updated_at=at("10:30"), resolved_at=at("10:30"))
    closed = structs.replace(done, status=status(">Closed"), closed=True, last_updated_at=at("11:00"))

    (event,) = seen(done, closed)

    assert (event.name, event.not_before, event.at, event.origin) == (">Closed", at("10:30"), at("11:00"), Origin.POLL)


def test_milestones_that_stand_are_not_told_twice() -> None:
    before = ticket(responded_at=at("10:20"), last_updated_at=at("10:20"))

    assert seen(before, structs.replace(before, last_updated_at=at("11:00"))) == []


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("priority", Kind.PRIORITY),
        ("sla", Kind.SLA),
        ("company", Kind.COMPANY),
        ("agreement", Kind.AGREEMENT),
    ],
)
def test_a_fact_that_appears_or_goes_is_an_event_a_new_name_is_not(field: str, kind: Kind) -> None:
    choices: list[dict[str, Any]] = [{field: None}, {field: Ref(77, "Seven")}, {field: Ref(77, "Other")}]
    nothing, named, renamed = (ticket(**facts) for facts in choices)

    (came,) = seen(nothing, named)
    (went,) = seen(named, nothing)

    assert (came.kind, came.id, came.name) == (kind, 77, "Seven")
    assert (went.kind, went.id, went.name) == (kind, None, "")
    assert seen(named, renamed) == []


class TestScope:
    out = Scope(True, at("11:30"))

    @pytest.mark.parametrize(
        "facts",
        [
            {"merged_into_id": 9},
            {"parent_id": 9},
            {"record_type": "ProjectTicket"},
            {"board": PROJECTS, "status": status("New", PROJECTS)},
        ],
    )
    def test_leaving_it_is_one_event_at_the_change(self, facts: dict[str, object]) -> None:
        now = structs.replace(ticket(last_updated_at=at("11:00")), **facts)

        events = [e for e in seen(ticket(), now) if e.kind is Kind.CANCELLED]

        assert told(events) == [("cancelled", "11:00")]
        assert events[0].level is Level.OUT_OF_SCOPE
        assert seen(now, now, scope=Scope(True, at("11:00"))) == []

    def test_a_second_reason_is_no_second_event(self) -> None:
        child = ticket(parent_id=9)

        assert seen(child, structs.replace(child, merged_into_id=8), scope=self.out) == []

    def test_a_change_of_what_is_watched_holds_from_when_it_was_seen(self) -> None:
        desk = Desk(REFERENCE, boards=frozenset({NOC.id}))

        (event,) = observe(ticket(), ticket(), desk, None, seen_at=SEEN)

        assert (event.kind, event.at, event.name) == (Kind.CANCELLED, SEEN, f"board {HELP.name} is not watched")

    def test_coming_back_never_lies_before_going(self) -> None:
        """Deleted at a sweep, found again with a `lastUpdated` from before it."""
        (event,) = seen(ticket(parent_id=9), ticket(last_updated_at=at("11:00")), scope=self.out)

        assert (event.kind, event.at, event.level) == (Kind.RESTORED, at("11:30"), Level.NOT_RESPONDED)

    def test_one_that_was_never_out_is_not_restored(self) -> None:
        assert seen(ticket(), ticket(last_updated_at=at("11:00"))) == []
        assert seen(ticket(), ticket(), scope=Scope(False, at("11:30"))) == []


@pytest.mark.parametrize("minutes", [0, 1])
def test_the_second_of_the_last_update_belongs_to_what_was_seen(minutes: int) -> None:
    """A trail entry of that very second is what `lastUpdated` tells of; a later one is not shown yet."""
    moment: datetime = at("10:30") + timedelta(minutes=minutes)
    now = ticket(status=status("New" if minutes else "Assigned"), last_updated_at=at("10:30"))

    events = seen(None, now, [TrailChange(moment, "New", "Assigned")])

    assert [e.name for e in events] == (["New"] if minutes else ["New", "Assigned"])
