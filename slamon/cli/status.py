"""`slamon status`: which ticket next?"""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from slamon.core.ticket import Stage
    from slamon.ports import Poll, Tracked

HEAD = ("TICKET", "STAGE", "STATE", "LEFT", "DUE", "PRIORITY", "BOARD", "COMPANY", "OWNER", "SUMMARY")


@click.command("status")
@click.option("--tenant", help="Only this tenant.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many tickets to list.")
@click.option("--as-of", "as_of", metavar="INSTANT", help="Read the clocks at this instant instead of now.")
@click.option("--fail-on-breach", is_flag=True, help="End with status 3 if a goal is breached.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(
    context: click.Context, *, tenant: str | None, limit: int, as_of: str | None, fail_on_breach: bool, as_json: bool
) -> None:
    """List the open tickets most at risk, the next to look at first.

    LEFT is business time, minus once over; DUE is wall time in the machine's
    zone ($TZ), a paused clock has none.
    """
    from slamon.cli.tickets import chosen_tenants
    from slamon.core.instants import parse_instant
    from slamon.jobs.standing import read_standing
    from slamon.wiring import wall_time

    config = context.obj.config
    try:
        now = parse_instant(as_of) if as_of else wall_time(config).now()
    except ValueError as error:
        raise click.UsageError(f"--as-of: {error}") from None
    store = context.obj.open_to_read()
    documents, broken = [], False
    for name in chosen_tenants(config, tenant):
        standing = read_standing(store, name, now)
        poll = store.load_last_poll(name, successful=True)
        document = tenant_document(name, standing, poll, now, limit)
        broken = broken or document["breached"] > 0
        documents.append(document)
        if not as_json:
            click.echo(tenant_text(document, poll, now))
    store.close()
    if as_json:
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents}, indent=1))
    context.exit(3 if fail_on_breach and broken else 0)


def tenant_document(name: str, standing: list[Tracked], poll: Poll | None, now: datetime, limit: int) -> dict[str, Any]:
    """Return what is known of a tenant's open tickets; instants are ISO 8601 in UTC."""
    from slamon.core.ticket import STAGES
    from slamon.jobs.standing import urgent_stage
    from slamon.metrics.snapshot import read_state

    states = [read_state(item.reading.stage(stage)) for item in standing for stage in STAGES]
    tickets = []
    for item in standing[:limit]:
        stage = urgent_stage(item.reading)
        assert stage is not None
        tickets.append(_ticket(item, stage))
    return {
        "tenant": name,
        "data_as_of": None if poll is None else poll.started_at.isoformat(),
        "data_age_seconds": None if poll is None else int((now - poll.started_at).total_seconds()),
        "open_with_goals": len(standing),
        "breached": states.count("breached"),
        "at_risk": states.count("at_risk"),
        "tickets": tickets,
    }


def _ticket(item: Tracked, stage: Stage) -> dict[str, Any]:
    from slamon.metrics.snapshot import read_state

    goal = item.reading.stage(stage)
    return {
        "id": item.ticket.id,
        "stage": stage.label,
        "state": read_state(goal),
        "clock": str(item.reading.state),
        "remaining_seconds": goal.remaining_seconds,
        "goal_seconds": goal.goal_seconds,
        "due_at": goal.due_at.isoformat() if goal.due_at else None,
        "due_if_resumed_at": goal.due_if_resumed_at.isoformat() if goal.due_if_resumed_at else None,
        "priority": item.ticket.priority.name if item.ticket.priority else "",
        "board": item.ticket.board.name,
        "company": item.ticket.company.name if item.ticket.company else "",
        "owner": item.ticket.owner,
        "summary": item.ticket.summary,
    }


def tenant_text(document: dict[str, Any], poll: Poll | None, now: datetime) -> str:
    """Return the table of one tenant, with how old its data is."""
    from slamon.cli.table import format_table, terminal_width
    from slamon.reporting.words import wall_time

    age = "never polled" if poll is None else f"data {wall_time(now - poll.started_at)} old"
    title = (
        f"{document['tenant']}: {document['open_with_goals']} open tickets with a goal to keep; "
        f"{document['at_risk']} goals at risk, {document['breached']} breached; {age}"
    )
    rows = [_row(ticket) for ticket in document["tickets"]]
    return f"{title}\n{format_table(HEAD, rows, width=terminal_width())}" if rows else title


def _row(ticket: dict[str, Any]) -> tuple[str, ...]:
    from slamon.reporting.words import business_time

    left = ticket["remaining_seconds"]
    due = ticket["due_at"]
    return (
        str(ticket["id"]),
        ticket["stage"],
        ticket["state"] or "",
        ("-" if left < 0 else "") + business_time(left),
        datetime.fromisoformat(due).astimezone(_zone()).strftime("%a %d %b %H:%M") if due else "",
        ticket["priority"],
        ticket["board"],
        ticket["company"],
        ticket["owner"],
        ticket["summary"],
    )


def _zone() -> ZoneInfo | None:
    name = os.environ.get("TZ", "")
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
