"""Calendars of a document: each distinct one is read, checked and compiled once."""

from __future__ import annotations

import json
from collections.abc import Mapping

from slamon.core.calendar import BusinessCalendar, check_opens
from slamon.core.instants import format_instant, from_epoch
from slamon.core.rules_document import rules_from_document
from slamon.errors import CalendarError, NeverDueError
from slamon.evaluate.fields import Case, CaseError, check_keys, instant, required, seconds

OPS = ("add", "between", "next_open")
_KEYS = {
    "add": {"id", "op", "calendar", "start", "amount_seconds"},
    "between": {"id", "op", "calendar", "start", "end"},
    "next_open": {"id", "op", "calendar", "start"},
}


class Calendars:
    """The calendars met so far, by their document."""

    def __init__(self) -> None:
        self._known: dict[str, BusinessCalendar | CalendarError] = {}

    def get(self, document: object, at: int) -> tuple[str, BusinessCalendar]:
        """Return (key, calendar) of *document*; it must open within ten years of *at*.

        Raises:
            CaseError: The document is not a calendar, or it never opens.
        """
        key = json.dumps(document, sort_keys=True)
        if key not in self._known:
            try:
                self._known[key] = BusinessCalendar(rules_from_document(_name(document), document))
            except CalendarError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, CalendarError):
            raise CaseError(str(known))
        try:
            check_opens(known, at)
        except CalendarError as error:
            raise CaseError(str(error)) from None
        return key, known


def answer_calendar(case: Case, calendars: Calendars) -> str | int:
    """Answer a case with an `op`: an instant in UTC, or open seconds.

    Raises:
        CaseError: The case is not of its form, or the calendar holds no such hour.
    """
    op = case["op"]
    if op not in OPS:
        raise CaseError(f"op: {op!r} is unknown; known are {', '.join(OPS)}")
    check_keys(case, _KEYS[op])
    start = instant(case, "start")
    end = instant(case, "end") if op == "between" else start
    if end < start:
        raise CaseError("end: lies before start")
    _, calendar = calendars.get(required(case, "calendar"), start)
    try:
        if op == "between":
            return calendar.elapsed(start, end)
        if op == "next_open":
            return format_instant(from_epoch(calendar.next_open(start)))
        amount = seconds(required(case, "amount_seconds"), "amount_seconds")
        return format_instant(from_epoch(calendar.due_at(start, min(amount, 2**40))))
    except NeverDueError as error:
        raise CaseError(str(error)) from None


def _name(document: object) -> str:
    zone = document.get("timezone") if isinstance(document, Mapping) else None
    return f"in {zone}" if isinstance(zone, str) and zone else "of the case"
