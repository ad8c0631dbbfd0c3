"""Evaluate: read the clocks of the tickets that may have changed, and keep what did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.history import Step, TermsTable, build_histories, build_terms_table
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.reading import Reading, same_reading
from slamon.core.transition import Change, Transition, transitions, was_told, was_watched
from slamon.errors import HistoryError
from slamon.log import get_logger
from slamon.ports import HistoryRow, Notification, Observer, Store

log = get_logger(__name__)

Announce = Callable[[Sequence[tuple[Transition, Reading]]], Sequence[Notification]]


CHUNK = 5000  # tickets a transaction: what is held at a time


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The tickets that were read, and how many transitions are new by (stage, change)."""

    ids: Sequence[int]
    new: Counter[tuple[int, str]]


class Evaluator:
    """Reads one tenant's clocks. Compiled calendars are kept by version, so each is built once.

    *calendars* are used for their versions whatever the store holds.
    """

    def __init__(
        self,
        tenant: str,
        store: Store,
        observer: Observer,
        *,
        calendars: Mapping[str, BusinessCalendar] | None = None,
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._observer = observer
        self._calendars = dict(calendars or {})

    def evaluate(self, now: datetime, announce: Announce, held: Collection[int] = ()) -> Evaluated:
        """Read what is due at *now*, and store what changed with its notifications, chunk by chunk.

        The tickets *held* stay due: they are read another time.
        """
        ids = sorted(self._store.load_due_ids(self._tenant, now).difference(held))
        new: Counter[tuple[int, str]] = Counter()
        for begin in range(0, len(ids), CHUNK):
            new += self._evaluate(ids[begin : begin + CHUNK], now, announce)
        return Evaluated(ids, new)

    def _evaluate(self, ids: Sequence[int], now: datetime, announce: Announce) -> Counter[tuple[int, str]]:
        position = self._store.load_position(self._tenant)
        rows = self._load(ids)
        after = self._read(rows, now)
        # ConnectWise's clock may be ahead of ours: what it dates in our future is read when it has come.
        ahead = {i: at for i, own in rows.items() if (at := _first_after(own, to_epoch(now))) is not None}
        before = self._store.load_readings(self._tenant, ids)
        told = [(t, reading) for reading in after for t in transitions(before.get(reading.ticket_id), reading)]
        found = {reading.ticket_id: reading.next_change_at for reading in after}
        for transition, _ in told:
            if transition.change is Change.BREACHED and was_watched(before.get(transition.ticket_id), transition):
                lag = max(0.0, (now - transition.at).total_seconds())
                self._observer.observe("slamon_detection_lag_seconds", lag, stage=transition.stage.label)
        return self._store.save_evaluation(
            self._tenant,
            now=now,
            evaluated={i: _earlier(found.get(i), ahead.get(i)) for i in ids},
            readings=[r for r in after if r.ticket_id not in before or not same_reading(before[r.ticket_id], r)],
            transitions=[transition for transition, _ in told],
            notifications=announce([(t, r) for t, r in told if not was_told(before.get(t.ticket_id), t)]),
            position=position,
        )

    def read(self, ids: Iterable[int], as_of: datetime) -> list[Reading]:
        """Return the readings of tickets at *as_of*; those without a usable history are counted and left out."""
        return self._read(self._load(ids), as_of)

    def _load(self, ids: Iterable[int]) -> dict[int, list[HistoryRow]]:
        rows: dict[int, list[HistoryRow]] = defaultdict(list)
        for row in self._store.load_history(self._tenant, list(ids)):
            rows[row.ticket_id].append(row)
        return rows

    def _read(self, rows: Mapping[int, Sequence[HistoryRow]], as_of: datetime) -> list[Reading]:
        table, calendars = self._terms({r.terms for own in rows.values() for r in own if r.terms is not None})
        index = {version: place for place, version in enumerate(table.versions)}
        tickets: list[tuple[int, int | None, Sequence[Step]]] = []
        maps: list[str] = []
        moment = to_epoch(as_of)
        for ticket_id, own in rows.items():
            try:
                start, steps, _ = steps_of(ticket_id, [EventRow(r.at, r.kind, r.level, r.terms) for r in own], index)
            except HistoryError as error:
                log.warning("ticket not read", tenant=self._tenant, ticket=ticket_id, error=str(error))
                self._observer.count("slamon_rows_rejected_total", tenant=self._tenant, reason="bad_history")
                continue
            if steps[0].at <= moment:
                tickets.append((ticket_id, start, steps))
                maps.append(_newest_map(own, moment))
        if not tickets:
            return []
        return read_clocks(build_histories(table, tickets), calendars, moment).values(status_maps=maps)

    def _terms(self, versions: set[str]) -> tuple[TermsTable, list[BusinessCalendar]]:
        terms = self._store.load_terms(versions)
        named = list(dict.fromkeys(t.calendar for t in terms.values()))
        unknown = [version for version in named if version not in self._calendars]
        for version, rules in self._store.load_calendars(unknown).items():
            self._calendars[version] = BusinessCalendar(rules)
        return build_terms_table(terms, named), [self._calendars[version] for version in named]


def _newest_map(rows: Sequence[HistoryRow], moment: int) -> str:
    """Return the version of the map by which the newest status up to *moment* was judged, '' if it is not known."""
    return next((row.status_map for row in reversed(rows) if row.status_map and row.at <= moment), "")


def _first_after(rows: Sequence[HistoryRow], moment: int) -> datetime | None:
    return next((from_epoch(row.at) for row in rows if row.at > moment), None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
