"""Read a ledger document into plain values, and say everything that is not of its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from slamon.verify.calendar_form import read_calendar
from slamon.verify.values import (
    DAY,
    FormError,
    read_choice,
    read_flag,
    read_instant,
    read_list,
    read_table,
    read_text,
    read_whole,
    show,
    write_instant,
)
from slamon.verify.wall import Calendar

STAGES = ("respond", "plan", "resolve")
LEVEL_KINDS = ("entered", "status", "restored", "cancelled", "resolved")
_KEYS = ("format", "tenant", "ticket", "summary", "as_of", "calendar", "terms", "events")
_TOLD_KEYS = ("sight", "interventions", "marks")  # how fresh it is, what people said: nothing to derive them from
_DERIVED_KEYS = ("clock", "stages", "intervals", "digest")
_EVENT_KEYS = ("event", "kind", "at", "not_before", "origin", "id", "name", "level", "terms")
_OTHER_KINDS = (
    *("started", "priority", "sla", "board", "company", "agreement", "owner"),
    *("responded", "planned", "terms", "not_measured"),
)
_ORIGINS = ("connectwise", "audit", "poll", "settings")
_LEVELS = ("not_responded", "responded", "resolution_plan", "resolved", "waiting", "out_of_scope")
_CHANGES = ("same_start", "forward", "strictest")
_REOPENS = ("resume", "count", "new_cycle")
_FIRST, _LAST = -5_364_662_400, 32_503_680_000  # the years 1800 and 3000: dates can be reckoned well beyond both
_LONGEST_LIFE_SECONDS = 200 * 366 * DAY

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at` in epoch seconds, `number` as intervals name it."""

    number: int
    kind: str
    at: int
    name: str
    level: str | None
    terms: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the promise; `goals` are seconds for respond, plan, resolve."""

    policy: str
    calendar: str
    goals: tuple[int | None, ...]
    change: str
    reopen: str
    reopen_grace_seconds: int
    waiting_responds: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The facts of a ledger document, from which all the rest follows; `as_of` in epoch seconds."""

    as_of: int
    calendar: Calendar
    terms: dict[str, Terms]
    events: list[Event]

    @property
    def newest_terms(self) -> str:
        """The version in force at `as_of`; the first terms hold even before their time."""
        versions = [(event.at, event.terms) for event in self.events if event.kind == "terms" and event.terms]
        return [version for i, (at, version) in enumerate(versions) if not i or at <= self.as_of][-1]


def read_ledger(document: dict[str, Any]) -> tuple[Ledger | None, list[str]]:
    """Return the facts of *document*, None if they are not of the form, and what is wrong with it."""
    findings: list[str] = []

    def attempt(read: Callable[[Any, str], T], key: str) -> T | None:
        try:
            return read(document.get(key), key)
        except FormError as error:
            findings.append(str(error))
            return None

    try:
        read_table(document, "ledger", (*_KEYS, *_DERIVED_KEYS), _TOLD_KEYS)
        _read_labels(document)
    except FormError as error:
        findings.append(str(error))
    as_of = attempt(read_instant, "as_of")
    calendar = attempt(read_calendar, "calendar")
    terms = attempt(_read_all_terms, "terms")
    events = attempt(_read_events, "events")
    if findings or as_of is None or calendar is None or terms is None or events is None:
        return None, findings
    findings += _find_disorder(events, as_of) or _find_strangers(events, terms)
    if findings:
        return None, findings
    ledger = Ledger(as_of, calendar, terms, events)
    counted_on = terms[ledger.newest_terms].calendar
    if counted_on != calendar.version:
        findings.append(f"calendar.version: {show(calendar.version)}, expected {show(counted_on)} of the newest terms")
    return ledger, findings


def _read_labels(document: dict[str, Any]) -> None:
    if document["format"] != 1 or isinstance(document["format"], bool | float):
        raise FormError("format", document["format"], "1")
    read_text(document["summary"], "summary")
    for key in ("tenant", "ticket"):
        if not isinstance(document[key], str | int | None):
            raise FormError(key, document[key], "a name or number")


def _read_all_terms(value: object, place: str) -> dict[str, Terms]:
    if not isinstance(value, dict):
        raise FormError(place, value, "an object")
    return {version: _read_terms(one, f"{place}[{show(version)}]") for version, one in value.items()}


