"""Announce: which transitions people are told of, and the messages that tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slamon.core.alert_key import AlertKey
from slamon.core.reading import Reading
from slamon.core.sight import find_blind_spans
from slamon.core.transition import Change, Transition, was_watched
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.compose import compose_ticket_mail
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.mail import message_id
from slamon.ports import Notification, Store
from slamon.ports.event import Event, encode_event
from slamon.reporting.event import event_of
from slamon.reporting.render import Rendered, Renderer

TOLD = (Change.NEAR_BREACH, Change.BREACHED)


class Announcer:
    """Makes the notifications of one tenant's transitions. *domain* is the sender's, for Message-IDs.

    What happened before *watched_since* is history: it is kept and reported,
    but nobody is woken for it. On a goal that was measured before, it is
    news all the same: a new deadline may lie in the past, or a deadline at
    closing time break only when the next day has begun. What the
    *aftermath* of a restore tells together is not told one by one.
    """

    def __init__(
        self,
        settings: TenantSettings,
        state: TenantState,
        store: Store,
        renderer: Renderer,
        *,
        domain: str,
        watched_since: datetime,
        aftermath: Aftermath | None = None,
    ) -> None:
        self._settings = settings
        self._state = state
        self._store = store
        self._renderer = renderer
        self._domain = domain
        self._watched_since = watched_since
        self._aftermath = aftermath

    def begin_by(self, now: datetime) -> None:
        """Take back a beginning after *now*, an instant that ConnectWise's clock confirms: ours was wrong then."""
        if now < self._watched_since:
            self._store.set_back_run("watch", self._settings.name, now)
            self._watched_since = now

    def __call__(self, told: Sequence[tuple[Transition, Reading]]) -> list[Notification]:
        if not self._settings.recipients and not any(use.kinds for use in self._settings.channels):
            return []
        news = [(transition, reading) for transition, reading in told if transition.change in TOLD]
        if self._aftermath:
            news = [(transition, reading) for transition, reading in news if not self._aftermath.keeps(transition)]
        early = {transition.ticket_id for transition, _ in news if transition.at < self._watched_since}
        known = self._store.load_readings(self._settings.name, early) if early else {}
        return [
            note
            for transition, reading in news
            if transition.at >= self._watched_since or was_watched(known.get(transition.ticket_id), transition)
            for note in self._tell(transition, reading)
        ]

    def _tell(self, transition: Transition, reading: Reading) -> list[Notification]:
        tenant = self._settings.name
        zone = self._state.zone(self._settings)
        blind = self._blind_span(transition.at, reading.as_of)
        mail = compose_ticket_mail(self._store, self._settings, zone, transition, reading, blind)
        ticket = mail.ticket
        rendered = self._renderer.render_ticket(mail)
        key = AlertKey(tenant, ticket.id, transition.stage, transition.change, transition.version)
        mails = [
            Notification(
                key=str(replace(key, recipient=recipient)),
                tenant=tenant,
                kind=str(transition.change),
                recipient=recipient,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                message_id=message_id(key.event, recipient, self._domain),
                created_at=reading.as_of,
                ticket_id=ticket.id,
            )
            for recipient in self._settings.recipients
        ]
        return [*mails, *self._tell_channels(key, rendered, event_of(mail, key))]

    def _tell_channels(self, key: AlertKey, rendered: Rendered, event: Event) -> list[Notification]:
        """Return the same for the channels that take it: as data, and as text for those that show it."""
        uses = [use for use in self._settings.channels if event.kind in use.kinds]
        return [
            Notification(
                key=str(replace(key, recipient=use.name)),
                tenant=key.tenant,
                kind=event.kind,
                recipient=use.name,
                channel=use.name,
                subject=rendered.subject,
                text=rendered.text,
                html="",
                data=encode_event(event),
                stands=use.lasts,
                message_id=message_id(key.event, use.name, self._domain),
                created_at=event.as_of,
                ticket_id=key.ticket_id,
            )
            for use in uses
        ]

    def _blind_span(self, happened_at: datetime, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the span in which the tenant was not seen, if that is why what *happened_at* is told only now."""
        pace = self._settings.pace
        if now - happened_at <= pace.poll_every:
            return None
        good = self._store.load_good_polls(self._settings.name, happened_at, now)
        spans = find_blind_spans(good, pace, good[0][0], now) if good else []
        return next(((begin, end) for begin, end in spans if begin <= happened_at < end), None)
