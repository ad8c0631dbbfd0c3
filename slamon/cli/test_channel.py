"""`slamon test-channel NAME`: send one labelled event, to see that a channel works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.config.channels import Alertmanager, Apprise, PagerDuty, Webhook
    from slamon.ports import Notification

SUBJECT = "slamon test: this channel works"


@click.command("test-channel")
@click.argument("name")
def test_channel(name: str) -> None:
    """Send a test event to the channel NAME of the settings; where it stands until it is ended, end it at once."""
    from slamon.errors import DeliveryUnknownError, SlamonError

    context = click.get_current_context()
    channels = context.obj.config.channel
    if name not in channels:
        known = ", ".join(sorted(channels)) or "none"
        click.echo(f"channel.{name}: not configured; there is: {known}", err=True)
        context.exit(2)
    settings = channels[name]
    if settings.kind == "connectwise":
        click.echo(
            f"channel.{name} writes into tickets, so there is no test event for it: leave dry_run = true,"
            " and see what it would do with `slamon outbox list --state sent`",
            err=True,
        )
        context.exit(2)
    try:
        remark = send(name, settings)
    except DeliveryUnknownError as error:
        click.echo(f"the test event may have arrived; there was no answer: {error}", err=True)
        context.exit(error.exit_status)
    except SlamonError as error:
        click.echo(f"nothing was sent: {error}", err=True)
        context.exit(error.exit_status)
    click.echo(f"{name} ({settings.kind}) took a test event{f': {remark}' if remark else ''}")


def send(name: str, settings: Webhook | Alertmanager | PagerDuty | Apprise) -> str:
    """
    Deliver the test event, and what ends it; return what the channel remarked.

    Raises:
        DeliveryError: It was not accepted.
        ConfigError: The settings cannot be used.
    """
    from slamon.config.channels import lasts
    from slamon.wiring_channels import open_channel

    notes = compose(name)
    with open_channel(settings).session() as session:
        session.connect()
        remarks = [session.deliver(note, lambda: None) for note in (notes if lasts(settings) else notes[:1])]
    return remarks[0] or ""


def compose(name: str) -> list[Notification]:
    """Return the test event for the channel *name*, and the message that ends it."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from msgspec import structs

    from slamon.mail import message_id
    from slamon.ports import Notification
    from slamon.ports.event import Ending, Event, EventTicket, encode_event

    now = datetime.now(UTC).replace(microsecond=0)
    event = Event(
        key=f"test/{now:%Y%m%dT%H%M%SZ}",
        kind="test",
        tenant="test",
        stage="resolve",
        state="running",
        at=now,
        as_of=now,
        due_at=None,
        goal_seconds=None,
        elapsed_seconds=0,
        remaining_seconds=None,
        deadline_version=0,
        ticket=EventTicket(id=0, summary="No ticket: sent by `slamon test-channel`"),
        why=["somebody wants to see whether this channel works"],
    )
    note = Notification(
        key=f"{event.key}/{name}",
        tenant="",
        kind="test",
        channel=name,
        recipient=name,
        subject=SUBJECT,
        text=f"{SUBJECT}. There is nothing to do.\n",
        html="",
        data=encode_event(event),
        message_id=message_id(event.key, name, "slamon.invalid"),
        created_at=now,
        attempts=1,
    )
    over = structs.replace(event, ended=Ending(at=now, because="test"))
    ended_id = message_id(f"{event.key}/ended", name, "slamon.invalid")
    ended = replace(note, key=f"{note.key}/ended", kind="ended", data=encode_event(over), message_id=ended_id)
    return [note, ended]
