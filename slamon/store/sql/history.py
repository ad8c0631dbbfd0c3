"""Polls, tickets and events, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from slamon.core.ticket import Event, Ticket
from slamon.ports import HistoryRow, Poll, UnreadTrail, Versions
from slamon.store import polls, tickets
from slamon.store import versions as contents
from slamon.store.sql.base import SqlPart


class SqlHistoryStore(SqlPart):
    """The HistoryStore of `slamon.ports`."""

    def load_watermark(self, tenant: str) -> datetime | None:
        with self._database.reading() as connection:
            return polls.load_watermark(connection, tenant)

    def load_last_poll(self, tenant: str, *, successful: bool = False, until: datetime | None = None) -> Poll | None:
        with self._database.reading() as connection:
            return polls.load_last_poll(connection, tenant, successful=successful, until=until)

    def load_good_polls(self, tenant: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        with self._database.reading() as connection:
            return polls.load_good_polls(connection, tenant, since, until)

    def save_blind_spans(self, tenant: str, spans: Sequence[tuple[datetime, datetime]]) -> None:
        with self._database.writing() as connection:
            polls.save_blind_spans(connection, tenant, spans)

    def load_blind_spans(self, tenant: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        with self._database.reading() as connection:
            return polls.load_blind_spans(connection, tenant, since, until)

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

    def load_events(self, tenant: str, ticket_id: int) -> list[Event]:
        with self._database.reading() as connection:
            return tickets.load_events(connection, tenant, [ticket_id])[ticket_id]

    def load_events_of(self, tenant: str, ids: Collection[int]) -> dict[int, list[Event]]:
        with self._database.reading() as connection:
            return tickets.load_events(connection, tenant, ids)

    def load_history(self, tenant: str, ids: Collection[int]) -> list[HistoryRow]:
        with self._database.reading() as connection:
            return tickets.load_history(connection, tenant, ids)

    def load_tenants(self) -> list[str]:
        """Return the tenants that have tickets."""
        with self._database.reading() as connection:
            return tickets.load_tenants(connection)
