"""Evaluate: read the clocks of the tickets that may have changed, and keep what did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slamon.core.calendar import BusinessCalendar
from slamon.core.climb import Climb, Passed, find_climbs
from slamon.core.clock import read_clocks
from slamon.core.history import Histories, Step, TermsTable, build_histories, build_terms_table
from slamon.core.instants import from_epoch, to_epoch
from slamon.core.ladder import Ladder, Ladders
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.reading import Reading, same_reading
from slamon.core.transition import Change, Transition, transitions, was_told, was_watched
from slamon.errors import HistoryError
from slamon.log import get_logger
from slamon.ports import HistoryRow, Notification, Observer, RungRecord, Store

log = get_logger(__name__)

Announce = Callable[[Sequence[tuple[Transition, Reading]]], Sequence[Notification]]


class TellMarks(Protocol):
    """Decides what becomes of marks newly passed, and makes the messages that tell of them."""

    def __call__(
        self, fresh: Sequence[Fresh], before: Mapping[int, Reading], told: Collection[Transition], now: datetime
    ) -> tuple[Sequence[Notification], Sequence[RungRecord]]: ...


@dataclass(frozen=True, slots=True)
class Fresh:
    """A mark that was not seen to be passed before, with the reading that shows it and the promise's ladder.

    `renumbered`: it was, of the same deadline under another number.
    """

    passed: Passed
    reading: Reading
    policy: str
    ladder: Ladder
    renumbered: bool = False


CHUNK = 5000  # tickets a transaction: what is held at a time


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The tickets that were read, and how many transitions are new by (stage, change)."""

    ids: Sequence[int]
    new: Counter[tuple[int, str]]


