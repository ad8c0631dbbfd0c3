"""The messages of an alert: its mail, worded once, and one notification for each of those who are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slamon.core.alert_key import AlertKey
from slamon.core.reading import Reading
from slamon.core.sight import find_blind_spans
from slamon.core.transition import Change, Transition
from slamon.jobs.compose import compose_ticket_mail
from slamon.jobs.recipients import Recipient, Told
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.mail import made_of, message_id
from slamon.ports import Notification, Store
from slamon.ports.event import encode_event
from slamon.reporting.event import event_of
from slamon.reporting.render import Rendered, Renderer

MAIL = "mail"


class MessageMaker:
    """Words one tenant's alerts. *domain* is the sender's, for Message-IDs."""

    def __init__(
        self, settings: TenantSettings, state: TenantState, store: Store, renderer: Renderer, *, domain: str
    ) -> None:
        self._settings = settings
        self._state = state
        self._store = store
        self._renderer = renderer
        self._domain = domain

    def make(
        self,
        kind: str,
        transition: Transition,
        reading: Reading,
        told: Told,
        *,
        mark: str = "",
        notes: Sequence[str] = (),
    ) -> list[Notification]:
        """Return one notification of *kind* for each of those *told*; nothing if nobody is."""
        if not told.recipients:
            return []
        zone, blind = self._state.zone(self._settings), self._blind_span(transition.at, reading.as_of)
        mail = compose_ticket_mail(self._store, self._settings, zone, transition, reading, blind)
        mail = replace(mail, mark=mark, why_lines=(*notes, *told.notes, *mail.why_lines))
        rendered = self._renderer.render_ticket(mail)
        key = AlertKey(
            self._settings.name,
            transition.ticket_id,
            transition.stage,
            transition.change,
            transition.version,
            mark=mark,
        )
        data = encode_event(event_of(mail, key, threshold=mark))
        return [self._notification(kind, key, to, rendered, data, reading.as_of) for to in told.recipients]

    def _notification(
        self, kind: str, key: AlertKey, to: Recipient, rendered: Rendered, data: str, now: datetime
    ) -> Notification:
        """Return the message to one recipient: a mail has a page, a channel has data and may last until it is ended."""
        is_mail = to.channel == MAIL
        return Notification(
            key=str(replace(key, recipient=to.address)),
            tenant=key.tenant,
            kind=kind,
            channel=to.channel,
            recipient=to.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html if is_mail else "",
            data="" if is_mail else data,
            stands=not is_mail and any(use.lasts for use in self._settings.channels if use.name == to.channel),
            message_id=message_id(key.event, to.address, self._domain),
            created_at=now,
            ticket_id=key.ticket_id,
            not_before=to.not_before,
        )

    def _blind_span(self, happened_at: datetime, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the span in which the tenant was not seen, if that is why what *happened_at* is told only now."""
        pace = self._settings.pace
        if now - happened_at <= pace.poll_every:
            return None
        good = self._store.load_good_polls(self._settings.name, happened_at, now)
        spans = find_blind_spans(good, pace, good[0][0], now) if good else []
        return next(((begin, end) for begin, end in spans if begin <= happened_at < end), None)


def clear_of(told: Notification, change: Change, now: datetime, not_before: datetime | None) -> Notification:
    """Return the mail that tells whoever heard of a breach (*told*) that it is over, and why.

    Its key begins with its kind, so that nobody takes it for that of an alert.
    """
    why = _OVER[change]
    words = f"All clear ({why}): {told.subject}"
    return replace(
        made_of(told, f"all_clear/{told.key}", told.recipient, now),
        kind="all_clear",
        subject=words,
        text=f"{words}\n\nThe breach that you were told of is over: {why}. It stays on record and in reports.\n",
        html="",
        not_before=not_before,
    )


_OVER = {
    Change.MISSED: "the goal was reached, too late",
    Change.SUPERSEDED: "its deadline is another one now",
    Change.CANCELLED: "the ticket is no longer measured",
}
