"""SqlStore: the Store of `slamon.ports` on SQLite or Postgres. One method, one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap
from slamon.core.ticket import Event, Ticket
from slamon.core.transition import Transition
from slamon.ports import (
    HistoryRow,
    Lease,
    Notification,
    OldKind,
    OldRows,
    OpenRow,
    OutboxRow,
    OutboxState,
    Poll,
    Tracked,
    TransitionRecord,
    UnreadTrail,
    Versions,
    Watcher,
)
from slamon.store import backlog, canaries, evaluations, leases, months, outbox, outbox_desk, polls, retention, tickets
from slamon.store import versions as contents
from slamon.store.database import Database
from slamon.store.digest import StoreDigest, read_digest


class SqlStore:
    """Everything slamon keeps. Blocking, and safe to use from several threads; `migrate.open_store` makes one.

    Every method may raise a StoreUnavailableError (the same call may succeed later) or a StoreError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """Where it is: the URL without its password."""
        return self._database.name

    def held_by(self, lease_of: Callable[[str], Lease]) -> SqlStore:
        """Return this store, in which what is written of a tenant is written only while its lease holds."""
        return SqlStore(leases.FencedDatabase(self._database, lease_of))

    def close(self) -> None:
        self._database.close()

    # --- polls, tickets and events

    def load_watermark(self, tenant: str) -> datetime | None:
        with self._database.reading() as connection:
            return polls.load_watermark(connection, tenant)

    def load_last_poll(self, tenant: str, *, successful: bool = False, until: datetime | None = None) -> Poll | None:
        with self._database.reading() as connection:
            return polls.load_last_poll(connection, tenant, successful=successful, until=until)

    def load_good_polls(self, tenant: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        with self._database.reading() as connection:
            return polls.load_good_polls(connection, tenant, since, until)

    def save_poll(
        self,
        poll: Poll,
        tickets: Sequence[Ticket] = (),
        events: Sequence[Event] = (),
        *,
        trails: Sequence[UnreadTrail] = (),
        trails_read: Collection[int] = (),
        versions: Versions | None = None,
    ) -> None:
        """Store tickets that changed and their new events, which make them due; the poll's record as it is now.

        A poll is known by its tenant and when it began. Saved twice, it is stored once.
        """
        with self._database.writing(poll.tenant) as connection:
            if versions is not None and versions.terms:
                contents.save_versions(connection, versions.terms, versions.calendars)
            polls.save_poll(connection, poll, tickets, events)
            polls.save_trails(connection, poll.tenant, trails, trails_read)

    def load_unread_trails(self, tenant: str, now: datetime, limit: int) -> list[UnreadTrail]:
        with self._database.reading() as connection:
            return polls.load_unread_trails(connection, tenant, now, limit)

    def count_unread_trails(self, tenant: str) -> int:
        with self._database.reading() as connection:
            return polls.count_unread_trails(connection, tenant)

    def load_tickets(self, tenant: str, ids: Collection[int]) -> dict[int, Ticket]:
        with self._database.reading() as connection:
            return tickets.load_tickets(connection, tenant, ids)

    def load_open_ids(self, tenant: str) -> set[int]:
        with self._database.reading() as connection:
            return tickets.load_open_ids(connection, tenant)

    def load_open_marks(self, tenant: str) -> dict[int, int]:
        with self._database.reading() as connection:
            return tickets.load_open_marks(connection, tenant)

    def load_open_tickets(self, tenant: str, *, after: int, limit: int) -> list[Ticket]:
        with self._database.reading() as connection:
            return tickets.load_open_tickets(connection, tenant, after, limit)

    def load_due_ids(self, tenant: str, now: datetime) -> set[int]:
        with self._database.reading() as connection:
            return tickets.load_due_ids(connection, tenant, now)

    def load_next_change(self, tenant: str) -> datetime | None:
        with self._database.reading() as connection:
            return tickets.load_next_change(connection, tenant)

    def load_events(self, tenant: str, ticket_id: int) -> list[Event]:
        with self._database.reading() as connection:
            return tickets.load_events(connection, tenant, [ticket_id])[ticket_id]

    def load_events_of(self, tenant: str, ids: Collection[int]) -> dict[int, list[Event]]:
        with self._database.reading() as connection:
            return tickets.load_events(connection, tenant, ids)

    def load_history(self, tenant: str, ids: Collection[int]) -> list[HistoryRow]:
        with self._database.reading() as connection:
            return tickets.load_history(connection, tenant, ids)

    def load_position(self, tenant: str) -> int:
        """Return the number of the tenant's newest event. Ask before loading what is to be evaluated."""
        with self._database.reading() as connection:
            return tickets.load_position(connection, tenant)

    # --- evaluations

    def load_readings(self, tenant: str, ids: Collection[int]) -> dict[int, Reading]:
        with self._database.reading() as connection:
            return evaluations.load_readings(connection, tenant, ids)

    def load_tenants(self) -> list[str]:
        """Return the tenants that have tickets."""
        with self._database.reading() as connection:
            return tickets.load_tenants(connection)

    def load_standing_ids(self, tenant: str, as_of: datetime) -> list[int]:
        """Return the tickets whose stored reading stands at *as_of*: no event came since, no instant of change."""
        with self._database.reading() as connection:
            return tickets.load_standing_ids(connection, tenant, as_of)

    def load_readings_at(self, tenant: str, at: datetime) -> list[Reading]:
        with self._database.reading() as connection:
            return evaluations.load_readings_at(connection, tenant, at)

    def load_first_reading_at(self, tenant: str) -> datetime | None:
        with self._database.reading() as connection:
            return evaluations.load_first_reading_at(connection, tenant)

    def load_open_rows(self, tenant: str, *, after: int, limit: int) -> list[OpenRow]:
        with self._database.reading() as connection:
            return evaluations.load_open_rows(connection, tenant, after, limit)

    def load_open_rows_of(self, tenant: str, ids: Collection[int]) -> list[OpenRow]:
        with self._database.reading() as connection:
            return evaluations.load_open_rows_of(connection, tenant, ids)

    def pick_open(self, tenant: str, now: datetime, share: float) -> int | None:
        with self._database.reading() as connection:
            return evaluations.pick_open(connection, tenant, now, share)

    def load_open(self, tenant: str) -> list[Tracked]:
        with self._database.reading() as connection:
            return evaluations.load_open(connection, tenant)

    def save_evaluation(
        self,
        tenant: str,
        *,
        now: datetime,
        evaluated: Mapping[int, datetime | None],
        readings: Sequence[Reading],
        transitions: Sequence[Transition],
        notifications: Sequence[Notification],
        position: int | None = None,
    ) -> Counter[tuple[int, str]]:
        """Store what an evaluation found; return how many transitions are new, by (stage, change).

        Saved twice, it is stored once.

        *position* is what `load_position` said before the histories were loaded: tickets
        with events after it stay due, since a poll wrote them meanwhile.
        """
        with self._database.writing(tenant) as connection:
            evaluations.save_readings(connection, tenant, readings)
            new = evaluations.save_transitions(connection, tenant, now, transitions)
            evaluations.save_clocks(connection, tenant, evaluated, readings, position)
            outbox.enqueue(connection, notifications)
        return new

    def load_transitions(self, tenant: str, since: datetime, until: datetime) -> list[TransitionRecord]:
        with self._database.reading() as connection:
            return evaluations.load_transitions(connection, tenant, since, until)

    def count_transitions(self, tenant: str) -> dict[tuple[int, str], int]:
        with self._database.reading() as connection:
            return evaluations.count_transitions(connection, tenant)

    # --- the outbox

    def enqueue(self, notifications: Sequence[Notification]) -> int:
        with self._database.writing() as connection:
            return outbox.enqueue(connection, notifications)

    def settle_unknown(self, channel: str, *, hold: bool) -> list[Notification]:
        with self._database.writing() as connection:
            return outbox.settle_unknown(connection, channel, hold=hold)

    def claim_notification(
        self, channel: str, now: datetime, *, lease: timedelta, furthest: timedelta
    ) -> Notification | None:
        with self._database.writing() as connection:
            return outbox.claim(connection, channel, now, lease=lease, furthest=furthest)

    def mark_sending(self, note: Notification) -> bool:
        with self._database.writing() as connection:
            return outbox.mark_sending(connection, note)

    def mark_sent(self, note: Notification, now: datetime) -> None:
        with self._database.writing() as connection:
            outbox.mark_sent(connection, note, now)

    def mark_failed(
        self,
        note: Notification,
        now: datetime,
        *,
        error: str,
        retry_at: datetime | None,
        instead: Notification | None = None,
    ) -> None:
        with self._database.writing() as connection:
            outbox.mark_failed(connection, note, now, error=error, retry_at=retry_at, instead=instead)

    def mark_unknown(self, note: Notification, *, error: str, retry_at: datetime | None) -> None:
        with self._database.writing() as connection:
            outbox.mark_unknown(connection, note, error=error, retry_at=retry_at)

    def put_back(self, note: Notification) -> None:
        with self._database.writing() as connection:
            outbox.put_back(connection, note)

    def load_sent_at(self, tenant: str, ticket_id: int) -> datetime | None:
        with self._database.reading() as connection:
            return canaries.load_sent_at(connection, tenant, ticket_id)

    def retire_canaries(self, before: datetime, *, keep: timedelta) -> None:
        with self._database.writing() as connection:
            canaries.retire(connection, before, keep)

    def forget_canaries(self, *, but: int | None = None) -> None:
        with self._database.writing() as connection:
            canaries.forget(connection, but)

    def load_held(self, tenant: str, restored_at: datetime) -> list[str]:
        with self._database.reading() as connection:
            return outbox.load_held(connection, tenant, restored_at)

    def outbox_state(self, channel: str | None = None) -> OutboxState:
        with self._database.reading() as connection:
            return outbox.load_state(connection, channel)

    def find_backlogs(self, channel: str, more_than: int) -> list[tuple[str, str]]:
        with self._database.reading() as connection:
            return backlog.find_backlogs(connection, channel, more_than)

    def load_backlog(self, channel: str, tenant: str, recipient: str) -> list[Notification]:
        with self._database.reading() as connection:
            return backlog.load_backlog(connection, channel, tenant, recipient)

    def merge_backlog(self, digest: Notification, ids: Sequence[int], now: datetime) -> bool:
        with self._database.writing() as connection, connection.begin_nested() as attempt:
            merged = backlog.merge(connection, digest, ids, now)
            if not merged:
                attempt.rollback()
        return merged

    def load_outbox(self, states: Collection[str], limit: int) -> list[OutboxRow]:
        with self._database.reading() as connection:
            return outbox_desk.load_rows(connection, states, limit)

    def release_notifications(self, ids: Sequence[int]) -> list[int]:
        with self._database.writing() as connection:
            return outbox_desk.release(connection, ids)

    def drop_notifications(self, ids: Sequence[int], now: datetime) -> list[int]:
        with self._database.writing() as connection:
            return outbox_desk.drop(connection, ids, now)

    # --- versions and runs

    def save_versions(self, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None:
        with self._database.writing() as connection:
            contents.save_versions(connection, terms, calendars)

    def save_reference(self, version: str, reference: Reference) -> None:
        with self._database.writing() as connection:
            contents.save_reference(connection, version, reference)

    def save_status_map(self, version: str, status_map: StatusMap) -> None:
        with self._database.writing() as connection:
            contents.save_status_map(connection, version, status_map)

    def load_status_maps(self, versions: Collection[str]) -> dict[str, StatusMap]:
        with self._database.reading() as connection:
            return contents.load_status_maps(connection, versions)

    def load_reference(self, version: str) -> Reference | None:
        with self._database.reading() as connection:
            return contents.load_reference(connection, version)

    def load_terms(self, versions: Collection[str]) -> dict[str, Terms]:
        with self._database.reading() as connection:
            return contents.load_terms(connection, versions)

    def find_calendars(self, name: str) -> list[tuple[str, CalendarRules, datetime]]:
        with self._database.reading() as connection:
            return contents.find_calendars(connection, name)

    def name_calendars(self) -> list[str]:
        with self._database.reading() as connection:
            return contents.name_calendars(connection)

    def load_calendars(self, versions: Collection[str]) -> dict[str, CalendarRules]:
        with self._database.reading() as connection:
            return contents.load_calendars(connection, versions)

    def claim_run(self, job: str, period: str, now: datetime) -> bool:
        with self._database.writing() as connection:
            return contents.claim_run(connection, job, period, now)

    def load_runs(self, job: str) -> list[tuple[str, datetime]]:
        with self._database.reading() as connection:
            return contents.load_runs(connection, job)

    # --- leases

    def take_lease(self, tenant: str, holder: str, seconds: int, is_gone: Callable[[str], bool]) -> Lease | None:
        with self._database.writing() as connection:
            return leases.take(connection, tenant, holder, seconds, is_gone)

    def renew_leases(self, holder: str, seconds: Mapping[str, int], held: Mapping[str, Lease]) -> set[str]:
        with self._database.writing() as connection:
            return leases.renew(connection, holder, seconds, held)

    def release_lease(self, lease: Lease) -> None:
        with self._database.writing() as connection:
            leases.release(connection, lease)

    def leave(self, holder: str) -> None:
        with self._database.writing() as connection:
            leases.leave(connection, holder)

    def load_watchers(self) -> list[Watcher]:
        with self._database.reading() as connection:
            return leases.load_watchers(connection)

    def load_holder(self, tenant: str) -> str | None:
        with self._database.reading() as connection:
            return leases.load_holder(connection, tenant)

    # --- retention

    def measure_old(self, before: Mapping[OldKind, datetime]) -> list[OldRows]:
        with self._database.reading() as connection:
            return retention.measure(connection, before)

    def prune(self, kind: OldKind, before: datetime) -> Iterator[int]:
        return retention.prune(self._database, kind, before)

    def prepare_months(self, now: datetime) -> int:
        with self._database.reading() as connection:
            missing = months.missing_months(connection, now)
        for month in missing:
            with self._database.writing() as connection:
                months.make_month(connection, month)
        return len(missing)

    def drop_months(self, before: datetime) -> int:
        with self._database.reading() as connection:
            past = [month for month in months.load_months(connection) if month.ends_at <= before]
        gone = 0
        for month in past:
            with self._database.writing() as connection:
                gone += months.drop_month(connection, month)
        return gone

    def vacuum(self) -> None:
        """Give the space of deleted rows back to the file system. Nobody can write meanwhile. Postgres needs none."""
        if self._database.sqlite:
            self._database.vacuum()

    def digest(self) -> StoreDigest:
        """Return a hash over all stored history, the same on any database that holds the same."""
        with self._database.reading() as connection:
            return read_digest(connection)
