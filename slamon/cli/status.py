"""`slamon status`: which ticket next?"""

from __future__ import annotations

import json
import os
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from slamon.core.sight import Sight
    from slamon.core.ticket import Stage
    from slamon.ports import Poll, Tracked

HEAD = ("TICKET", "STAGE", "STATE", "LEFT", "DUE", "PRIORITY", "BOARD", "COMPANY", "OWNER", "SUMMARY")


@click.command("status")
@click.option("--tenant", help="Only this tenant.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many tickets to list.")
@click.option("--as-of", "as_of", metavar="INSTANT", help="Read the clocks at this instant instead of now.")
@click.option(
    "--fail-on-breach", is_flag=True, help="End with 3 if a goal is breached, else with 75 if it cannot be seen."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(
    context: click.Context, *, tenant: str | None, limit: int, as_of: str | None, fail_on_breach: bool, as_json: bool
) -> None:
    """List the open tickets most at risk, the next to look at first.

    LEFT is business time, minus once over; DUE is wall time in the machine's
    zone ($TZ), a paused clock has none. A tenant that is blind is shown as it
    was when last seen, unless an instant is given.
    """
    from slamon.cli.tickets import chosen_tenants
    from slamon.core.instants import parse_instant
    from slamon.jobs.sight import read_sight
    from slamon.jobs.standing import read_standing
    from slamon.wiring import tenant_pace, wall_time

    config = context.obj.config
    wall_now = wall_time(config).now()
    try:
        now = parse_instant(as_of) if as_of else wall_now
    except ValueError as error:
        raise click.UsageError(f"--as-of: {error}") from None
    store = context.obj.open_to_read()
    documents, broken, blind = [], False, False
    for name in chosen_tenants(config, tenant):
        sight = read_sight(store, name, wall_now, tenant_pace(config, name))
        read_at = now if as_of else sight.blind_since or now
        standing = read_standing(store, name, read_at)
        poll = store.load_last_poll(name, successful=True)
        document = {**tenant_document(name, standing, poll, now, limit), **sight_document(sight, read_at)}
        broken, blind = broken or document["breached"] > 0, blind or (sight.is_blind and not as_of)
        documents.append(document)
        if not as_json:
            head = [] if as_of else blind_lines(name, sight, _zone())
            click.echo("\n".join([*head, tenant_text(document, poll, now)]))
    waits = store.outbox_state()
    store.close()
    if as_json:
        outbox = {"waiting": waits.waiting, "held": waits.held}
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents, "outbox": outbox}, indent=1))
    elif waits.held:
        click.echo(f"outbox: {waits.held} held, a person must decide whether to send them again: `slamon outbox list`")
    context.exit((3 if broken else 75 if blind else 0) if fail_on_breach else 0)


def sight_document(sight: Sight, read_at: datetime) -> dict[str, Any]:
    """Return whether the tenant is seen, since when not, and when the clocks were read."""
    since = sight.blind_since
    return {
        "outlook": str(sight.outlook),
        "blind_since": since.isoformat() if since else None,
        "read_at": read_at.isoformat(),
    }


def blind_lines(name: str, sight: Sight, zone: tzinfo | None) -> list[str]:
    """Return the line that says that a tenant is not seen, and since when; none if it is."""
    from slamon.core.sight import Outlook
    from slamon.reporting.words import wall_time

    if sight.outlook is Outlook.UNSEEN:
        return [f"{name}: NOT SEEN YET: no poll has worked"]
    if sight.outlook is Outlook.FAILING:
        return [f"{name}: the last poll failed"]
    if sight.blind_since is None or sight.age is None:
        return []
    since = sight.blind_since.astimezone(zone).strftime("%a %d %b %H:%M")
    return [f"{name}: BLIND since {since} ({wall_time(sight.age)}): no poll has worked since, nothing new is known"]


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
