"""The canary's way: computed, told, put into the outbox; then what became of it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from slamon.core.canary import break_canary
from slamon.core.instants import format_instant
from slamon.mail import message_id
from slamon.ports import Notification, Store
from slamon.reporting.context import CanaryMail
from slamon.reporting.render import Renderer

KIND = "canary"
TENANT = "~canary"  # no tenant can be called so
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary on its way, of the period that began at `period_at`. `ours`: no other daemon released it."""

    key: str
    period_at: datetime
    released_at: datetime
    ours: bool


def period_of(now: datetime, every: timedelta) -> datetime:
    """Return when the period began that holds *now*: the same for every daemon."""
    return datetime.fromtimestamp(now.timestamp() // every.total_seconds() * every.total_seconds(), UTC)


def release(
    store: Store,
    renderer: Renderer,
    *,
    recipient: str,
    domain: str,
    now: datetime,
    every: timedelta,
    after: datetime | None = None,
) -> Canary:
    """Put this period's canary into the outbox, once whoever does it; those that never arrived are given up.

    *after* is the newest period in which the caller saw one fly.

    Raises:
        WrongCanaryError: The clock does not see its breach.
    """
    began_at = period_of(now, every)
    period = format_instant(began_at)
    breach = break_canary(now)
    key = f"canary/{period}"
    if after is not None and began_at <= after:
        key += f"/{format_instant(now)}"  # the clock was set back: that period's canary has flown before
    rendered = renderer.render_canary(CanaryMail(period, breach.at, every))
    note = Notification(
        key=key,
        tenant=TENANT,
        kind=KIND,
        recipient=recipient,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=message_id(key, recipient, domain),
        created_at=now,
    )
    store.retire_canaries(began_at, keep=KEPT)
    return Canary(key, began_at, now, store.enqueue([note]) == 1)


def arrived_at(store: Store, canary: Canary) -> datetime | None:
    """Return when the mail server accepted *canary*; None while it has not."""
    return store.load_sent_at(TENANT, canary.key)
