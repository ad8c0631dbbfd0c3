"""`slamon explain`: every second of one ticket's clock, and the rule behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slamon.core.intervention import Intervention
    from slamon.core.ledger import Ledger
    from slamon.core.ticket import Ticket
    from slamon.ports import RungRecord


@click.command("explain")
@click.argument("ticket", metavar="[TENANT/]ID")
@click.option("--as-of", "as_of", metavar="INSTANT", help="Explain the reading of this instant instead of now.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def explain(context: click.Context, *, ticket: str, as_of: str | None, as_json: bool) -> None:
    """Print the ledger of one ticket: what counted, what did not, and why.

    Times are in the calendar's zone. The counted seconds add up to the
    elapsed time exactly.
    """
    from contextlib import closing

    from slamon.cli.moment import parse_moment
    from slamon.cli.status import blind_lines, sight_document
    from slamon.cli.tickets import parse_ticket
    from slamon.core.ledger_document import ledger_document
    from slamon.jobs.ledgers import load_ledger
    from slamon.jobs.sight import read_sight
    from slamon.wiring import tenant_pace, wall_time

    config = context.obj.config
    tenant, number = parse_ticket(config, ticket)
    now = parse_moment(config, as_of, [tenant]) if as_of else wall_time(config).now()
    with closing(context.obj.open_to_read()) as store:
        ledger = load_ledger(store, tenant, number, now)
        facts = store.load_tickets(tenant, [number])[number]
        sight = read_sight(store, tenant, wall_time(config).now(), tenant_pace(config, tenant))
        said = store.load_interventions(tenant, [number]).get(number, [])
        rungs = store.load_rungs(tenant, number)
    said, rungs = [each for each in said if each.at <= now], [each for each in rungs if each.seen_at <= now]
    if as_json:
        seen = {key: value for key, value in sight_document(sight, now).items() if key != "read_at"}
        document = ledger_document(
            ledger, tenant=tenant, ticket=number, summary=facts.summary, sight=seen, told=told(said, rungs)
        )
        click.echo(json.dumps(document, indent=1))
    else:
        head = [] if as_of else blind_lines(tenant, sight, ZoneInfo(ledger.calendar.zone))
        tail = alert_lines(ledger, said, rungs)
        click.echo("\n".join([*head, ledger_text(ledger, facts, tenant), *tail]))


def told(said: Sequence[Intervention], rungs: Sequence[RungRecord]) -> dict[str, Any]:
    """Return what people said of the ticket's goals, and the marks that these passed, as JSON has it."""
    from slamon.core.instants import format_instant

    return {
        "interventions": [
            {
                "stage": each.stage.label,
                "deadline_version": each.version,
                "said": str(each.said),
                "at": format_instant(each.at),
                "by": each.by,
                "until": format_instant(each.until) if each.until else None,
                "reason": each.reason,
            }
            for each in said
        ],
        "marks": [
            {
                "stage": each.stage.label,
                "deadline_version": each.version,
                "mark": each.mark,
                "at": format_instant(each.at),
                "seen_at": format_instant(each.seen_at),
                "outcome": str(each.outcome),
            }
            for each in rungs
        ],
    }


def alert_lines(ledger: Ledger, said: Sequence[Intervention], rungs: Sequence[RungRecord]) -> list[str]:
    """Return what people said of the goals and still holds, and the marks they passed, in the calendar's zone."""
    from slamon.core.ticket import STAGES
    from slamon.jobs.intervene import standing_of
    from slamon.reporting.said import standing_words

    zone, reading = ZoneInfo(ledger.calendar.zone), ledger.reading
    lines = [
        f"{stage.label}: {words}"
        for stage in STAGES
        for words in standing_words(standing_of(said, reading, stage, reading.as_of), zone)
    ]
    lines += [
        f"{rung.stage.label}: passed {rung.mark} at {rung.at.astimezone(zone):%a %Y-%m-%d %H:%M:%S}: {rung.outcome}"
        for rung in rungs
    ]
    return ["", *lines] if lines else []


def ledger_text(ledger: Ledger, ticket: Ticket, tenant: str) -> str:
    """Return the ledger for people, in the calendar's zone."""
    from slamon.cli.table import format_table
    from slamon.core.ticket import STAGES, Kind
    from slamon.reporting.words import business_time, local_instant

    zone = ZoneInfo(ledger.calendar.zone)
    reading = ledger.reading

    def when(at: Any) -> str:  # noqa: ANN401
        return "" if at is None else at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S")

    stages = [
        (
            stage.label,
            str(goal.verdict),
            "" if goal.goal_seconds is None else business_time(goal.goal_seconds),
            business_time(goal.elapsed_seconds),
            when(goal.reached_at),
            when(goal.due_at) or (f"if resumed now {when(goal.due_if_resumed_at)}" if goal.due_if_resumed_at else ""),
        )
        for stage in STAGES
        for goal in (reading.stage(stage),)
    ]
    events = [
        (
            str(event.seq),
            str(event.kind),
            when(event.at),
            "exact" if event.not_before == event.at else f"after {when(event.not_before)}",
            str(event.origin),
            event.name if event.kind is not Kind.TERMS else f"{event.terms}: {event.name}",
        )
        for event in ledger.events
    ]
    intervals = [
        (
            when(interval.begins_at),
            when(interval.ends_at),
            interval.reason,
            str(interval.counted_seconds),
            str(interval.event or ""),
            interval.status,
            interval.rule,
        )
        for interval in ledger.intervals
    ]
    parts = [
        f"Ticket {tenant}/{ticket.id}: {ticket.summary}",
        f"as of {local_instant(reading.as_of, zone)}, clock {reading.state}",
        f"policy {ledger.terms.policy}, calendar {ledger.calendar.name} ({ledger.terms.calendar})",
        *([reading.note] if reading.note else []),
        "",
        format_table(("STAGE", "VERDICT", "GOAL", "ELAPSED", "REACHED", "DUE"), stages),
        "",
        format_table(("EVENT", "KIND", "AT", "BOUNDS", "ORIGIN", "WHAT"), events),
        "",
        format_table(("FROM", "TO", "REASON", "COUNTED S", "EVENT", "STATUS", "RULE"), intervals),
        f"counted {ledger.counted_seconds} s, elapsed {reading.elapsed_seconds} s, waited {reading.paused_seconds} s",
    ]
    return "\n".join(parts)
