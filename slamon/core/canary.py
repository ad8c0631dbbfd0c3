"""The canary: a made-up ticket whose breach is known beforehand, kept under a tenant that no settings can name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.rules import DAY_SECONDS, CalendarRules, Window
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.core.versions import version_of

TENANT = "~canary"
GOAL = timedelta(minutes=1)
CALENDAR = CalendarRules("canary", "UTC", ((Window(0, DAY_SECONDS),),) * 7)
TERMS = Terms("canary", version_of(CALENDAR), resolve_seconds=int(GOAL.total_seconds()))
VERSIONS = (version_of(TERMS), version_of(CALENDAR))
_NAME = Ref(1, "slamon canary")


class WrongCanaryError(Exception):
    """What is stored of the canary is not what must be; the message says what it is."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A ticket with its history: it entered at `entered_at`, and its only goal broke at `broke_at`."""

    ticket: Ticket
    events: tuple[Event, ...]
    entered_at: datetime
    broke_at: datetime


def make_up(number: int, now: datetime) -> MadeUp:
    """Return a ticket that entered so long ago that its goal broke at the second before *now*."""
    broke_at = now - timedelta(seconds=1)
    entered_at = broke_at - GOAL
    ticket = Ticket(
        id=number,
        summary="Clock, database, outbox and mail work. There is nothing to do.",
        board=_NAME,
        status=Ref(1, "Made up"),
        entered_at=entered_at,
        last_updated_at=entered_at,
        company=_NAME,
    )
    begin = (number, Kind.ENTERED, entered_at, entered_at, Origin.CONNECTWISE)
    promise = (number, Kind.TERMS, entered_at, entered_at, Origin.SETTINGS)
    events = (
        Event(*begin, id=1, name=ticket.status.name, level=Level.NOT_RESPONDED),
        Event(*promise, name="a made-up promise", terms=VERSIONS[0]),
    )
    return MadeUp(ticket, events, entered_at, broke_at)


def check_canary(made: MadeUp, reading: Reading | None, found: Iterable[Transition]) -> None:
    """Raise a WrongCanaryError unless its newest *reading* is breached, and *found*, all it went through, is that."""
    if reading is None or reading.stage(Stage.RESOLVE).breached_at != made.broke_at:
        raise WrongCanaryError(f"no reading of the canary is stored in which it broke at {made.broke_at:%H:%M:%S}")
    told = [(each.stage, each.change, each.at) for each in found]
    if told != [(Stage.RESOLVE, Change.BREACHED, made.broke_at)]:
        shown = ", ".join(f"{stage.label} {change} at {at:%H:%M:%S}" for stage, change, at in told) or "nothing"
        raise WrongCanaryError(f"stored of the canary: {shown}, not its one breach at {made.broke_at:%H:%M:%S}")
