"""Ledger documents written by hand: short forms of their parts, and the seal. Computes nothing of a clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
# New York is at -05:00 in winter: open from 13:00 to 22:00 UTC.
OFFICE: Document = {
    "version": "c0ffee",
    "name": "Office",
    "timezone": "America/New_York",
    "hours": {day: [["08:00", "17:00"]] for day in WORKDAYS},
    "holidays": ["2026-12-25", {"date": "2026-12-24", "from": "12:00", "to": "24:00", "name": "half day"}],
    "openings": [{"date": "2026-12-26", "from": "09:00", "to": "11:00"}],
}
RULE = "calendar c0ffee"
HOUR = 3600


def z(text: str | None) -> str | None:
    """Return "2026-03-02 14:00" or "2026-03-02 14:00:30" as the instant is written in a ledger."""
    if text is None:
        return None
    day, time = text.split(" ")
    return f"{day}T{time}:00Z" if time.count(":") == 1 else f"{day}T{time}Z"


def terms(
    respond: int | None = None,
    plan: int | None = None,
    resolve: int | None = None,
    **knobs: Any,
) -> Document:
    """Return one version of a promise; goals in seconds."""
    return {
        "policy": "Gold",
        "calendar": "c0ffee",
        "respond_seconds": respond,
        "plan_seconds": plan,
        "resolve_seconds": resolve,
        "warn_percent": 75,
        "warn_left_seconds": 0,
        "change": "same_start",
        "reopen": "resume",
        "reopen_grace_seconds": 0,
        "waiting_responds": False,
        **knobs,
    }


def event(
    number: int,
    kind: str,
    at: str,
    name: str = "",
    level: str | None = None,
    version: str | None = None,
) -> Document:
    return {
        "event": number,
        "kind": kind,
        "at": z(at),
        "not_before": z(at),
        "origin": "settings" if kind == "terms" else "audit",
        "id": None,
        "name": name,
        "level": level,
        "terms": version,
    }


def clock(state: str, started: str, elapsed: int, paused: int = 0, cycle: int = 0) -> Document:
    return {
        "state": state,
        "started_at": z(started),
        "cycle": cycle,
        "elapsed_seconds": elapsed,
        "paused_seconds": paused,
    }


def stage(
    name: str,
    verdict: str,
    goal: int | None,
    elapsed: int,
    *,
    left: int | None = None,
    reached: str | None = None,
    due: str | None = None,
    resumed: str | None = None,
    breached: str | None = None,
    version: int = 0,
) -> Document:
    return {
        "stage": name,
        "verdict": verdict,
        "goal_seconds": goal,
        "elapsed_seconds": elapsed,
        "remaining_seconds": left,
        "reached_at": z(reached),
        "due_at": z(due),
        "due_if_resumed_at": z(resumed),
        "breached_at": z(breached),
        "deadline_version": version,
    }


def no_target(name: str, elapsed: int, *, reached: str | None = None, version: int = 0) -> Document:
    return stage(name, "no_target", None, elapsed, reached=reached, version=version)


def span(
    since: str, until: str, reason: str, counted: int, business: int, status: str, number: int, rule: str = RULE
) -> Document:
    return {
        "from": z(since),
        "to": z(until),
        "reason": reason,
        "counted_seconds": counted,
        "business_seconds": business,
        "status": status,
        "event": number,
        "rule": rule,
    }


def ledger(
    as_of: str,
    promises: dict[str, Document],
    events: Sequence[Document],
    shown: Document,
    stages: Sequence[Document],
    intervals: Sequence[Document],
    calendar: Document = OFFICE,
) -> Document:
    """Return a ledger of these parts, sealed. It shares nothing with them."""
    document = {
        "format": 1,
        "tenant": "main",
        "ticket": 123,
        "summary": "Printer is on fire",
        "as_of": z(as_of),
        "calendar": calendar,
        "terms": promises,
        "events": list(events),
        "clock": shown,
        "stages": list(stages),
        "intervals": list(intervals),
    }
    return seal(json.loads(json.dumps(document)))


def seal(document: Document) -> Document:
    """Return *document* with the digest of its content."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return {**rest, "digest": hashlib.sha256(text.encode("ascii")).hexdigest()}


# What most histories by hand begin with. Monday, 2 March 2026, is winter in New York.
MON = "2026-03-02"
TUE = "2026-03-03"
ENTERED = event(1, "entered", f"{MON} 14:00", "New", "not_responded")
PROMISED = event(2, "terms", f"{MON} 14:00", version="v1")
WORKING = event(3, "status", f"{MON} 14:30", "In Progress", "responded")
BEFORE = span(f"{MON} 14:00", f"{MON} 15:00", "open", 3600, 3600, "New", 1)
