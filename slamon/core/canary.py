"""The canary: a made-up ticket whose breach is known beforehand, read as every other ticket is."""

from __future__ import annotations

from datetime import datetime, timedelta

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.history import build_histories, build_terms_table
from slamon.core.instants import to_epoch
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.reading import Reading
from slamon.core.rules import DAY_SECONDS, CalendarRules, Window
from slamon.core.ticket import Kind, Level, Stage
from slamon.core.transition import Change, Transition, transitions

GOAL = timedelta(minutes=1)
_NUMBER = 1
_VERSION = "canary"
_RULES = CalendarRules("canary", "UTC", ((Window(0, DAY_SECONDS),),) * 7)


class WrongCanaryError(Exception):
    """The clock did not say what it must say of the canary; the message says what it said."""


def break_canary(now: datetime) -> Transition:
    """Return the breach of a ticket that entered so long ago that its goal broke at the second before *now*.

    Raises:
        WrongCanaryError: The clock says otherwise.
    """
    broke_at = now - timedelta(seconds=1)
    before, after = (_read(broke_at - GOAL, as_of) for as_of in (broke_at, now))
    found = transitions(before, after)
    told = [(each.stage, each.change, each.at) for each in found]
    if told != [(Stage.RESOLVE, Change.BREACHED, broke_at)]:
        raise WrongCanaryError(f"the clock says {told}, not one breach at {broke_at}")
    return found[0]


def _read(entered_at: datetime, as_of: datetime) -> Reading:
    terms = Terms("canary", _VERSION, resolve_seconds=int(GOAL.total_seconds()))
    table = build_terms_table({_VERSION: terms}, [_VERSION])
    moment = to_epoch(entered_at)
    rows = [
        EventRow(moment, Kind.ENTERED, Level.NOT_RESPONDED, None),
        EventRow(moment, Kind.TERMS, None, _VERSION),
    ]
    start, steps, _ = steps_of(_NUMBER, rows, {_VERSION: 0})
    histories = build_histories(table, [(_NUMBER, start, steps)])
    (reading,) = read_clocks(histories, [BusinessCalendar(_RULES)], to_epoch(as_of)).values()
    return reading
