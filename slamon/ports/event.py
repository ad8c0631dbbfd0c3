"""An event as programs read it: the `data` of a notification. docs/reference/event.schema.json is made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

SCHEMA = 1  # grows when a field changes its meaning or goes; new fields may come at any time


def _says(text: str) -> Meta:
    return Meta(description=text)


class EventTicket(Struct, frozen=True, kw_only=True):
    """The ticket as it stood at `as_of`; a text is empty where ConnectWise has none."""

    id: int
    summary: str
    company: str = ""
    board: str = ""
    priority: str = ""
    status: str = ""
    owner: str = ""


class EventLinks(Struct, frozen=True, kw_only=True):
    """Where people read on; empty where the settings name no address."""

    ticket: str = ""
    explanation: str = ""


class Ending(Struct, frozen=True, kw_only=True):
    """Why what the event told does not hold any more."""

    at: datetime
    because: Annotated[str, _says("met, missed, breached, superseded, exempted, gone, or the state of the goal now")]


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened to one goal of one ticket. Instants are UTC; seconds are business time."""

    schema: Annotated[int, _says("version of this form")] = SCHEMA
    key: Annotated[str, _says("the same for whatever is told of this event: its end, a second attempt")]
    kind: Annotated[str, _says("near_breach, breached, or test")]
    tenant: str
    stage: Annotated[str, _says("respond, plan or resolve")]
    threshold: Annotated[
        str, _says("the mark that was crossed: 75%, or 30m of business time left; empty for the warning share")
    ] = ""
    state: Annotated[str, _says("the goal at as_of: running, outside_hours, paused, breached ...")]
    at: Annotated[datetime, _says("when it happened on the ticket's clock")]
    as_of: Annotated[datetime, _says("when it was found, and all else here was true")]
    due_at: Annotated[datetime | None, _says("the deadline; null while the clock stands short of it")]
    goal_seconds: int | None
    elapsed_seconds: int
    remaining_seconds: Annotated[int | None, _says("negative once over")]
    deadline_version: Annotated[int, _says("grows with goal, policy, calendar, start and cycle; not with a pause")]
    policy: str = ""
    calendar: str = ""
    ticket: EventTicket
    links: EventLinks = EventLinks()
    why: Annotated[list[str], _says("the ledger in a few lines")] = []
    ended: Annotated[Ending | None, _says("set in the message that ends it, else null")] = None


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event, as docs/reference/event.schema.json holds it."""
    schema = msgspec.json.schema(Event)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "An event of slamon", **schema}


def encode_event(event: Event) -> str:
    """Return *event* as JSON, always the same for the same event."""
    return msgspec.json.encode(event).decode()


def decode_event(data: str) -> Event:
    """Read what stands in a notification's `data`.

    Raises:
        msgspec.MsgspecError: It is no event of a form known here.
    """
    return msgspec.json.decode(data, type=Event)
