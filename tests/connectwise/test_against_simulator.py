"""The whole source against the simulated ConnectWise; what it should have read is taken from the desk's own rows."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from slamon.connectwise.audit import AuditReader
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.source import ConnectWiseSource
from slamon.core.ticket import Kind, Ticket
from slamon.errors import SourceRefusedError
from slamon.ports import TicketSource
from slamon.simulator import SimClock, Simulator, SimulatorServer
from tests.batches import together

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
DEMO = Credentials("training", "public", "private", "any-client-id")


@asynccontextmanager
async def desk(
    limits: Limits,
    *,
    path: str = "",
    credentials: Credentials = DEMO,
    page_size: int = 37,
) -> AsyncIterator[tuple[Simulator, ConnectWiseSource]]:
    """Serve a small desk that stands still; its pages are small too, so that there are many."""
    simulator = Simulator(tickets=120, closed=200, clock=SimClock(START, 0))
    async with (
        SimulatorServer(simulator) as server,
        Client.open(f"{server.url}{path}", credentials, limits=limits, page_size=page_size) as client,
    ):
        yield simulator, ConnectWiseSource(client)


def rows(simulator: Simulator) -> list[dict[str, Any]]:
    return [ticket.row for _, ticket in sorted(simulator.world.tickets.items())]


def facts(ticket: Ticket) -> dict[str, object]:
    """The ticket in the simulator's words."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    return {
        "id": ticket.id,
        "summary": ticket.summary,
        "board": ticket.board.id,
        "status": ticket.status.name,
        "priority": ticket.priority.id if ticket.priority else None,
        "sort": ticket.priority_sort,
        "company": ticket.company_identifier,
        "sla": ticket.sla.id if ticket.sla else None,
        "closedFlag": ticket.closed,
        "dateEntered": ticket.entered_at.strftime(form),
        "lastUpdated": ticket.last_updated_at.strftime(form),
        "dateResponded": ticket.responded_at.strftime(form) if ticket.responded_at else None,
        "dateResplan": ticket.planned_at.strftime(form) if ticket.planned_at else None,
        "dateResolved": ticket.resolved_at.strftime(form) if ticket.resolved_at else None,
        "resolutionGoalUTC": ticket.witness.resolve_goal_at.strftime(form) if ticket.witness.resolve_goal_at else None,
        "customFields": dict(ticket.custom_fields),
    }


def told_by(row: dict[str, Any]) -> dict[str, object]:
    own = ("id", "summary", "closedFlag", "dateResponded", "dateResplan", "dateResolved", "resolutionGoalUTC")
    return {name: row.get(name) for name in own} | {
        "board": row["board"]["id"],
        "status": row["status"]["name"],
        "priority": row["priority"]["id"],
        "sort": row["priority"]["sort"],
        "company": row["company"]["identifier"],
        "sla": row["sla"]["id"] if "sla" in row else None,
        "dateEntered": row["_info"]["dateEntered"],
        "lastUpdated": row["_info"]["lastUpdated"],
        "customFields": {f["caption"]: str(f["value"]) for f in row.get("customFields", ()) if f.get("value")},
    }


@pytest.mark.parametrize("path", ["", "/v4_6_release/apis/3.0"])
async def test_all_open_tickets_are_read_just_as_they_stand(path: str, quick: Limits) -> None:
    async with desk(quick, path=path) as (simulator, source):
        batch = await together(source.fetch_tickets(since=None))
        expected = [told_by(row) for row in rows(simulator) if not row["closedFlag"]]

    assert len(expected) > 100
    assert batch.rejections == []
    assert [facts(ticket) for ticket in batch.tickets] == expected


