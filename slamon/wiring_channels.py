"""From [channel.NAME] to the channel it describes, and how its courier treats what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from slamon.config.channels import Alertmanager, Apprise, ConnectWise, HttpChannel, PagerDuty, Webhook, lasts
from slamon.config.values import is_loopback
from slamon.jobs.tenant import ChannelUse
from slamon.ports import Channel, Notification, WallTime
from slamon.reporting.redirect import redirect

if TYPE_CHECKING:
    from slamon.channels.http import HttpSender
    from slamon.config.models import Config
    from slamon.jobs.backlog import Backlogs
    from slamon.jobs.notify import DeliveryRules


def open_channel(settings: Webhook | Alertmanager | PagerDuty | Apprise, installation: str = "") -> Channel:
    """
    Return the channel that *settings* of that installation describe; nothing is sent yet.

    Raises:
        ConfigError: They name something that is not there.
    """
    if isinstance(settings, Webhook):
        from slamon.channels.webhook import WebhookChannel

        return WebhookChannel(_sender(settings, settings.url.get_secret_value()), settings.secret.get_secret_value())
    if isinstance(settings, PagerDuty):
        from slamon.channels.pagerduty import PagerDutyChannel

        sender = _sender(settings, settings.url.get_secret_value())
        return PagerDutyChannel(sender, settings.routing_key.get_secret_value(), installation)
    if isinstance(settings, Apprise):
        from slamon.channels.apprise import AppriseChannel

        return AppriseChannel(settings.url.get_secret_value(), settings.timeout_seconds)
    from slamon.channels.alertmanager import AlertmanagerChannel

    password = settings.password.get_secret_value() if settings.password else ""
    auth = (settings.username, password) if settings.username else None
    return AlertmanagerChannel(
        _sender(settings, settings.url.get_secret_value(), auth),
        lasts=timedelta(minutes=settings.lasts_minutes),
        labels=settings.labels,
    )


def _sender(settings: HttpChannel, url: str, auth: tuple[str, str] | None = None) -> HttpSender:
    """Return who posts to *url*. Who writes a loopback address down means it; a name that leads there says less."""
    from slamon.channels.http import HttpSender

    return HttpSender(
        url,
        timeout_seconds=settings.timeout_seconds,
        ca_file=settings.ca_file,
        allow_private=settings.allow_private or is_loopback(urlsplit(url).hostname or ""),
        auth=auth,
    )


GIVEN_UP_AFTER = timedelta(hours=48)  # as long as a message that is refused for now is tried


def channel_rules(
    config: Config, name: str, channel: Channel, wall: WallTime, backlogs: Callable[[int], Backlogs]
) -> DeliveryRules:
    """Return what to do with what *channel*, opened for [channel.NAME], does not take: it goes on as a mail.

    *backlogs* makes what merges alerts above a number: for channels that people read.
    """
    from slamon.channels.alertmanager import AlertmanagerChannel
    from slamon.jobs.notify import DeliveryRules, Refresh

    settings, fallback = config.channel[name], config.mail.fallback if config.mail else ""

    def as_mail(note: Notification, why: str) -> Notification | None:
        mail = None if note.kind == "ended" else redirect(note, fallback, why, wall.now())
        return None if mail is None else replace(mail, channel="mail", data="", stands=False)

    refresh = None
    if isinstance(settings, Alertmanager) and isinstance(channel, AlertmanagerChannel):
        refresh = Refresh(channel.refresh, settings.refresh_seconds)
    hold = isinstance(settings, Webhook | Apprise) and settings.on_ambiguous == "hold"
    merged = backlogs(settings.digest_above) if isinstance(settings, Apprise) else None
    return DeliveryRules(hold_unknown=hold, backlogs=merged, instead=as_mail, refresh=refresh, patience=GIVEN_UP_AFTER)


def channel_uses(config: Config, tenant: str) -> tuple[ChannelUse, ...]:
    """Return the channels that alerts of *tenant* are sent to, and those where what was sent must be ended."""
    return tuple(
        ChannelUse(
            name,
            kinds=frozenset(settings.alerts) if name in config.alerts.channels else frozenset(),
            lasts=lasts(settings),
        )
        for name, settings in config.channel.items()
        if not isinstance(settings, ConnectWise) or settings.tenant == tenant
    )
