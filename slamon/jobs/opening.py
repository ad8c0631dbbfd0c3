"""Opening: when quiet hours or a snooze end, what waited is looked at, and what is still true is told, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from slamon.core.alert_key import parse_alert_key
from slamon.core.intervention import Intervention, standing
from slamon.core.transition import Change
from slamon.jobs.backlog import Alert, Backlogs
from slamon.log import get_logger
from slamon.ports import Notification, Settled
from slamon.reporting.digest import DigestRow

log = get_logger(__name__)
Goal = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Openings:
    """Decides what becomes of messages that have waited long enough; `merges`: people read the channel, as a digest."""

    backlogs: Backlogs
    merges: bool

    def open(self, channel: str, now: datetime) -> int:
        """Settle what has waited until *now*; return for how many recipients."""
        found = self.backlogs.store.find_openings(channel, now)
        return sum(self._open(channel, tenant, recipient, now) for tenant, recipient in found)

    def _open(self, channel: str, tenant: str, recipient: str, now: datetime) -> bool:
        waited = self.backlogs.store.load_opening(channel, tenant, recipient, now)
        settled = self._settle(tenant, waited, now)
        done = self.backlogs.store.settle_opening(settled, now)
        if done:
            told = len(settled.merged) + len(settled.let_go)
            log.info("quiet hours ended", recipient=recipient, told=told, overtaken=len(settled.overtaken))
        return done

    def _settle(self, tenant: str, waited: Sequence[Notification], now: datetime) -> Settled:
        alerts = [(key, note) for note in waited if (key := parse_alert_key(note.key)) is not None]
        if tenant not in self.backlogs.tenants or not alerts:
            return Settled(let_go=_ids(waited))
        others = {note.id for note in waited} - {note.id for _, note in alerts}
        described = self.backlogs.describe(alerts, now)
        said = self.backlogs.store.load_interventions(tenant, {key.ticket_id for key, _ in alerts})
        rows = {_goal_of_row(row, alerts): row for row in described.rows if row.is_true}
        true = [alert for alert in alerts if _goal(alert) in rows and not _is_silenced(alert, said, now)]
        overtaken = [note for alert in alerts for note in (alert[1],) if alert not in true]
        free = tuple(number for number in others if number is not None)
        if not self.merges or not true:
            return Settled(overtaken=_ids(overtaken), let_go=(*free, *_ids([note for _, note in true])))
        kept = {_goal(alert) for alert in true}
        digest = replace(
            described, rows=tuple(rows[goal] for goal in rows if goal in kept), alerts=len(true), quiet=True
        )
        ids = _ids([note for _, note in true])
        return Settled(
            overtaken=_ids(overtaken), let_go=free, merged=ids, digest=self.backlogs.digest_of(true, digest, now)
        )


def _is_silenced(alert: Alert, said: Mapping[int, Sequence[Intervention]], now: datetime) -> bool:
    """Say whether somebody has taken the goal on meanwhile, or excused it; a breach is told all the same."""
    key, _ = alert
    holds = standing(said.get(key.ticket_id, ()), key.stage, key.version, now)
    is_breach = key.change is Change.BREACHED and not key.mark
    return holds.exempt is not None or (holds.ack is not None and not is_breach)


def _goal(alert: Alert) -> Goal:
    key, _ = alert
    return key.ticket_id, int(key.stage), key.version


def _goal_of_row(row: DigestRow, alerts: Sequence[Alert]) -> Goal:
    """Return the goal that *row* tells of: of two versions only the one that stands is still true."""
    versions = [key.version for key, _ in alerts if key.ticket_id == row.ticket_id and key.stage is row.stage]
    return row.ticket_id, int(row.stage), max(versions)


def _ids(notes: Sequence[Notification]) -> tuple[int, ...]:
    return tuple(note.id for note in notes if note.id is not None)