async def test_a_later_poll_brings_what_changed_closed_tickets_too(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        simulator.advance(timedelta(hours=30).total_seconds())
        since = START + timedelta(hours=1)
        batch = await together(source.fetch_tickets(since=since))
        mark = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        expected = [told_by(row) for row in rows(simulator) if row["_info"]["lastUpdated"] >= mark]

    assert batch.rejections == []
    assert [facts(ticket) for ticket in batch.tickets] == expected
    assert {ticket.closed for ticket in batch.tickets} == {True, False}


async def test_tickets_by_id_in_whatever_state_without_those_that_are_gone(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        known = [row["id"] for row in rows(simulator)]
        batch = await together(source.fetch_tickets_by_id([*known[::2], 99_999_999]))

    assert [ticket.id for ticket in batch.tickets] == known[::2]


async def test_what_is_open_is_listed_by_id_and_time_of_change_alone(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        listed = [sighting async for page in source.fetch_open() for sighting in page]
        expected = [(row["id"], row["_info"]["lastUpdated"]) for row in rows(simulator) if not row["closedFlag"]]

    listed.sort(key=lambda sighting: sighting.ticket_id)  # pages come as they are answered
    assert [(s.ticket_id, s.last_updated_at and f"{s.last_updated_at:%Y-%m-%dT%H:%M:%SZ}") for s in listed] == expected


async def test_what_changed_and_what_is_open_come_in_one_list(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        simulator.advance(timedelta(hours=30).total_seconds())
        since = START + timedelta(hours=20)
        batch = await together(source.fetch_tickets(since=since, with_open=True))
        mark = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = [row for row in rows(simulator) if not row["closedFlag"] or row["_info"]["lastUpdated"] >= mark]

    assert [facts(ticket) for ticket in batch.tickets] == [told_by(row) for row in kept]
    assert any(row["closedFlag"] for row in kept)
    assert any(row["_info"]["lastUpdated"] < mark for row in kept)


async def test_only_connectwise_says_that_a_ticket_is_deleted(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        assert await source.is_deleted(99_999_999)
        assert not await source.is_deleted(rows(simulator)[0]["id"])


async def test_the_boards_asked_for_and_no_others(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        batch = await together(source.fetch_tickets(since=None, board_ids=[1]))
        open_rows = [row for row in rows(simulator) if not row["closedFlag"]]
        expected = [row["id"] for row in open_rows if row["board"]["id"] == 1]

    assert 0 < len(expected) < len(open_rows)
    assert [ticket.id for ticket in batch.tickets] == expected


async def test_the_reference_data_fits_the_tickets(quick: Limits) -> None:
    async with desk(quick) as (simulator, source):
        reference = await source.fetch_reference()
        tickets = (await together(source.fetch_tickets(since=None))).tickets
        tables = simulator.world.tables

    assert set(reference.boards) == set(tables["boards"])
    assert set(reference.companies) == set(tables["companies"])
    assert {s.id: s.name for s in reference.statuses.values()} == {k: r["name"] for k, r in tables["statuses"].items()}
    assert {s.level for s in reference.statuses.values()} >= {0, 1, 2, 3, 4}
    assert sum(len(sla.rows) for sla in reference.slas.values()) == len(tables["slaPriorities"])
    assert {(h.on.isoformat(), h.name) for c in reference.calendars.values() for h in c.holidays} <= {
        (row["date"][:10], row["name"]) for row in tables["holidays"].values()
    }
    assert any(calendar.holidays for calendar in reference.calendars.values())
    assert reference.server_zone == "America/New_York"
    assert reference.default_calendar_id in reference.calendars
    assert {company.zone for company in reference.companies.values()} >= {"America/Chicago"}
    for ticket in tickets:
        assert reference.statuses[ticket.status.id].board_id == ticket.board.id
        assert ticket.sla is None or ticket.sla.id in reference.slas
        assert ticket.company is not None
        assert reference.companies[ticket.company.id].identifier == ticket.company_identifier


async def test_audit_trails_tell_each_tickets_way_to_its_status(quick: Limits) -> None:
    reader = AuditReader()
    async with desk(quick, page_size=3) as (simulator, source):
        changed = 0
        for row in rows(simulator)[::20]:
            trail = await source.fetch_audit_trail(row["id"])
            assert len(trail) == len(simulator.world.tickets[row["id"]].audit)
            assert [e.at for e in trail] == sorted(e.at for e in trail)
            steps = [c for c in map(reader.read, trail) if c is not None and c.kind is Kind.STATUS]
            assert all(before.new == after.old for before, after in itertools.pairwise(steps))
            assert not steps or steps[-1].new == row["status"]["name"]
            changed += len(steps)

    assert changed > 10


async def test_wrong_credentials_are_refused_with_a_remedy(quick: Limits) -> None:
    wrong = Credentials("training", "public", "not-the-key", "any-client-id", hint="SLAMON_KEYS")
    async with desk(quick, credentials=wrong) as (_, source):
        port: TicketSource = source
        with pytest.raises(SourceRefusedError, match="check SLAMON_KEYS") as caught:
            await together(port.fetch_tickets(since=None))

    assert caught.value.status == 401
    assert "not-the-key" not in str(caught.value)


@pytest.mark.anyio
async def test_members_and_teams_are_read_where_a_role_asks_for_them(quick: Limits) -> None:
    async with desk(quick) as (_, source):
        plain = await source.fetch_reference()
        people = await ConnectWiseSource(source._client, people=True).fetch_reference()

    assert (plain.members, plain.teams) == ({}, {})
    jane = people.members[people.boards[next(iter(people.boards))].manager_id or 0]
    assert (jane.identifier, jane.email, jane.inactive) == ("jsmith", "jsmith@msp.example", False)
    assert {team.leader_id for team in people.teams.values()} == {jane.id}
    assert {people.members[company.manager_id or 0].identifier for company in people.companies.values()} == {"tmorgan"}