class Evaluator:
    """Reads one tenant's clocks. Compiled calendars are kept by version, so each is built once.

    *calendars* are used for their versions whatever the store holds. Where *ladders* have
    marks, a ticket is looked at again when its next one comes, and *tell_marks* is told.
    """

    def __init__(
        self,
        tenant: str,
        store: Store,
        observer: Observer,
        *,
        calendars: Mapping[str, BusinessCalendar] | None = None,
        ladders: Ladders | None = None,
        tell_marks: TellMarks | None = None,
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._observer = observer
        self._calendars = dict(calendars or {})
        self._ladders = ladders or None
        self._tell_marks = tell_marks
        self._policies: dict[str, str] = {}  # by version of terms

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
        after, climbs = self._read(rows, now)
        # ConnectWise's clock may be ahead of ours: what it dates in our future is read when it has come.
        ahead = {i: at for i, own in rows.items() if (at := _first_after(own, to_epoch(now))) is not None}
        before = self._store.load_readings(self._tenant, ids)
        told = [(t, reading) for reading in after for t in transitions(before.get(reading.ticket_id), reading)]
        happened = [transition for transition, _ in told]
        fresh = self._fresh(climbs, after, before)
        notes, rungs = self._tell_marks(fresh, before, happened, now) if fresh and self._tell_marks else ((), ())
        self._observe_lags(now, before, happened, fresh)
        found = {reading.ticket_id: reading.next_change_at for reading in after}
        marks = {ticket_id: climb.next_at for ticket_id, climb in climbs.items()}
        return self._store.save_evaluation(
            self._tenant,
            now=now,
            evaluated={i: _earliest(found.get(i), ahead.get(i), marks.get(i)) for i in ids},
            readings=[r for r in after if r.ticket_id not in before or not same_reading(before[r.ticket_id], r)],
            transitions=happened,
            notifications=[*announce([(t, r) for t, r in told if not was_told(before.get(t.ticket_id), t)]), *notes],
            rungs=rungs,
            position=position,
        )

    def _observe_lags(
        self, now: datetime, before: Mapping[int, Reading], happened: Iterable[Transition], fresh: Iterable[Fresh]
    ) -> None:
        watched = [t for t in happened if t.change is Change.BREACHED and was_watched(before.get(t.ticket_id), t)]
        marks = [one.passed for one in fresh if one.passed.ticket_id in before]
        lags = [(what.stage, what.at) for what in watched] + [(what.stage, what.at) for what in marks]
        for stage, at in lags:
            lag = max(0.0, (now - at).total_seconds())
            self._observer.observe("slamon_detection_lag_seconds", lag, stage=stage.label)

    def find_unseen(self, ids: Collection[int], now: datetime) -> frozenset[int]:
        """Return those of the tickets *ids* that have passed a mark by *now* which nobody has seen them pass."""
        if self._ladders is None or not ids:
            return frozenset()
        after, climbs = self._read(self._load(ids), now)
        return frozenset(one.passed.ticket_id for one in self._fresh(climbs, after, {}))

    def _fresh(
        self, climbs: Mapping[int, Climb], after: Iterable[Reading], before: Mapping[int, Reading]
    ) -> list[Fresh]:
        known = self._store.load_marks(self._tenant, [i for i, climb in climbs.items() if climb.passed])
        now = {reading.ticket_id: reading for reading in after}
        return [
            Fresh(
                passed,
                now[ticket_id],
                self._policies[now[ticket_id].terms],
                climb.ladder,
                renumbered=_is_renumbered(passed, before.get(ticket_id), now[ticket_id], known),
            )
            for ticket_id, climb in climbs.items()
            for passed in climb.passed
            if passed.key not in known
        ]

    def read(self, ids: Iterable[int], as_of: datetime) -> list[Reading]:
        """Return the readings of tickets at *as_of*; those without a usable history are counted and left out."""
        return self._read(self._load(ids), as_of)[0]

    def reread(
        self, ids: Iterable[int], now: datetime, added: Mapping[int, HistoryRow]
    ) -> tuple[list[Reading], dict[int, datetime | None]]:
        """Return the readings of tickets at *now* with a row *added* to each one's history, and when to look again."""
        rows = self._load(ids)
        for ticket_id, own in rows.items():
            own.append(added[ticket_id])
        found = self._read(rows, now)[0]
        ahead = {ticket_id: _first_after(own, to_epoch(now)) for ticket_id, own in rows.items()}
        return found, {each.ticket_id: _earliest(each.next_change_at, ahead[each.ticket_id]) for each in found}

    def _load(self, ids: Iterable[int]) -> dict[int, list[HistoryRow]]:
        rows: dict[int, list[HistoryRow]] = defaultdict(list)
        for row in self._store.load_history(self._tenant, list(ids)):
            rows[row.ticket_id].append(row)
        return rows

    def _read(
        self, rows: Mapping[int, Sequence[HistoryRow]], as_of: datetime
    ) -> tuple[list[Reading], Mapping[int, Climb]]:
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
            return [], {}
        histories = build_histories(table, tickets)
        readings = read_clocks(histories, calendars, moment).values(status_maps=maps)
        return readings, self._climbs(histories, calendars, moment)

    def _climbs(self, histories: Histories, calendars: Sequence[BusinessCalendar], moment: int) -> Mapping[int, Climb]:
        if self._ladders is None:
            return {}
        own = [self._ladders.of(self._policies[version]) for version in histories.table.versions]
        return find_climbs(histories, calendars, own, moment)

    def _terms(self, versions: set[str]) -> tuple[TermsTable, list[BusinessCalendar]]:
        terms = self._store.load_terms(versions)
        self._policies.update({version: one.policy for version, one in terms.items()})
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


def _is_renumbered(
    passed: Passed, before: Reading | None, now: Reading, known: Collection[tuple[int, int, int, str]]
) -> bool:
    """Say whether the mark is known of the same deadline: a history told anew may give it another number."""
    if before is None:
        return False
    goal, was = now.stage(passed.stage), before.stage(passed.stage)
    stays = was.goal_seconds == goal.goal_seconds and was.at_risk_at == goal.at_risk_at
    return stays and (passed.ticket_id, passed.stage, was.version, passed.mark) in known


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
