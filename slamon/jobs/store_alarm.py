"""The alarm past the outbox: operators are told that nothing can be stored, in mails that cannot be stored either."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.core.instants import format_instant
from slamon.errors import DeliveryError, DeliveryUnknownError, SlamonError, StoreError
from slamon.jobs.blindness import AHEAD, MOST, find_due
from slamon.jobs.notice import notice
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.ports import Channel, Notification, Observer, Store
from slamon.reporting.context import DueRow, StoredMail, UnstoredMail
from slamon.reporting.render import Renderer
from slamon.seldom import Seldom

log = get_logger(__name__)

COMPLAIN_SECONDS = 300.0  # of real time between two lines in the log that say the same


@dataclass(frozen=True, slots=True)
class Unstored:
    """A tenant of which nothing can be stored, and why; `seen_at` is when its last poll that worked began."""

    settings: TenantSettings
    zone: ZoneInfo
    seen_at: datetime | None
    reason: str


@dataclass(slots=True)
class Outage:
    """A time in which nothing could be stored. `since` is what was stored last, and names the outage."""

    began_at: datetime
    since: datetime
    tenants: tuple[Unstored, ...]
    waiting: list[Notification] | None = None  # None: nobody is to be told yet

    def recipients(self) -> dict[str, list[Unstored]]:
        """Return who is to be told, of which tenants."""
        found: dict[str, list[Unstored]] = {}
        for each in self.tenants:
            for operator in each.settings.operators:
                found.setdefault(operator, []).append(each)
        return found


@dataclass(slots=True)
class StoreAlarm:
    """Tells the operators, once for each outage, a step each look. *domain* is the sender's, *host* this machine.

    An outage is told of once it has lasted for the patience of one of its tenants. What is not accepted is tried
    again with the next look, under the same Message-ID; that all is well again goes through the outbox.
    """

    channel: Channel
    store: Store
    renderer: Renderer
    observer: Observer
    domain: str
    host: str
    stopping: threading.Event
    _outage: Outage | None = None
    _may_complain: Seldom = field(default_factory=lambda: Seldom(COMPLAIN_SECONDS))

    def take_over(self, before: StoreAlarm | None) -> None:
        """Go on where *before* stopped, as after a reload."""
        if before is not None:
            self._outage = before._outage

    def look(self, tenants: Sequence[Unstored], now: datetime) -> None:
        """Take notice of the *tenants* of which nothing can be stored: none, if all is well."""
        if not tenants:
            self._end(now)
            return
        if self._outage is None:
            since = max((each.seen_at for each in tenants if each.seen_at is not None), default=now)
            self._outage = Outage(now, since, tuple(tenants))
        outage = self._outage
        if outage.waiting is None and now - outage.began_at >= _patience(tenants):
            outage.tenants = tuple(tenants)
            outage.waiting = [self._bad_news(outage, *told, now) for told in outage.recipients().items()]
            if outage.waiting:
                log.error(
                    "operators are told past the outbox", since=format_instant(outage.since), mails=len(outage.waiting)
                )
        outage.waiting = outage.waiting and [left for note in outage.waiting for left in self._deliver(note)]

    def _end(self, now: datetime) -> None:
        """Let those who were told, or were about to be, know that it is over."""
        outage = self._outage
        if outage is not None and outage.waiting is not None:
            notes = [self._good_news(outage, *told, now) for told in outage.recipients().items()]
            try:
                self.store.enqueue(notes)
            except StoreError:  # it is not over
                return
        self._outage = None
        self._may_complain.reset()

    def _deliver(self, note: Notification) -> Iterable[Notification]:
        """Yield the message again if it is still to be accepted."""
        if self.stopping.is_set():
            return [note]
        try:
            with self.channel.session() as session:
                session.deliver(note, lambda: None)
        except DeliveryUnknownError as error:
            return self._failed(replace(note, unsure=note.unsure + 1), error, "ambiguous")
        except DeliveryError as error:
            return self._failed(note, error, "rejected" if error.permanent else "retry")
        self._count(note, "sent")
        return ()

    def _failed(self, note: Notification, error: SlamonError, result: str) -> Iterable[Notification]:
        self._count(note, result)
        if result == "rejected" or self._may_complain():
            log.error("operator not told", recipient=note.recipient, error=str(error), result=result)
        return () if result == "rejected" else (note,)

    def _count(self, note: Notification, result: str) -> None:
        self.observer.count("slamon_notifications_total", channel="mail", kind=note.kind, result=result)

    # --- what they are told

    def _bad_news(self, outage: Outage, operator: str, tenants: Sequence[Unstored], now: datetime) -> Notification:
        until = now + AHEAD
        goals = self._due(tenants, outage.since, until)
        mail = UnstoredMail(
            tenants=tuple(each.settings.name for each in tenants),
            host=self.host,
            since=outage.since,
            zone=tenants[0].zone,
            reason=tenants[0].reason,
            goals=None if goals is None else tuple(goals[:MOST]),
            goal_count=len(goals or ()),
            until=until,
        )
        return self._note("unstored", outage, operator, tenants, now, mail)

    def _good_news(self, outage: Outage, operator: str, tenants: Sequence[Unstored], now: datetime) -> Notification:
        names = tuple(each.settings.name for each in tenants)
        mail = StoredMail(names, self.host, outage.since, now, tenants[0].zone)
        return self._note("stored", outage, operator, tenants, now, mail)

    def _due(self, tenants: Sequence[Unstored], since: datetime, until: datetime) -> list[DueRow] | None:
        """Return the goals that pass their deadline by *until*; None if they cannot be read either."""
        try:
            found = [row for each in tenants for row in find_due(self.store, each.settings, since, until)]
        except StoreError:
            return None
        return sorted(found, key=lambda row: (row.due_at, row.ticket.id))

    def _note(
        self,
        kind: str,
        outage: Outage,
        operator: str,
        tenants: Sequence[Unstored],
        now: datetime,
        mail: UnstoredMail | StoredMail,
    ) -> Notification:
        rendered = self.renderer.render(kind, mail=mail)
        event = f"{self.host}/{kind}/{format_instant(outage.since)}"
        return notice(rendered, event, operator, self.domain, tenant=tenants[0].settings.name, kind=kind, now=now)


def _patience(tenants: Sequence[Unstored]) -> timedelta:
    return min(each.settings.pace.patience(timedelta(0)) for each in tenants)
