"""Write-back: what an alert changes in its ticket in ConnectWise. Looks before it writes, so twice is once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from slamon.channels.single import OneByOne, event_in, one_by_one
from slamon.core.instants import format_instant
from slamon.errors import (
    ChannelDownError,
    DeliveryError,
    OutcomeUnknownError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from slamon.log import get_logger
from slamon.ports import Notification
from slamon.ports.event import Event
from slamon.ports.writeback import Named, OpenDesk, TicketDesk

log = get_logger(__name__)

RIGHTS = (401, 403, 405)  # they speak of the member's rights, not of the ticket


@dataclass(frozen=True, slots=True)
class Actions:
    """What is done to the ticket of an alert. `changes` are fields and what they become, by name or id."""

    note: bool = True
    changes: Mapping[str, int | str] = field(default_factory=dict)
    dry_run: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What is still to be done."""

    note: str = ""
    changes: Mapping[str, int | str] = field(default_factory=dict)
    was: Mapping[str, Named] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.note or self.changes)

    def in_words(self) -> str:
        parts = ["add an internal note"] if self.note else []
        parts += [f"set {name} to {value!r}, now {self.was[name].name!r}" for name, value in self.changes.items()]
        return "; ".join(parts) or "nothing is left to do"


class WritebackChannel:
    """Writes into the tickets of one tenant."""

    def __init__(self, tenant: str, open_desk: OpenDesk, actions: Actions) -> None:
        self._tenant = tenant
        self._open_desk = open_desk
        self._actions = actions

    def session(self) -> AbstractContextManager[OneByOne]:
        return one_by_one(self)

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> str:
        """Return what was done, or in a dry run what would have been.

        Raises:
            ChannelDownError: ConnectWise does not answer, or the member may not write.
            DeliveryError: The ticket cannot be changed so; for good. Or it is not known whether it was:
                the next attempt looks.
        """
        event = event_in(notification)
        if event.tenant != self._tenant:  # its number is another ticket here
            raise DeliveryError(f"the ticket is of tenant {event.tenant}, not of {self._tenant}", permanent=True)
        try:
            return asyncio.run(self._write(event, commit))
        except OutcomeUnknownError as error:
            raise DeliveryError(str(error), permanent=False, closing=True) from None
        except SourceUnavailableError as error:
            raise ChannelDownError(str(error)) from None
        except SourceRefusedError as error:
            if error.status in RIGHTS:
                raise ChannelDownError(f"{error} (see the rights that write-back needs)") from None
            raise DeliveryError(str(error), permanent=True) from None
        except SourceError as error:
            raise DeliveryError(str(error), permanent=False) from None

    async def _write(self, event: Event, commit: Callable[[], None]) -> str:
        async with self._open_desk() as desk:
            plan = await self._plan(desk, event)
            commit()
            words = plan.in_words()
            if self._actions.dry_run:
                log.info("dry run: nothing written", tenant=event.tenant, ticket=event.ticket.id, would=words)
                return f"dry run: would {words}" if plan else f"dry run: {words}"
            if plan.note:
                await desk.add_internal_note(event.ticket.id, plan.note)
            if plan.changes:
                await desk.set_fields(event.ticket.id, plan.changes)
        log.info("written back", tenant=event.tenant, ticket=event.ticket.id, done=words)
        return words

    async def _plan(self, desk: TicketDesk, event: Event) -> Plan:
        """Return what is not yet so: a note with our mark that is there is not written again."""
        note = ""
        if self._actions.note and not any(mark(event) in text for text in await desk.note_texts(event.ticket.id)):
            note = note_text(event)
        was = await desk.fields(event.ticket.id) if self._actions.changes else {}
        changes = {name: value for name, value in self._actions.changes.items() if not was[name].is_called(value)}
        return Plan(note, changes, was)


def mark(event: Event) -> str:
    """Return what a note of *event* is known by."""
    return f"[slamon {event.key}]"


def note_text(event: Event) -> str:
    """Return the internal note that tells *event*."""
    due = f" It was due {format_instant(event.due_at)}." if event.due_at else ""
    told = "is breached" if event.kind == "breached" else "is near its breach"
    lines = [f"The {event.stage} goal {told}, as of {format_instant(event.as_of)}.{due}", *event.why]
    return "\n".join([*lines, mark(event)])
