"""Endings: what was told and stands elsewhere is ended there, once the goal is no longer as it was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from slamon.core.intervention import Intervention, standing
from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.ticket import STAGES
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.mail import made_of
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
        raised = self._raised()
        if not raised:
            return 0
        ids = {event.ticket.id for _, event in raised}
        readings = self._store.load_readings(self._tenant, ids)
        said = self._store.load_interventions(self._tenant, ids)
        ended = [
            _ended(note, event, Ending(at=now, because=why))
            for note, event in raised
            if (why := why_over(event, readings.get(event.ticket.id), said.get(event.ticket.id, ()), now))
        ]
        return self._store.enqueue(ended) if ended else 0

    def _raised(self) -> list[tuple[Notification, Event]]:
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


def why_over(event: Event, reading: Reading | None, said: Sequence[Intervention], now: datetime) -> str:
    """Return why *event* does not hold any more, by the newest *reading* and what people *said*; '' if it does."""
    if reading is None or event.stage not in _STAGES:
        return "gone"
    goal = reading.stage(_STAGES[event.stage])
    if goal.version != event.deadline_version:
        return "superseded"
    if standing(said, _STAGES[event.stage], goal.version, now).exempt:
        return "exempted"
    return "" if _holds(event, goal) else str(goal.verdict)


def _holds(event: Event, goal: StageReading) -> bool:
    """A rung that was passed stays passed while its deadline stands; the warning share is in the reading."""
    if event.kind == "breached":
        return goal.verdict is Verdict.BREACHED
    return goal.is_open and goal.verdict is not Verdict.BREACHED and (bool(event.threshold) or goal.at_risk)


def _ended(note: Notification, event: Event, ending: Ending) -> Notification:
    words = f"No longer so ({ending.because}): {note.subject}"
    return replace(
        made_of(note, note.key + MARK, note.recipient, ending.at),
        kind=KIND,
        subject=words,
        text=f"{words}\n",
        data=encode_event(msgspec.structs.replace(event, as_of=ending.at, ended=ending)),
        follows=note.key,
        stands=False,
    )
