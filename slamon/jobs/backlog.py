"""Backlog: many alerts that wait for one recipient become one digest, which says how each goal stands by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from slamon.core.alert_key import AlertKey, parse_alert_key
from slamon.core.reading import Reading
from slamon.core.ticket import Ticket
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.notice import notice
from slamon.jobs.sight import read_sight
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.ports import Notification, Store, Unobserved
from slamon.reporting.digest import Digest, DigestRow, stands
from slamon.reporting.render import Renderer

log = get_logger(__name__)

AT_MOST = 200  # alerts in a digest: mail programs cut longer ones
Alert = tuple[AlertKey, Notification]


@dataclass(frozen=True, slots=True)
class Backlogs:
    """Makes digests where more than `above` alerts wait for a recipient; 0 makes none. `domain` is for Message-IDs."""

    store: Store
    renderer: Renderer
    tenants: Mapping[str, TenantSettings]
    zone: Callable[[str], ZoneInfo]
    domain: str
    above: int

    def find(self, channel: str) -> list[tuple[str, str]]:
        """Return the (tenant, recipient) whose alerts are to be merged; a tenant we do not know is left alone."""
        found = self.store.find_backlogs(channel, self.above) if self.above else []
        return [(tenant, recipient) for tenant, recipient in found if tenant in self.tenants]

    def merge(self, channel: str, tenant: str, recipient: str, now: datetime) -> int:
        """Merge what waits; return how many digests were made. What another daemon took meanwhile stays as it is."""
        waiting = self.store.load_backlog(channel, tenant, recipient)
        alerts = [(key, note) for note in waiting if (key := parse_alert_key(note.key)) is not None]
        chunks = [alerts[begin : begin + AT_MOST] for begin in range(0, len(alerts), AT_MOST)]
        return sum(self._merge(chunk, now) for chunk in chunks if len(chunk) > 1)

    def _merge(self, alerts: Sequence[Alert], now: datetime) -> bool:
        ids = [note.id for _, note in alerts if note.id is not None]
        digest = self.digest_of(alerts, self.describe(alerts, now), now)
        merged = self.store.merge_backlog(digest, ids, now)
        if merged:
            log.warning("alerts merged into a digest", key=digest.key, recipient=digest.recipient, alerts=len(ids))
        return merged

    def digest_of(self, alerts: Sequence[Alert], digest: Digest, now: datetime) -> Notification:
        """Return the message that says *digest* in place of *alerts*."""
        first, last = alerts[0][1], alerts[-1][1]
        rendered = self.renderer.render("digest", digest=digest)
        event = f"{first.tenant}/digest/{first.id}-{last.id}"
        return notice(
            rendered,
            event,
            first.recipient,
            self.domain,
            tenant=first.tenant,
            kind="digest",
            now=now,
            channel=first.channel,
        )

    def describe(self, alerts: Sequence[Alert], now: datetime) -> Digest:
        """Return what the digest of *alerts* says at *now*."""
        tenant = alerts[0][1].tenant
        sight = read_sight(self.store, tenant, now, self.tenants[tenant].pace)
        as_of = sight.blind_since or now
        ids = {key.ticket_id for key, _ in alerts}
        read = Evaluator(tenant, self.store, Unobserved()).read(ids, as_of)
        readings = {reading.ticket_id: reading for reading in read}
        tickets = self.store.load_tickets(tenant, ids)
        goals = groupby(sorted(alerts, key=_goal_of), key=lambda alert: _goal_of(alert)[:3])
        rows = [self._row(list(told), tickets, readings) for _, told in goals]
        return Digest(
            tenant=tenant,
            since=min(note.created_at for _, note in alerts),
            as_of=as_of,
            alerts=len(alerts),
            rows=tuple(sorted(rows, key=lambda row: row.urgency)),
            zone=self.zone(tenant),
            is_blind=sight.is_blind,
        )

    def _row(self, told: Sequence[Alert], tickets: Mapping[int, Ticket], readings: Mapping[int, Reading]) -> DigestRow:
        key, last = told[-1]
        ticket = tickets.get(key.ticket_id)
        state, seconds, due_at = stands(key, readings.get(key.ticket_id))
        first_recipient = key.recipient.partition("/")[0]
        return DigestRow(
            ticket_id=key.ticket_id,
            stage=key.stage,
            now=state,
            seconds=seconds,
            subject=last.subject,
            told_at=told[0][1].created_at,
            due_at=due_at,
            ticket=ticket,
            ticket_url=self.tenants[key.tenant].way_to(ticket) if ticket else "",
            meant_for="" if first_recipient == last.recipient else first_recipient,
        )


def _goal_of(alert: Alert) -> tuple[int, int, int, int]:
    key, note = alert
    return key.ticket_id, int(key.stage), key.version, note.id or 0
