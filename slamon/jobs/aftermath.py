"""Aftermath: what happened between a backup and its restore is told in one mail, not once more in many.

The daemon that wrote what the restore took away has mailed most of it. Which of it, nobody knows
any more: so it is found again from ConnectWise, kept, and told together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slamon.core.instants import format_instant, parse_instant
from slamon.core.transition import Change, Transition
from slamon.jobs.notice import notice
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.log import get_logger
from slamon.ports import RESTORED, Notification, Poll, Store, TransitionRecord
from slamon.reporting.render import Renderer
from slamon.reporting.restored import RestoredMail, RestoredRow

log = get_logger(__name__)

TOLD_OF = "restored/told"
LONGEST_WAIT = timedelta(hours=1)  # for audit trails that are still to be read; then what is known is told


@dataclass(frozen=True, slots=True)
class Restoration:
    """A backup made at `made_at` was restored at `restored_at`: the database knows nothing of what is between."""

    made_at: datetime
    restored_at: datetime


class Aftermath:
    """What is left to be told to one tenant's recipients since the last restore. *domain* is for Message-IDs."""

    def __init__(
        self, settings: TenantSettings, state: TenantState, store: Store, renderer: Renderer, *, domain: str
    ) -> None:
        self._settings = settings
        self._state = state
        self._store = store
        self._renderer = renderer
        self._domain = domain
        self._open = find_untold_restoration(store, settings.name)

    def keeps(self, transition: Transition) -> bool:
        """Say whether *transition* is for the one mail instead of a mail of its own."""
        return self._open is not None and transition.at < self._open.restored_at

    @property
    def news_since(self) -> datetime | None:
        """Since when what happens is news again, while the one mail is still to be made; None: it is not."""
        return self._open.restored_at if self._open is not None else None

    def settle(self, poll: Poll) -> int:
        """Put the one mail into the outbox once *poll* has brought back what was lost; return how many are new.

        The mails are stored before it is noted that they are, under keys that
        exist once: a crash in between repeats nothing and loses nothing.
        """
        restoration = self._open
        if restoration is None or not self._is_known(poll, restoration):
            return 0
        fresh = self._store.enqueue(self._mails(restoration, poll.finished_at))
        self._store.claim_run(TOLD_OF, _period(self._settings.name, restoration), poll.finished_at)
        self._open = None
        log.info("told what happened between backup and restore", tenant=self._settings.name, mails=fresh)
        return fresh

    def _is_known(self, poll: Poll, restoration: Restoration) -> bool:
        if poll.result == "failed" or poll.started_at < restoration.restored_at:
            return False
        waited = poll.started_at - restoration.restored_at > LONGEST_WAIT
        return waited or not self._store.count_unread_trails(self._settings.name)

    def _mails(self, restoration: Restoration, now: datetime) -> list[Notification]:
        tenant = self._settings.name
        # What this poll found was seen after it ended; nothing is seen later than that yet.
        seen = self._store.load_transitions(tenant, restoration.restored_at, now + timedelta(days=1))
        rows = _rows(seen, restoration, self._settings)
        held = tuple(self._store.load_held(tenant, restoration.restored_at))
        if not rows and not held:
            return []
        mail = RestoredMail(
            tenant, restoration.made_at, restoration.restored_at, rows, held, self._state.zone(self._settings)
        )
        rendered = self._renderer.render("restored", mail=mail)
        event = f"{tenant}/restored/{format_instant(restoration.restored_at)}"
        return [
            notice(rendered, event, recipient, self._domain, tenant=tenant, kind="restored", now=now)
            for recipient in self._settings.recipients
        ]


def find_untold_restoration(store: Store, tenant: str) -> Restoration | None:
    """Return the last restore, unless *tenant*'s recipients have been told of it."""
    runs = store.load_runs(RESTORED)
    if not runs:
        return None
    made_at, restored_at = runs[0]
    restoration = Restoration(parse_instant(made_at), restored_at)
    told = {period for period, _ in store.load_runs(TOLD_OF)}
    return None if _period(tenant, restoration) in told else restoration


def _period(tenant: str, restoration: Restoration) -> str:
    return f"{tenant}/{format_instant(restoration.restored_at)}"


def _rows(
    seen: Sequence[TransitionRecord], restoration: Restoration, settings: TenantSettings
) -> tuple[RestoredRow, ...]:
    """Return one row a goal that broke or came near it before the restore: breaches first, each by when it was."""
    rows: dict[tuple[int, int], RestoredRow] = {}
    for record in seen:
        found = record.transition
        if found.at >= restoration.restored_at or found.change not in (Change.BREACHED, Change.NEAR_BREACH):
            continue
        key = (found.ticket_id, int(found.stage))
        row = RestoredRow(
            record.ticket, found.stage, found.change is Change.BREACHED, found.at, settings.way_to(record.ticket)
        )
        if key not in rows or row.broke:
            rows[key] = row
    return tuple(sorted(rows.values(), key=lambda row: (not row.broke, row.at, row.ticket.id)))
