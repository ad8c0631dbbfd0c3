"""Core values to rows and back. Rows hold what the driver takes: epoch seconds, numbers, text, None."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from slamon.core.policy import Terms
from slamon.core.reading import ClockState, Reading, StageReading, Verdict
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap
from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Stage, Ticket
from slamon.core.transition import Change, Transition
from slamon.store.types import from_seconds, from_seconds_or_none, to_seconds, to_seconds_or_none

Row = tuple[Any, ...]

# Postgres takes no NUL in text, UTF-8 no half of a surrogate pair; mail gateways send both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE_SIGN = "\ufffd"  # what stands in their place
# In the loops over readings dictionaries beat the enums' own look-up, and `str` beats `.value`: both are Python.
_VERDICTS = {str(verdict): verdict for verdict in Verdict}
_STATES = {str(state): state for state in ClockState}
_KINDS = {str(kind): kind for kind in Kind}
_ORIGINS = {str(origin): origin for origin in Origin}
_CHANGES = {str(change): change for change in Change}
_LEVELS = {int(level): level for level in Level}
_STAGES = {int(stage): stage for stage in Stage}

_decode_ticket = msgspec.json.Decoder(Ticket).decode
_decode_terms = msgspec.json.Decoder(Terms).decode
_decode_reference = msgspec.json.Decoder(Reference).decode
_decode_status_map = msgspec.json.Decoder(StatusMap).decode
_decode_calendar = msgspec.json.Decoder(CalendarRules).decode
_encode = msgspec.json.Encoder().encode


def storable(text: str) -> str:
    """Return *text* with what no database takes replaced by U+FFFD."""
    return _UNSTORABLE.sub(UNSTORABLE_SIGN, text)


def to_json(value: object) -> str:
    """Return a core value as JSON text; half surrogates become question marks."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


class _Team(msgspec.Struct):
    team: Ref | None = None


_decode_team = msgspec.json.Decoder(_Team).decode


def team_of(facts: str) -> str | None:
    """Return the name of a stored ticket's team; nothing else of it is read."""
    team = _decode_team(facts).team
    return None if team is None else team.name


# --- tickets --------------------------------------------------------------------------------------

TICKET_COLUMNS = (
    *("tenant", "id", "open", "entered_at", "last_updated_at", "closed_at"),
    *("summary", "board", "status", "priority", "company", "owner", "facts"),
)


def ticket_row(tenant: str, ticket: Ticket) -> Row:
    """Return the row of *ticket* in the order of TICKET_COLUMNS."""
    return (
        tenant,
        ticket.id,
        not ticket.closed,
        to_seconds(ticket.entered_at),
        to_seconds(ticket.last_updated_at),
        to_seconds_or_none(ticket.closed_at),
        storable(ticket.summary),
        storable(ticket.board.name),
        storable(ticket.status.name),
        None if ticket.priority is None else storable(ticket.priority.name),
        None if ticket.company is None else storable(ticket.company.name),
        storable(ticket.owner),
        to_json(ticket),
    )


def ticket_from(facts: str) -> Ticket:
    return _decode_ticket(facts)


# --- events ---------------------------------------------------------------------------------------

EVENT_COLUMNS = (
    *("tenant", "ticket_id", "at", "not_before", "kind", "origin"),
    *("ref_id", "name", "level", "terms", "poll_id", "status_map"),
)


def event_row(tenant: str, poll_id: int, status_map: str, event: Event) -> Row:
    """Return the row of *event* in the order of EVENT_COLUMNS; the database gives the number.

    *status_map* is the version by which the poll gave levels.
    """
    return (
        tenant,
        event.ticket_id,
        to_seconds(event.at),
        to_seconds(event.not_before),
        str(event.kind),
        str(event.origin),
        event.id,
        storable(event.name),
        None if event.level is None else int(event.level),
        event.terms,
        poll_id,
        None if event.level is None else event.status_map or status_map or None,
    )


def event_from(row: Row) -> Event:
    """Return the event of a row (seq, then EVENT_COLUMNS without tenant and poll)."""
    seq, ticket_id, at, not_before, kind, origin, ref_id, name, level, terms, status_map = row
    return Event(
        ticket_id=ticket_id,
        kind=_KINDS[kind],
        at=from_seconds(at),
        not_before=from_seconds(not_before),
        origin=_ORIGINS[origin],
        id=ref_id,
        name=name,
        level=None if level is None else _LEVELS[level],
        terms=terms,
        seq=seq,
        status_map=status_map,
    )


# --- readings -------------------------------------------------------------------------------------

