"""`slamon test-mail ADDRESS`: send one mail, to see that mail works."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.config.models import Mail
    from slamon.ports import Notification


@click.command("test-mail")
@click.argument("address")
def test_mail(address: str) -> None:
    """Send a test mail to ADDRESS with the settings of [mail]."""
    from slamon import log
    from slamon.errors import DeliveryUnknownError, SlamonError

    log.configure("error", "text", sys.stderr)  # says if a template of the site's failed
    context = click.get_current_context()
    settings = context.obj.config.mail
    if settings is None:
        click.echo("mail: not configured; add a [mail] section with host and sender to slamon.toml", err=True)
        context.exit(2)
    try:
        send(settings, address)
    except DeliveryUnknownError as error:
        click.echo(f"the test mail may have been sent; the server did not say: {error}", err=True)
        context.exit(error.exit_status)
    except SlamonError as error:
        click.echo(f"no mail was sent: {error}", err=True)
        context.exit(error.exit_status)
    click.echo(f"{settings.host}:{settings.port} accepted a test mail to {address}")


def send(settings: Mail, address: str) -> None:
    """
    Deliver the test mail with *settings*, the configuration's [mail].

    Raises:
        DeliveryError: The server did not accept it, or *address* is none.
        ConfigError: The settings cannot be used.
    """
    from slamon.wiring import open_mailer

    open_mailer(settings).deliver(compose(settings, address))


def compose(settings: Mail, address: str) -> Notification:
    """Return the test mail to *address*, rendered."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from slamon import __version__
    from slamon.mail import message_id, parse_address
    from slamon.ports import Notification
    from slamon.reporting.context import TrialMail
    from slamon.wiring import open_renderer

    now = datetime.now(UTC)
    key = f"test-mail/{now.isoformat()}"
    server = f"{settings.host}:{settings.port}"
    trial = TrialMail(address, settings.sender, server, settings.security, now, ZoneInfo("UTC"), __version__)
    mail = open_renderer(settings.templates).render_test(trial)
    return Notification(
        key=key,
        tenant="",
        kind="canary",
        recipient=address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=message_id(key, address, parse_address(settings.sender).domain),
        created_at=now,
    )
