"""Blindness: people are told once that slamon does not see a tenant, what may break, and when it sees again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from slamon.core.instants import format_instant, from_epoch, to_epoch
from slamon.core.reading import OPEN_VERDICTS
from slamon.core.sight import Outlook, Pace, Sight
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change
from slamon.jobs.notice import notice
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.ports import NEVER, Store
from slamon.reporting.context import BlindMail, DueRow, SightedMail
from slamon.reporting.render import Rendered, Renderer

AHEAD = timedelta(hours=1)  # deadlines within so long are told of
MOST = 20  # of them by name


class SightTeller:
    """Makes the notifications of one tenant's blindness. *domain* is the sender's, for Message-IDs."""

    def __init__(
        self, settings: TenantSettings, state: TenantState, store: Store, renderer: Renderer, *, domain: str, pace: Pace
    ) -> None:
        self._settings = settings
        self._state = state
        self._store = store
        self._renderer = renderer
        self._domain = domain
        self._pace = pace

    def tell(self, sight: Sight) -> int:
        """Put into the outbox what *sight*, after a poll, is news of; return how many messages are new.

        Stored before the outage is marked as told, under keys of their own: a crash or a second daemon repeats nothing.
        """
        if not self._settings.operators:
            return 0
        return self._tell_seen(sight) if sight.is_up else self._tell_blind(sight) if sight.is_blind else 0

    def _tell_blind(self, sight: Sight) -> int:
        since = sight.blind_since or self._started_at(sight)
        if since is None or self._is_done("blind", since):
            return 0
        last = self._store.load_last_poll(self._settings.name)
        until = sight.as_of + AHEAD
        goals = sorted(find_due(self._store, self._settings, since, until), key=lambda row: (row.due_at, row.ticket.id))
        mail = BlindMail(
            tenant=self._settings.name,
            since=since,
            now=sight.as_of,
            zone=self._state.zone(self._settings),
            never_seen=sight.outlook is Outlook.UNSEEN,
            reason="" if last is None else last.error,
            goals=tuple(goals[:MOST]),
            goal_count=len(goals),
            ticket_count=len({row.ticket.id for row in goals}),
            until=until,
        )
        return self._put("blind", since, sight.as_of, self._renderer.render("blind", mail=mail))

    def _tell_seen(self, sight: Sight) -> int:
        told = [datetime.fromisoformat(period) for period, _ in self._store.load_runs(self._job("blind"))]
        since = max(told, default=None)
        if since is None or sight.seen_at is None or self._is_done("sighted", since):
            return 0
        records = self._store.load_transitions(self._settings.name, sight.seen_at, sight.as_of + timedelta(seconds=1))
        broke = [r for r in records if r.transition.change is Change.BREACHED and r.transition.at < sight.seen_at]
        zone = self._state.zone(self._settings)
        mail = SightedMail(self._settings.name, since, sight.seen_at, zone, len(broke))
        return self._put("sighted", since, sight.as_of, self._renderer.render("sighted", mail=mail))

    def _started_at(self, sight: Sight) -> datetime | None:
        """Return since when a tenant that was never seen is watched, once it should have been."""
        watched = dict(self._store.load_runs("watch")).get(self._settings.name)
        late = watched is not None and sight.as_of - watched > self._pace.patience(timedelta(0))
        return watched if late else None

    def _job(self, kind: str) -> str:
        return f"{kind}/{self._settings.name}"

    def _is_done(self, kind: str, since: datetime) -> bool:
        return any(period == format_instant(since) for period, _ in self._store.load_runs(self._job(kind)))

    def _put(self, kind: str, since: datetime, now: datetime, rendered: Rendered) -> int:
        period = format_instant(since)
        event = f"{self._settings.name}/{kind}/{period}"
        notes = [
            notice(rendered, event, recipient, self._domain, tenant=self._settings.name, kind=kind, now=now)
            for recipient in self._settings.operators
        ]
        fresh = self._store.enqueue(notes)
        self._store.claim_run(self._job(kind), period, now)
        return fresh


def find_due(store: Store, settings: TenantSettings, since: datetime, until: datetime) -> Iterator[DueRow]:
    """Yield a tenant's goals that pass their deadline in [since, until], as far as was known at *since*."""
    goals = list(_due_goals(store, settings.name, to_epoch(since), to_epoch(until)))
    tickets = store.load_tickets(settings.name, {ticket_id for ticket_id, _, _ in goals})
    for ticket_id, stage, due_at in goals:
        if ticket_id in tickets:  # else it was pruned meanwhile
            yield DueRow(tickets[ticket_id], stage, from_epoch(due_at), settings.way_to(tickets[ticket_id]))


def _due_goals(store: Store, tenant: str, since: int, until: int) -> Iterator[tuple[int, Stage, int]]:
    columns = store.load_open_columns(tenant)
    if not len(columns.ids):
        return
    is_open = np.array([[verdict in OPEN_VERDICTS for verdict in look.verdicts] for look in columns.looks])
    is_kept = is_open[columns.look] & (columns.breached_at == NEVER)
    for place, stage in np.argwhere(is_kept & (since <= columns.due_at) & (columns.due_at <= until)).tolist():
        yield int(columns.ids[place]), STAGES[stage], int(columns.due_at[place, stage])
