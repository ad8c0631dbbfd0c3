"""What speaks against an audit trail, and what does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from slamon.core.doubt import Doubt, doubt_since, doubt_whole
from slamon.core.observe import Desk
from slamon.core.ticket import Kind, Ref, Ticket
from slamon.core.trail import Trail, TrailChange
from tests.jobs.world import NOC, REFERENCE, at, status, ticket

P1, P2 = Ref(1, "Priority 1"), Ref(2, "Priority 2")
DESK = Desk(REFERENCE)


def seen(moment: str, name: str = "New", **facts: Any) -> Ticket:
    return ticket(last_updated_at=at(moment), status=status(name), **facts)


def moved(moment: str, before: str, after: str, kind: Kind = Kind.STATUS) -> TrailChange:
    return TrailChange(at(moment), before, after, kind)


def trail(*changes: TrailChange, ends_at: datetime | None = None) -> Trail:
    return Trail(changes, ends_at or (changes[-1].at if changes else at("10:00")))


ASSIGNED = moved("10:10", "New", "Assigned")
WORKED = moved("10:20", "Assigned", "In Progress")
URGENT = moved("10:15", "Priority 2", "Priority 1", Kind.PRIORITY)


@pytest.mark.parametrize(
    ("before", "now", "answer", "doubt"),
    [
        pytest.param(seen("10:00"), seen("10:20", "In Progress"), trail(ASSIGNED, WORKED), Doubt.NONE, id="whole"),
        pytest.param(seen("10:10", "Assigned"), seen("10:20", "In Progress"), trail(WORKED), Doubt.NONE, id="window"),
        pytest.param(seen("10:00"), seen("10:20", "In Progress"), trail(), Doubt.GRAVE, id="empty"),
        pytest.param(seen("10:00"), seen("10:20", "In Progress"), trail(WORKED), Doubt.GRAVE, id="begins elsewhere"),
        pytest.param(seen("10:00"), seen("10:20", "In Progress"), trail(ASSIGNED), Doubt.GRAVE, id="ends elsewhere"),
        pytest.param(
            seen("10:00"),
            seen("10:15", "Assigned"),
            trail(ASSIGNED, WORKED),
            Doubt.NONE,
            id="knows more than was seen",
        ),
        pytest.param(seen("10:00", priority=P2), seen("10:15", priority=P1), trail(), Doubt.GRAVE, id="no priority"),
        pytest.param(seen("10:00", priority=P2), seen("10:15", priority=P1), trail(URGENT), Doubt.NONE, id="priority"),
        pytest.param(
            seen("10:00", priority=None), seen("10:15", priority=P1), trail(URGENT), Doubt.NONE, id="first one"
        ),
        pytest.param(seen("10:00"), seen("10:20", board=NOC), trail(), Doubt.GRAVE, id="board"),
        pytest.param(
            seen("10:00", priority=Ref(1, "Old name")), seen("10:15", priority=P1), trail(), Doubt.SLIGHT, id="renamed"
        ),
        pytest.param(seen("10:00"), seen("10:20", owner="jdoe"), trail(), Doubt.SLIGHT, id="nothing new"),
        pytest.param(seen("10:00"), seen("10:20"), trail(ends_at=at("10:19:55")), Doubt.NONE, id="within the slack"),
        pytest.param(seen("10:00"), seen("10:20"), trail(ends_at=at("10:19:54")), Doubt.SLIGHT, id="beyond it"),
    ],
)
def test_between_two_sights(before: Ticket, now: Ticket, answer: Trail, doubt: Doubt) -> None:
    assert doubt_since(before, now, answer) is doubt


@pytest.mark.parametrize(
    ("now", "answer", "doubt"),
    [
        pytest.param(seen("10:20", "In Progress"), trail(ASSIGNED, WORKED), Doubt.NONE, id="whole"),
        pytest.param(seen("10:20", "In Progress"), trail(), Doubt.GRAVE, id="empty"),
        pytest.param(
            seen("10:20", "In Progress"), trail(WORKED), Doubt.NONE, id="entered as Assigned, for all we know"
        ),
        pytest.param(
            seen("10:20", "In Progress", responded_at=at("10:10")), trail(WORKED), Doubt.GRAVE, id="answered later"
        ),
        pytest.param(
            seen("10:20", "In Progress", responded_at=at("10:00:05")), trail(WORKED), Doubt.NONE, id="answered at once"
        ),
        pytest.param(
            seen("10:30", "Assigned", responded_at=at("10:30")),
            trail(moved("10:30", "Waiting Customer", "Assigned")),
            Doubt.NONE,
            id="a wait answers nothing",
        ),
        pytest.param(
            seen("10:20", priority=P1),
            trail(moved("10:10", "Priority 3", "Priority 2", Kind.PRIORITY)),
            Doubt.GRAVE,
            id="priority leads elsewhere",
        ),
        pytest.param(seen("10:20"), trail(), Doubt.SLIGHT, id="still new"),
    ],
)
def test_a_whole_life(now: Ticket, answer: Trail, doubt: Doubt) -> None:
    assert doubt_whole(now, answer, DESK) is doubt
