"""The seeded desk: complete, coherent, repeatable, alive."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from slamon.simulator import SimClock, Simulator
from slamon.simulator.sla import elapsed
from slamon.simulator.world import Row, Ticket

START = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
CHANGE = re.compile(r'^(\w+) has been updated from "(.*)" to "(.*)"\.$')
LEVEL_RUNS = {"NotResponded", "Responded", "ResolutionPlan"}


def desk(seed: int = 7, tickets: int = 400, closed: int = 2_000) -> Simulator:
    """Return a desk that stands still."""
    return Simulator(seed, tickets, closed, start_at=START, speed=0)


@pytest.fixture(scope="module")
def full() -> Simulator:
    """The desk of the demonstration, seeded once."""
    return desk()


def rows(simulator: Simulator) -> list[Row]:
    """Return all ticket rows."""
    return [ticket.row for ticket in simulator.world.tickets.values()]


def test_the_promised_numbers(full: Simulator) -> None:
    world, open_rows = full.world, [row for row in rows(full) if not row["closedFlag"]]
    assert len(open_rows) == 400
    assert len(rows(full)) == 2_400
    assert len(world.tables["companies"]) == 25
    tiers = Counter(row["customFields"][0]["value"] for row in world.tables["companies"].values())
    assert set(tiers) == {"Gold", "Silver", "Bronze"}
    assert len({row["timeZoneSetup"]["id"] for row in world.tables["companies"].values()}) == 7
    assert len(world.tables["boards"]) >= 4
    assert {row["basedOn"] for row in world.tables["slas"].values()} == {"MyCalendar", "Customer", "AllHours", "Custom"}
    oldest = min(row["_info"]["dateEntered"] for row in rows(full))
    assert oldest < "2025-04-01"


def test_open_tickets_stand_in_every_state(full: Simulator) -> None:
    now, seen = full.lived, Counter[str]()
    for ticket in full.world.tickets.values():
        row, state = ticket.row, ticket.sla
        if row["closedFlag"]:
            seen["merged"] += "mergedParentTicket" in row
            continue
        seen["child"] += "parentTicketId" in row
        seen["project"] += row["recordType"] == "ProjectTicket"
        seen["reopened"] += any("Re-Opened" in entry.text for entry in ticket.audit)
        seen["resolved, not closed"] += "dateResolved" in row
        if state is None:
            seen["no sla"] += 1
            continue
        seen[f"stage {state.reached}"] += state.waiting_since is None
        seen["waiting"] += state.waiting_since is not None
        seen["no goals"] += state.goals == [None, None, None]
        seen["future start"] += state.start > now
        if state.reached < 3 and (goal := state.goals[state.reached]) is not None:
            share = elapsed(state, now)[state.reached] / (goal * 3600)
            seen["near breach"] += 0.8 <= share <= 1 and state.waiting_since is None
            seen["breached"] += share > 1
    for name in ("stage 0", "stage 1", "stage 2", "waiting", "near breach", "breached", "reopened", "merged", "child"):
        assert seen[name] >= 8, (name, seen)
    for name in ("no sla", "no goals", "project", "future start", "resolved, not closed"):
        assert seen[name] >= 1, (name, seen)


def test_every_history_is_coherent(full: Simulator) -> None:
    statuses = full.world.tables["statuses"]
    for ticket in full.world.tickets.values():
        row, info = ticket.row, ticket.row["_info"]
        dates = [row[key] for key in ("dateResponded", "dateResplan", "dateResolved") if key in row]
        assert dates == sorted(dates)
        assert all(info["dateEntered"] <= date <= info["lastUpdated"] for date in dates)
        assert [entry.at for entry in ticket.audit] == sorted(entry.at for entry in ticket.audit)
        newest = max([ticket.audit[-1].at, *(_epoch(note["dateCreated"]) for note in ticket.notes)])
        assert _epoch(info["lastUpdated"]) == newest
        assert row["closedFlag"] == statuses[row["status"]["id"]]["closedStatus"]
        assert row["closedFlag"] == ("closedDate" in row)
        assert None not in row.values()


def test_the_audit_trail_leads_to_the_present_state(full: Simulator) -> None:
    for ticket in full.world.tickets.values():
        last: dict[str, str] = {}
        for entry in ticket.audit[1:]:
            found = CHANGE.match(entry.text)
            assert found, entry.text
            field, old, new = found.groups()
            assert last.get(field, old) == old
            last[field] = new
        present = {"Status": "status", "Priority": "priority", "Board": "board"}
        for field, key in present.items():
            if field in last:
                assert ticket.row[key]["name"] == last[field]
        if "Owner" in last:
            assert ticket.row["owner"]["identifier"] == last["Owner"]


def test_the_minutes_are_those_of_the_audit_trail(full: Simulator) -> None:
    checked = 0
    for ticket in full.world.tickets.values():
        if ticket.sla is not None:
            assert elapsed(ticket.sla, full.lived)[2] == _counted(full, ticket), ticket.row["id"]
            checked += 1
    assert checked > 200


def _counted(simulator: Simulator, ticket: Ticket) -> int:
    """Add up the open seconds of all intervals whose status runs the clock, from the audit trail alone."""
    assert ticket.sla is not None
    levels = {
        (row["board"]["name"], row["name"]): row["escalationStatus"]
        for row in simulator.world.tables["statuses"].values()
    }
    changes = [CHANGE.match(entry.text) for entry in ticket.audit]
    moves = [(entry.at, found) for entry, found in zip(ticket.audit, changes, strict=True) if found]
    first = {found[1]: found[2] for _, found in reversed(moves)}
    board = first.get("Board", ticket.row["board"]["name"])
    status = first.get("Status", ticket.row["status"]["name"])
    since, total = ticket.audit[0].at, 0
    for at, found in [*moves, (simulator.lived, None)]:
        if levels.get((board, status)) in LEVEL_RUNS:
            total += ticket.sla.hours.between(max(since, ticket.sla.start), at)
        since = at
        if found and found[1] == "Board":
            board = found[3]
        if found and found[1] == "Status":
            status = found[3]
    return total


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_the_same_seed_gives_the_same_desk_and_another_another() -> None:
    assert rows(desk(3, 30, 40)) == rows(desk(3, 30, 40))
    assert rows(desk(3, 30, 40)) != rows(desk(4, 30, 40))


def test_the_strides_of_time_do_not_matter() -> None:
    small, large = desk(5, 60, 20), desk(5, 60, 20)
    for _ in range(200):
        small.advance(1_111)
    large.advance(200 * 1_111)
    assert small.lived == large.lived
    assert rows(small) == rows(large)
    assert len(rows(large)) > 80


def test_the_desk_keeps_living_in_balance() -> None:
    simulator = desk(7, 200, 50)
    before = {row["id"]: row["status"]["id"] for row in rows(simulator)}
    simulator.advance(14 * 86_400)
    after = {row["id"]: row["status"]["id"] for row in rows(simulator)}
    assert sum(after[number] != status for number, status in before.items()) > 150
    assert len(after) > len(before) + 300
    still_open = sum(not row["closedFlag"] for row in rows(simulator))
    assert 120 < still_open < 320
    test_every_history_is_coherent(simulator)
    test_the_audit_trail_leads_to_the_present_state(simulator)
    test_the_minutes_are_those_of_the_audit_trail(simulator)


def test_an_hour_passes_in_a_minute_at_speed_60() -> None:
    clock = SimClock(START, speed=60)
    first = clock()
    while (passed := clock() - first) < timedelta(seconds=3):
        pass
    assert passed < timedelta(seconds=60)
    clock.advance(3600)
    assert clock() - first > timedelta(hours=1)


def test_a_clock_of_ones_own_drives_the_desk() -> None:
    now = [START]
    simulator = Simulator(7, 20, 0, clock=lambda: now[0])
    now[0] += timedelta(days=3)
    assert simulator.now == int(now[0].timestamp())
    with pytest.raises(TypeError):
        simulator.advance(1)


def test_a_clock_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="aware"):
        SimClock(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="backwards"):
        SimClock(START, 0).advance(-1)
    with pytest.raises(ValueError, match="negative"):
        SimClock(START, -1)


@pytest.mark.parametrize("count", [0, 1, 5, 12, 37])
def test_small_desks_have_exactly_the_tickets_asked_for(count: int) -> None:
    simulator = desk(7, count, 3)
    assert sum(not row["closedFlag"] for row in rows(simulator)) == count
    assert len(rows(simulator)) == count + 3
