"""Endings: what was told and stands elsewhere is ended there, once the goal is no longer as it was told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import msgspec

from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.ticket import STAGES
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.mail import message_id
from slamon.ports import Notification, Store
from slamon.ports.event import Ending, Event, decode_event, encode_event

log = get_logger(__name__)

KIND = "ended"
MARK = "/ended"  # ends the key of what ends another
_STAGES = {stage.label: stage for stage in STAGES}


class Endings:
    """Makes the messages that end what stands of one tenant.

    It goes by what stands and by how the goals stand, not by what has just
    changed: so what a crash kept from being told is told at the next look.
    """

    def __init__(self, settings: TenantSettings, store: Store) -> None:
        self._tenant = settings.name
        self._store = store
        self._channels = frozenset(use.name for use in settings.channels if use.lasts)

    def tell(self, now: datetime) -> int:
        """Put into the outbox what ends what holds no more at *now*; return how many messages are new."""
        standing = self._standing()
        if not standing:
            return 0
        readings = self._store.load_readings(self._tenant, {note.ticket_id for note, _ in standing if note.ticket_id})
        ended = [
            _ended(note, event, Ending(at=now, because=why))
            for note, event in standing
            if (why := why_over(event, readings.get(event.ticket.id)))
        ]
        return self._store.enqueue(ended) if ended else 0

    def _standing(self) -> list[tuple[Notification, Event]]:
        notes = self._store.load_standing(tenant=self._tenant) if self._channels else []
        return [(note, event) for note in _among(notes, self._channels) if (event := _event_in(note)) is not None]


def _among(notes: Collection[Notification], channels: Collection[str]) -> list[Notification]:
    """Return those of channels that are still there: nobody would deliver the others."""
    return [note for note in notes if note.channel in channels]


def _event_in(note: Notification) -> Event | None:
    try:
        return decode_event(note.data)
    except msgspec.MsgspecError as error:
        log.warning("what stands cannot be read, and is not ended", key=note.key, error=str(error))
        return None


def why_over(event: Event, reading: Reading | None) -> str:
    """Return why *event* does not hold any more by the newest *reading*; '' if it does."""
    if reading is None or event.stage not in _STAGES:
        return "gone"
    goal = reading.stage(_STAGES[event.stage])
    if goal.version != event.deadline_version:
        return "superseded"
    return "" if _holds(event.kind, goal) else str(goal.verdict)


def _holds(kind: str, goal: StageReading) -> bool:
    if kind == "breached":
        return goal.verdict is Verdict.BREACHED
    return goal.is_open and goal.at_risk and goal.verdict is not Verdict.BREACHED


def _ended(note: Notification, event: Event, ending: Ending) -> Notification:
    key = note.key + MARK
    words = f"No longer so ({ending.because}): {note.subject}"
    return replace(
        note,
        key=key,
        kind=KIND,
        subject=words,
        text=f"{words}\n",
        data=encode_event(msgspec.structs.replace(event, as_of=ending.at, ended=ending)),
        follows=note.key,
        stands=False,
        message_id=message_id(key, note.recipient, note.message_id.rpartition("@")[2].rstrip(">")),
        created_at=ending.at,
        id=None,
        attempts=0,
        failures=0,
        unsure=0,
    )
