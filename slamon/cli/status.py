"""`slamon status`: which ticket next?"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from slamon.core.intervention import Intervention
    from slamon.core.intervention import Standing as Holds
    from slamon.core.sight import Sight
    from slamon.jobs.standing import Standing
    from slamon.ports import Poll, Store

HEAD = ("TICKET", "STAGE", "STATE", "LEFT", "DUE", "PRIORITY", "BOARD", "COMPANY", "OWNER", "SUMMARY")


@click.command("status")
@click.option("--tenant", help="Only this tenant.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many tickets to list.")
@click.option("--as-of", "as_of", metavar="INSTANT", help="Show how it stood at this instant, as it was known then.")
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
    from slamon.cli.moment import parse_moment
    from slamon.cli.tickets import chosen_tenants
    from slamon.jobs.sight import read_sight, sight_of_polls
    from slamon.jobs.standing import read_past_standing, read_standing
    from slamon.wiring import tenant_pace, wall_time

    config = context.obj.config
    names = chosen_tenants(config, tenant)
    now = parse_moment(config, as_of, names) if as_of else wall_time(config).now()
    store = context.obj.open_to_read()
    documents, broken, blind = [], False, False
    for name in names:
        pace, poll = (
            tenant_pace(config, name),
            store.load_last_poll(name, successful=True, until=now if as_of else None),
        )
        sight = sight_of_polls(now, pace, poll, None) if as_of else read_sight(store, name, now, pace)
        read_at = now if as_of else sight.blind_since or now
        standing = (read_past_standing if as_of else read_standing)(store, name, read_at, limit)
        said = store.load_interventions(name, [reading.ticket_id for reading in standing.readings[:limit]])
        document = {**tenant_document(name, standing, poll, now, limit, said), **sight_document(sight, read_at)}
        broken, blind = broken or document["breached"] > 0, blind or (sight.is_blind and not as_of)
        documents.append(document)
        if as_of:
            document["first_reading_at"] = first_reading(store, name, now)
        if not as_json:
            head = past_lines(document, now, _zone()) if as_of else blind_lines(name, sight, _zone())
            click.echo("\n".join([*head, tenant_text(document, poll, now)]))
    waits = store.outbox_state()
    store.close()
    if as_json:
        outbox = {"waiting": waits.waiting, "held": waits.held}
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents, "outbox": outbox}, indent=1))
    elif waits.held:
        click.echo(f"outbox: {waits.held} held, a person must decide whether to send them again: `slamon outbox list`")
    context.exit((3 if broken else 75 if blind else 0) if fail_on_breach else 0)


def first_reading(store: Store, tenant: str, at: datetime) -> str | None:
    """Return when the tenant's first reading was stored, None if that was not after *at*."""
    first = store.load_first_reading_at(tenant)
    return first.isoformat() if first is not None and first > at else None


def past_lines(document: dict[str, Any], at: datetime, zone: tzinfo | None) -> list[str]:
    """Return the line that says that this is the past as it was known then, or that nothing was."""

    def shown(moment: datetime) -> str:
        return moment.astimezone(zone).strftime("%a %d %b %Y %H:%M")

    name, first = document["tenant"], document["first_reading_at"]
    if first is not None:
        begins = shown(datetime.fromisoformat(first))
        return [f"{name}: nothing is known of {shown(at)}; the first reading is of {begins}"]
    return [f"{name}: as it was known at {shown(at)}"]


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
    from slamon.documents.sight import sight_line

    line = sight_line(name, sight, zone)
    return [line] if line else []


def tenant_document(
    name: str,
    standing: Standing,
    poll: Poll | None,
    now: datetime,
    limit: int,
    said: Mapping[int, Sequence[Intervention]],
) -> dict[str, Any]:
    """Return what is known of a tenant's open tickets; instants are ISO 8601 in UTC."""
    from msgspec.structs import asdict

    from slamon.core.ticket import STAGES
    from slamon.documents.line import ticket_line
    from slamon.jobs.intervene import standing_of
    from slamon.jobs.standing import urgent_stage
    from slamon.metrics.snapshot import read_state

    readings = standing.readings
    states = [read_state(reading.stage(stage)) for reading in readings for stage in STAGES]
    tickets = []
    for reading in readings[:limit]:
        stage = urgent_stage(reading)
        assert stage is not None
        holds = standing_of(said.get(reading.ticket_id, ()), reading, stage, now)
        line = asdict(ticket_line(standing.tickets[reading.ticket_id], reading, stage))
        line |= {name: value.isoformat() for name, value in line.items() if isinstance(value, datetime)}
        tickets.append({**line, **said_document(holds)})
    return {
        "tenant": name,
        "data_as_of": None if poll is None else poll.started_at.isoformat(),
        "data_age_seconds": None if poll is None else int((now - poll.started_at).total_seconds()),
        "open_with_goals": len(readings),
        "breached": states.count("breached"),
        "at_risk": states.count("at_risk"),
        "tickets": tickets,
    }


def said_document(holds: Holds) -> dict[str, Any]:
    """Return what people said of a goal, by what it is; None where nothing holds."""
    from slamon.core.intervention import WORDS

    named = holds.named()
    return {
        what: (said := named.get(what))
        and {
            "by": said.by,
            "at": said.at.isoformat(),
            "until": said.until.isoformat() if said.until else None,
            "reason": said.reason,
        }
        for what in WORDS
    }


def tenant_text(document: dict[str, Any], poll: Poll | None, now: datetime) -> str:
    """Return the table of one tenant, with how old its data is."""
    from slamon.cli.table import format_table, terminal_width
    from slamon.reporting.words import wall_time

    unpolled = "no poll of then is kept" if "first_reading_at" in document else "never polled"
    age = unpolled if poll is None else f"data {wall_time(now - poll.started_at)} old"
    title = (
        f"{document['tenant']}: {document['open_with_goals']} open tickets with a goal to keep; "
        f"{document['at_risk']} goals at risk, {document['breached']} breached; {age}"
    )
    rows = [_row(ticket) for ticket in document["tickets"]]
    return f"{title}\n{format_table(HEAD, rows, width=terminal_width())}" if rows else title


def _row(ticket: dict[str, Any]) -> tuple[str, ...]:
    from slamon.core.intervention import WORDS
    from slamon.reporting.words import business_time

    left = ticket["remaining_seconds"]
    due = ticket["due_at"]
    return (
        str(ticket["id"]),
        ticket["stage"],
        ", ".join(filter(None, (ticket["state"], *(word for word in WORDS if ticket[word])))),
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