_STAGE_FIELDS = (
    *("verdict", "elapsed_seconds", "goal_seconds", "reached_at", "due_at", "due_if_resumed_at"),
    *("breached_at", "at_risk", "at_risk_at", "version"),
)
READING_COLUMNS = (
    *("tenant", "ticket_id", "as_of", "state", "elapsed_seconds", "paused_seconds", "started_at"),
    *("cycle", "terms", "next_change_at", "note"),
    *(f"{stage.label}_{field}" for stage in Stage for field in _STAGE_FIELDS),
    "status_map",
)


def reading_row(tenant: str, reading: Reading) -> Row:
    """Return the row of *reading* in the order of READING_COLUMNS."""
    respond, plan, resolve = reading.stages
    return (
        tenant,
        reading.ticket_id,
        to_seconds(reading.as_of),
        str(reading.state),
        reading.elapsed_seconds,
        reading.paused_seconds,
        to_seconds(reading.started_at),
        reading.cycle,
        reading.terms,
        to_seconds_or_none(reading.next_change_at),
        storable(reading.note),
        *_stage_row(respond),
        *_stage_row(plan),
        *_stage_row(resolve),
        reading.status_map,
    )


def _stage_row(stage: StageReading) -> Row:
    return (
        str(stage.verdict),
        stage.elapsed_seconds,
        stage.goal_seconds,
        to_seconds_or_none(stage.reached_at),
        to_seconds_or_none(stage.due_at),
        to_seconds_or_none(stage.due_if_resumed_at),
        to_seconds_or_none(stage.breached_at),
        stage.at_risk,
        to_seconds_or_none(stage.at_risk_at),
        stage.version,
    )


def reading_from(row: Row) -> Reading:
    """Return the reading of a row (READING_COLUMNS without tenant)."""
    ticket_id, as_of, state, elapsed, paused, started_at, cycle, terms, next_change_at, note = row[:10]
    return Reading(
        ticket_id=ticket_id,
        as_of=from_seconds(as_of),
        state=_STATES[state],
        elapsed_seconds=elapsed,
        paused_seconds=paused,
        started_at=from_seconds(started_at),
        cycle=cycle,
        stages=(_stage_from(row[10:20]), _stage_from(row[20:30]), _stage_from(row[30:40])),
        terms=terms,
        next_change_at=from_seconds_or_none(next_change_at),
        note=note,
        status_map=row[40],
    )


def _stage_from(row: Row) -> StageReading:
    verdict, elapsed, goal, reached_at, due_at, due_if_resumed_at, breached_at, at_risk, at_risk_at, version = row
    return StageReading(
        _VERDICTS[verdict],
        elapsed,
        goal,
        from_seconds_or_none(reached_at),
        from_seconds_or_none(due_at),
        from_seconds_or_none(due_if_resumed_at),
        from_seconds_or_none(breached_at),
        bool(at_risk),
        from_seconds_or_none(at_risk_at),
        version,
    )


# --- transitions ----------------------------------------------------------------------------------

TRANSITION_COLUMNS = (
    *("tenant", "ticket_id", "stage", "change", "version", "at", "seen_at"),
    *("goal_seconds", "elapsed_seconds", "due_at", "reason"),
)


def transition_row(tenant: str, seen_at: int, transition: Transition) -> Row:
    """Return the row of *transition* in the order of TRANSITION_COLUMNS; *seen_at* is epoch seconds."""
    return (
        tenant,
        transition.ticket_id,
        int(transition.stage),
        str(transition.change),
        transition.version,
        to_seconds(transition.at),
        seen_at,
        transition.goal_seconds,
        transition.elapsed_seconds,
        to_seconds_or_none(transition.due_at),
        storable(transition.reason),
    )


def transition_from(row: Row) -> Transition:
    """Return the transition of a row (TRANSITION_COLUMNS without tenant and seen_at)."""
    ticket_id, stage, change, version, at, goal, elapsed, due_at, reason = row
    return Transition(
        ticket_id=ticket_id,
        stage=_STAGES[stage],
        change=_CHANGES[change],
        at=from_seconds(at),
        version=version,
        goal_seconds=goal,
        elapsed_seconds=elapsed,
        due_at=from_seconds_or_none(due_at),
        reason=reason,
    )


# --- versions -------------------------------------------------------------------------------------

terms_from: Callable[[str], Terms] = _decode_terms
calendar_from: Callable[[str], CalendarRules] = _decode_calendar


status_map_from: Callable[[str], StatusMap] = _decode_status_map


def reference_from(body: str) -> Reference | None:
    """Return reference data as they were stored; None if they are of a form that is no longer known."""
    try:
        return _decode_reference(body)
    except msgspec.ValidationError:
        return None
