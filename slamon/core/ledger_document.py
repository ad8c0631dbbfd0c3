"""A ledger as a JSON document: all that a checker needs to derive it again, sealed with a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slamon.core.instants import format_instant
from slamon.core.ledger import Interval, Ledger
from slamon.core.policy import Terms
from slamon.core.reading import StageReading
from slamon.core.rules_document import document_of
from slamon.core.ticket import STAGES, Event, Stage

FORMAT = 1


def ledger_document(
    ledger: Ledger,
    *,
    tenant: str,
    ticket: object,
    summary: str,
    sight: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return *ledger* as JSON: instants ISO 8601 in UTC, durations in business seconds.

    *sight* is what is to be said of how fresh it is, *told* of marks and of what people said.
    """
    reading = ledger.reading
    document: dict[str, Any] = {
        "format": FORMAT,
        "tenant": tenant,
        "ticket": ticket,
        "summary": summary,
        "as_of": format_instant(reading.as_of),
        **({} if sight is None else {"sight": sight}),
        "calendar": {
            "version": ledger.terms.calendar,
            "name": ledger.calendar.name,
            **document_of(ledger.calendar),
        },
        "terms": {version: _terms(terms) for version, terms in ledger.promises.items()},
        "events": [_event(event) for event in ledger.events],
        "clock": {
            "state": str(reading.state),
            "started_at": format_instant(reading.started_at),
            "cycle": reading.cycle,
            "elapsed_seconds": reading.elapsed_seconds,
            "paused_seconds": reading.paused_seconds,
        },
        "stages": [_stage(stage, reading.stage(stage)) for stage in STAGES],
        "intervals": [_interval(interval) for interval in ledger.intervals],
        **(told or {}),
    }
    return {**document, "digest": digest(document)}


def digest(document: dict[str, Any]) -> str:
    """Return the sha256 of the document's canonical JSON, in hex."""
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(body.encode("ascii")).hexdigest()


def _terms(terms: Terms) -> dict[str, Any]:
    # What is promised of many goals together says nothing of this one.
    left_out = ("percents", "stage_warns")
    document = {name: getattr(terms, name) for name in Terms.__slots__ if name not in left_out}
    return {**document, "stage_warns": [list(pair) for pair in terms.stage_warns]} if terms.stage_warns else document


def _event(event: Event) -> dict[str, Any]:
    return {
        "event": event.seq,
        "kind": str(event.kind),
        "at": format_instant(event.at),
        "not_before": format_instant(event.not_before),
        "origin": str(event.origin),
        "id": event.id,
        "name": event.name,
        "level": None if event.level is None else event.level.name.lower(),
        "terms": event.terms,
    }


def _stage(stage: Stage, goal: StageReading) -> dict[str, Any]:
    return {
        "stage": stage.label,
        "verdict": str(goal.verdict),
        "goal_seconds": goal.goal_seconds,
        "elapsed_seconds": goal.elapsed_seconds,
        "remaining_seconds": goal.remaining_seconds,
        "reached_at": _text(goal.reached_at),
        "due_at": _text(goal.due_at),
        "due_if_resumed_at": _text(goal.due_if_resumed_at),
        "breached_at": _text(goal.breached_at),
        "deadline_version": goal.version,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "from": format_instant(interval.begins_at),
        "to": format_instant(interval.ends_at),
        "reason": interval.reason,
        "counted_seconds": interval.counted_seconds,
        "business_seconds": interval.business_seconds,
        "status": interval.status,
        "event": interval.event,
        "rule": interval.rule,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
