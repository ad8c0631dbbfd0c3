"""`slamon outbox`: what waits to be sent, and what a person decides about a message that may have arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slamon.ports import OutboxRow

OPEN = ("pending", "claimed", "sending", "held")
STATES = (*OPEN, "sent", "failed", "merged", "dropped", "overtaken")
HEAD = ("ID", "STATE", "KIND", "TICKET", "TO", "MADE (UTC)", "TRIES", "SUBJECT", "ERROR")

_ids = click.argument("ids", metavar="ID...", type=click.IntRange(1), nargs=-1, required=True)
_json = click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")


@click.group("outbox")
def outbox() -> None:
    """Look at the messages that wait, and decide about those that may have arrived."""


@outbox.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many at most.")
@_json
@click.pass_context
def list_(context: click.Context, *, states: Sequence[str], limit: int, as_json: bool) -> None:
    """List the messages that are not done yet; with --state others too."""
    from slamon.cli.table import format_table, terminal_width

    store = context.obj.open_to_read()
    rows = store.load_outbox(states or OPEN, limit)
    store.close()
    if as_json:
        click.echo(json.dumps([_document(row) for row in rows], indent=1))
    elif rows:
        click.echo(format_table(HEAD, [_row(row) for row in rows], width=terminal_width()))
    else:
        click.echo("no such message" if states else "nothing waits")


@outbox.command("release")
@_ids
@click.pass_context
def release(context: click.Context, *, ids: Sequence[int]) -> None:
    """Send messages that are held or were given up; one that may have arrived says so."""
    store = context.obj.open_store()
    released = store.release_notifications(ids)
    store.close()
    _tell(context, ids, released, "will be sent", "is neither held nor failed")


@outbox.command("drop")
@_ids
@click.pass_context
def drop(context: click.Context, *, ids: Sequence[int]) -> None:
    """Never send messages that are held, given up or wait."""
    from slamon.wiring import wall_time

    store = context.obj.open_store()
    dropped = store.drop_notifications(ids, wall_time(context.obj.config).now())
    store.close()
    _tell(context, ids, dropped, "will not be sent", "is sent, under way or not there")


def _tell(context: click.Context, asked: Sequence[int], changed: Sequence[int], done: str, why_not: str) -> None:
    for number in dict.fromkeys(asked):
        click.echo(f"{number} {done if number in changed else why_not}", err=number not in changed)
    context.exit(0 if set(asked) <= set(changed) else 1)


def _row(row: OutboxRow) -> tuple[str, ...]:
    from slamon.clean import clean_line

    note = row.note
    return (
        str(note.id),
        _state(row),
        note.kind,
        "" if note.ticket_id is None else f"{note.tenant}/{note.ticket_id}",
        clean_line(note.recipient),
        f"{note.created_at:%Y-%m-%d %H:%M}",
        str(note.failures),
        clean_line(note.subject, 60),
        clean_line(row.error),
    )


def _state(row: OutboxRow) -> str:
    waits = f" until {row.note.not_before:%m-%d %H:%M}" if row.note.not_before else ""
    return row.state + (f" into {row.merged_into}" if row.merged_into else waits)


def _document(row: OutboxRow) -> dict[str, object]:
    note = row.note
    return {
        "id": note.id,
        "state": row.state,
        "channel": note.channel,
        "kind": note.kind,
        "tenant": note.tenant,
        "ticket": note.ticket_id,
        "recipient": note.recipient,
        "subject": note.subject,
        "key": note.key,
        "message_id": note.message_id,
        "created_at": note.created_at.isoformat(),
        "not_before": note.not_before.isoformat() if note.not_before else None,
        "failures": note.failures,
        "may_have_arrived": note.unsure > 0,
        "merged_into": row.merged_into,
        "error": row.error,
    }
