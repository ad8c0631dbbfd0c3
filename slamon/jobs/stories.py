"""Stories: where the time of listed goals went, from the ledgers of their tickets, loaded together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from slamon.core.holding import NOT_KNOWN, read_holding
from slamon.core.instants import from_epoch
from slamon.core.ledger import Ledger, build_ledger, compiled_calendar
from slamon.core.policy import Terms
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Event, Kind, Stage
from slamon.errors import HistoryError
from slamon.ports import Store
from slamon.reports.lines import GoalKey, GoalLine
from slamon.reports.material import Story

CHUNK = 500  # tickets loaded together


@dataclass(frozen=True, slots=True)
class Wanted:
    """A goal whose story is wanted as of `at`, epoch seconds. It has to show `elapsed_seconds`; None: whatever."""

    key: GoalKey
    at: int
    elapsed_seconds: int | None = None


def wanted_of(lines: Iterable[GoalLine], until: int) -> list[Wanted]:
    """Return what is wanted for *lines*: a goal's story until it ended, an open one's until *until*."""
    return [
        Wanted(line.key, until) if line.ended_at is None else Wanted(line.key, line.ended_at, line.elapsed_seconds)
        for line in lines
    ]


def load_stories(store: Store, tenant: str, wanted: Sequence[Wanted]) -> dict[GoalKey, Story]:
    """Return the stories that add up to what is known of their goals; the others are not there.

    Events are not kept by when they were learnt. A history that was told anew since gives another sum, and no story.
    """
    chunks = (wanted[begin : begin + CHUNK] for begin in range(0, len(wanted), CHUNK))
    return dict(each for chunk in chunks for each in _load(store, tenant, chunk))


def _load(store: Store, tenant: str, wanted: Sequence[Wanted]) -> Iterator[tuple[GoalKey, Story]]:
    ids = {each.key.ticket_id for each in wanted}
    events = store.load_events_of(tenant, ids)
    tickets = store.load_tickets(tenant, ids)
    terms = store.load_terms({event.terms for own in events.values() for event in own if event.terms})
    calendars = store.load_calendars({each.calendar for each in terms.values()})
    for each in wanted:
        own, ticket = events.get(each.key.ticket_id), tickets.get(each.key.ticket_id)
        ledger = _ledger(own, terms, calendars, each) if own and ticket else None
        if ledger is not None and ticket is not None:
            holding = read_holding(ledger, compiled_calendar(ledger.calendar), _owner(ledger, own or (), ticket.owner))
            elapsed = ledger.reading.stage(Stage(each.key.stage)).elapsed_seconds
            yield each.key, Story(holding, elapsed, _changes(ledger, Stage(each.key.stage)))


def _ledger(
    events: Sequence[Event], terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules], wanted: Wanted
) -> Ledger | None:
    """Return the ledger at the wanted instant; None if it shows another goal than is known."""
    own = {version: terms[version] for event in events if (version := event.terms) is not None and version in terms}
    at = from_epoch(wanted.at)
    try:
        ledger = build_ledger(events, own, {t.calendar: calendars[t.calendar] for t in own.values()}, at)
    except (HistoryError, KeyError):
        return None
    shown = ledger.reading.cycle, ledger.reading.stage(Stage(wanted.key.stage)).elapsed_seconds
    is_known = wanted.elapsed_seconds is None or shown == (wanted.key.cycle, wanted.elapsed_seconds)
    return ledger if is_known else None


def _owner(ledger: Ledger, events: Sequence[Event], owner_now: str) -> str:
    """Return the owner after the ledger's events: not known where a later event tells of another."""
    later = any(event.kind is Kind.OWNER and event.at > ledger.reading.as_of for event in events)
    return NOT_KNOWN if later else owner_now


def _changes(ledger: Ledger, stage: Stage) -> int:
    """Return how often the promise of *stage* changed: its goal, or the calendar it is counted on."""
    promises = [ledger.promises[event.terms] for event in ledger.events if event.terms is not None]
    gists = [(promise.goal_seconds(stage), promise.calendar) for promise in promises]
    return sum(before != after for before, after in pairwise(gists))
