"""`slamon ack`, `snooze` and `exempt`: what a person says of a ticket's goals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

    from slamon.core.intervention import Said

STAGES = ("respond", "plan", "resolve")
_SPAN = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?")


def _common(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.argument("ticket", metavar="[TENANT/]ID"),
        click.option("--stage", "stages", multiple=True, type=click.Choice(STAGES), help="Only this goal; repeatable."),
        click.option("--by", help="Who says so [default: the user of this machine]."),
        click.option("--undo", is_flag=True, help="Take it back."),
        click.pass_context,
    )
    for option in reversed(options):
        command = option(command)
    return command


def _end(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--until", metavar="INSTANT", help="Until this instant.")(command)
    return click.option("--for", "span", metavar="SPAN", help="For so long by the wall clock: 30m, 4h, 1d12h.")(command)


@click.command("ack")
@_common
@_end
@click.option("--reason", default="", help="A word for whoever reads it.")
def ack(context: click.Context, **said: Any) -> None:  # noqa: ANN401  (click's options)
    """Acknowledge a ticket: no more marks and reminders of this deadline; a breach is still told.

    A new deadline of the ticket is news again.
    """
    _say(context, "ack", **said)


@click.command("snooze")
@_common
@_end
@click.option("--reason", default="", help="A word for whoever reads it.")
def snooze(context: click.Context, **said: Any) -> None:  # noqa: ANN401
    """Tell nothing of a ticket for a while, not even a breach; what is true then is told at its end."""
    if not said["undo"] and not said["span"] and not said["until"]:
        raise click.UsageError("how long? give --for or --until")
    _say(context, "snooze", **said)


@click.command("exempt")
@_common
@click.option("--reason", default="", help="Why; it stands in reports. Needed but for --undo.")
def exempt(context: click.Context, **said: Any) -> None:  # noqa: ANN401
    """Excuse a ticket: nothing more is told of it, and reports say who excused it, when and why.

    The clock and its verdict stay as they are.
    """
    if not said["undo"] and not said["reason"].strip():
        raise click.UsageError("why? give --reason TEXT")
    _say(context, "exempt", **said)


def _say(
    context: click.Context,
    what: str,
    *,
    ticket: str,
    stages: Sequence[str],
    by: str | None,
    undo: bool,
    reason: str,
    span: str | None = None,
    until: str | None = None,
) -> None:
    from slamon.cli.tickets import parse_ticket
    from slamon.core.intervention import TAKEN_BACK, Said
    from slamon.core.ticket import Stage
    from slamon.jobs.intervene import say
    from slamon.wiring import wall_time

    config = context.obj.config
    tenant, number = parse_ticket(config, ticket)
    now = wall_time(config).now().replace(microsecond=0)
    said = TAKEN_BACK[Said(what)] if undo else Said(what)
    with closing(context.obj.open_store()) as store:
        found = say(
            store,
            tenant,
            number,
            said,
            now=now,
            by=by or this_user(),
            stages=[stage for stage in Stage if stage.label in stages],
            until=None if undo else _until(context, tenant, now, span, until),
            reason=reason,
        )
    names = ", ".join(each.stage.label for each in found)
    click.echo(f"{tenant}/{number} {names}: {_words(said)}{_till(found[0].until)}")


def _until(context: click.Context, tenant: str, now: datetime, span: str | None, until: str | None) -> datetime | None:
    from slamon.cli.moment import parse_moment

    if span and until:
        raise click.UsageError("give --for or --until, not both")
    if until:
        return parse_moment(context.obj.config, until, [tenant], option="--until")
    if not span:
        return None
    parts = _SPAN.fullmatch(span)
    if parts is None or not any(parts.groups()):
        raise click.UsageError(f"--for: {span!r} is no span; write 30m, 4h or 1d12h")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return now + timedelta(days=days, hours=hours, minutes=minutes)


def this_user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise click.UsageError("who says so? give --by NAME; this user has none") from None


def _words(said: Said) -> str:
    return {
        "ack": "acknowledged",
        "unack": "no longer acknowledged",
        "snooze": "snoozed",
        "unsnooze": "no longer snoozed",
        "exempt": "exempted",
        "unexempt": "no longer exempted",
    }[str(said)]


def _till(until: datetime | None) -> str:
    return "" if until is None else f" until {until:%Y-%m-%d %H:%M} UTC"
