"""Readings, transitions, and when to look again, in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from slamon.core.reading import Reading
from slamon.core.transition import Transition
from slamon.ports import Notification, OpenColumns, RungRecord, Tracked, TransitionRecord
from slamon.store import alerts, evaluations, open_columns, outbox, outcomes, tickets
from slamon.store.sql.base import SqlPart


class SqlClockStore(SqlPart):
    """The ClockStore of `slamon.ports`."""

    def load_position(self, tenant: str) -> int:
        """Return the number of the tenant's newest event. Ask before loading what is to be evaluated."""
        with self._database.reading() as connection:
            return tickets.load_position(connection, tenant)

    def load_due_ids(self, tenant: str, now: datetime) -> set[int]:
        with self._database.reading() as connection:
            return tickets.load_due_ids(connection, tenant, now)

    def load_next_change(self, tenant: str) -> datetime | None:
        with self._database.reading() as connection:
            return tickets.load_next_change(connection, tenant)

    def load_readings(self, tenant: str, ids: Collection[int]) -> dict[int, Reading]:
        with self._database.reading() as connection:
            return evaluations.load_readings(connection, tenant, ids)

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

    def load_open_columns(self, tenant: str) -> OpenColumns:
        with self._database.reading() as connection:
            return open_columns.load_open_columns(connection, tenant)

    def load_open_columns_of(self, tenant: str, ids: Collection[int]) -> OpenColumns:
        with self._database.reading() as connection:
            return open_columns.load_open_columns_of(connection, tenant, ids)

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
        rungs: Sequence[RungRecord] = (),
        position: int | None = None,
    ) -> Counter[tuple[int, str]]:
        """Store what an evaluation found; return how many transitions are new, by (stage, change).

        Saved twice, it is stored once.

        *position* is what `load_position` said before the histories were loaded: tickets
        with events after it stay due, since a poll wrote them meanwhile.
        """
        with self._database.writing(tenant) as connection:
            evaluations.save_readings(connection, tenant, readings)
            outcomes.save_outcomes(connection, tenant, readings)
            new = evaluations.save_transitions(connection, tenant, now, transitions)
            evaluations.save_clocks(connection, tenant, evaluated, readings, position)
            if rungs:
                alerts.save_rungs(connection, tenant, rungs)
            outbox.enqueue(connection, notifications)
        return new

    def load_transitions(self, tenant: str, since: datetime, until: datetime) -> list[TransitionRecord]:
        with self._database.reading() as connection:
            return evaluations.load_transitions(connection, tenant, since, until)

    def count_transitions(self, tenant: str) -> dict[tuple[int, str], int]:
        with self._database.reading() as connection:
            return evaluations.count_transitions(connection, tenant)
