"""Notifications, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from slamon.ports import Notification, OutboxRow, OutboxState, Settled, Told
from slamon.store import backlog, canaries, opening, outbox, outbox_desk
from slamon.store.sql.base import SqlPart


class SqlOutboxStore(SqlPart):
    """The OutboxStore of `slamon.ports`."""

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

    def mark_sent(self, note: Notification, now: datetime, remark: str = "") -> None:
        with self._database.writing() as connection:
            outbox.mark_sent(connection, note, now, remark)

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

    def load_standing(self, *, tenant: str = "", channel: str = "") -> list[Notification]:
        with self._database.reading() as connection:
            return outbox.load_standing(connection, tenant, channel)

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

    def load_heard(self, tenant: str, ticket_id: int, about: str) -> list[Notification]:
        with self._database.reading() as connection:
            return outbox_desk.load_heard(connection, tenant, ticket_id, about)

    def find_openings(self, channel: str, now: datetime) -> list[tuple[str, str]]:
        with self._database.reading() as connection:
            return opening.find(connection, channel, now)

    def load_opening(self, channel: str, tenant: str, recipient: str, now: datetime) -> list[Notification]:
        with self._database.reading() as connection:
            return opening.load(connection, channel, tenant, recipient, now)

    def settle_opening(self, settled: Settled, now: datetime) -> bool:
        with self._database.writing() as connection, connection.begin_nested() as attempt:
            done = opening.settle(connection, settled, now)
            if not done:
                attempt.rollback()
        return done

    def load_outbox(self, states: Collection[str], limit: int) -> list[OutboxRow]:
        with self._database.reading() as connection:
            return outbox_desk.load_rows(connection, states, limit)

    def load_told(self, tenant: str, ticket_id: int, limit: int) -> list[Told]:
        with self._database.reading() as connection:
            return outbox_desk.load_told(connection, tenant, ticket_id, limit)

    def release_notifications(self, ids: Sequence[int]) -> list[int]:
        with self._database.writing() as connection:
            return outbox_desk.release(connection, ids)

    def drop_notifications(self, ids: Sequence[int], now: datetime) -> list[int]:
        with self._database.writing() as connection:
            return outbox_desk.drop(connection, ids, now)