def _read_terms(value: object, place: str) -> Terms:
    goals = tuple(f"{stage}_seconds" for stage in STAGES)
    knobs = ("warn_percent", "warn_left_seconds", "change", "reopen", "reopen_grace_seconds", "waiting_responds")
    table = read_table(value, place, ("policy", "calendar", *goals, *knobs), ("stage_warns",))
    percent = table["warn_percent"]
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 <= percent <= 100:
        raise FormError(f"{place}.warn_percent", percent, "a number from 0 to 100")
    read_whole(table["warn_left_seconds"], f"{place}.warn_left_seconds")
    for number, pair in enumerate(read_list(table.get("stage_warns", []), f"{place}.stage_warns")):
        for seconds in read_list(pair, f"{place}.stage_warns[{number}]"):
            read_whole(seconds, f"{place}.stage_warns[{number}]", -1)
    return Terms(
        policy=read_text(table["policy"], f"{place}.policy"),
        calendar=read_text(table["calendar"], f"{place}.calendar"),
        goals=tuple(None if table[goal] is None else read_whole(table[goal], f"{place}.{goal}") for goal in goals),
        change=read_choice(table["change"], f"{place}.change", _CHANGES),
        reopen=read_choice(table["reopen"], f"{place}.reopen", _REOPENS),
        reopen_grace_seconds=read_whole(table["reopen_grace_seconds"], f"{place}.reopen_grace_seconds"),
        waiting_responds=read_flag(table["waiting_responds"], f"{place}.waiting_responds"),
    )


def _read_events(value: object, place: str) -> list[Event]:
    return [_read_event(one, f"{place}[{i}]") for i, one in enumerate(read_list(value, place))]


def _read_event(value: object, place: str) -> Event:
    table = read_table(value, place, _EVENT_KEYS)
    kind = read_choice(table["kind"], f"{place}.kind", (*LEVEL_KINDS, *_OTHER_KINDS))
    at = read_instant(table["at"], f"{place}.at")
    if read_instant(table["not_before"], f"{place}.not_before") > at:
        raise FormError(f"{place}.not_before", table["not_before"], f"no later than {table['at']}")
    read_choice(table["origin"], f"{place}.origin", _ORIGINS)
    if table["id"] is not None:
        read_whole(table["id"], f"{place}.id", least=-(2**53))
    level = None if table["level"] is None else read_choice(table["level"], f"{place}.level", _LEVELS)
    if level is None and kind in ("entered", "status"):
        raise FormError(f"{place}.level", level, f"a level, for the kind is {kind}")
    terms = None if table["terms"] is None else read_text(table["terms"], f"{place}.terms")
    if terms is None and kind == "terms":
        raise FormError(f"{place}.terms", terms, "a version, for the kind is terms")
    name = "" if table["name"] is None else read_text(table["name"], f"{place}.name")
    return Event(read_whole(table["event"], f"{place}.event"), kind, at, name, level, terms)


def _find_disorder(events: list[Event], as_of: int) -> list[str]:
    """Return what is wrong with the order of the events, and with the life they span."""
    findings = []
    for i, (event, later) in enumerate(pairwise(events), start=1):
        if later.at < event.at:
            findings.append(f"events[{i}].at: {write_instant(later.at)}, expected {write_instant(event.at)} or later")
        elif later.at == event.at and later.number < event.number:
            findings.append(f"events[{i}].event: {later.number}, expected more than {event.number} of the same second")
    seen: set[int] = set()
    for i, event in enumerate(events):
        if event.number in seen:
            findings.append(f"events[{i}].event: {event.number}, expected a number of its own")
        seen.add(event.number)
    setters = [event for event in events if event.kind in LEVEL_KINDS]
    if [event.kind for event in setters].count("entered") != 1 or setters[0].kind != "entered":
        kinds = [event.kind for event in setters[:3]]
        return [*findings, f"events: {show(kinds)} first set a level, expected one entered before all others"]
    entry = setters[0].at
    if not _FIRST <= entry <= as_of <= min(_LAST, entry + _LONGEST_LIFE_SECONDS):
        findings.append(
            f"as_of: {write_instant(as_of)}, expected from {write_instant(entry)} (the entry) to 200 years later"
        )
    if any(event.kind == "started" and not _FIRST <= event.at <= _LAST for event in events):
        findings.append("events: the clock starts before 1800 or after 3000")
    return findings


def _find_strangers(events: list[Event], terms: dict[str, Terms]) -> list[str]:
    """Return the versions of terms that are named and not there, or there and not named."""
    named = {event.terms for event in events if event.terms is not None}
    findings = [
        f"terms: {show(version)} is named by an event, expected it to be there" for version in named - set(terms)
    ]
    findings += [
        f"terms[{show(version)}]: named by no event, expected not to be there" for version in set(terms) - named
    ]
    if not any(event.kind == "terms" for event in events):
        findings.append("events: no terms, expected at least one event of this kind")
    return sorted(findings)
