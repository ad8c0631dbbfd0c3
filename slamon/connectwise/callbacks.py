"""Callbacks that ConnectWise posts when a ticket changes: which ticket one names, if ConnectWise wrote it.

What a callback says of the ticket is never used. It is a hint to ask for the ticket, no more: best-effort,
unordered and repeatable, as ConnectWise delivers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct, field

from slamon.connectwise.records import Id
from slamon.connectwise.rows import decode
from slamon.connectwise.signing import KeyRing, is_signed
from slamon.errors import PayloadError, SourceUnavailableError

LONGEST_SIGNATURE = 200

# Each is a value of a metric's label.
Result = Literal["accepted", "ignored", "malformed", "unsigned", "forged", "no_key"]


class Metadata(Struct):
    """Where the key is."""

    key_url: str = ""


class CallbackRecord(Struct, rename="pascal"):
    """The posted document, as far as it is looked at. `Entity` is left alone."""

    metadata: Metadata
    type: str
    id: Id = field(name="ID")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a callback; `ticket_id` where it was accepted."""

    result: Result
    ticket_id: int | None = None


async def read_callback(body: bytes, signature: str, keys: KeyRing) -> Reading:
    """Return what *body*, exactly as posted, amounts to. It never raises."""
    if not signature:
        return Reading("unsigned")
    if len(signature) > LONGEST_SIGNATURE:
        return Reading("forged")
    try:
        record = decode(body, CallbackRecord)
    except PayloadError:
        return Reading("malformed")
    try:
        key = await keys.find(record.metadata.key_url)
    except SourceUnavailableError:
        return Reading("no_key")
    if key is None or not is_signed(body, signature, key):
        return Reading("forged")
    return Reading("accepted", record.id) if record.type.casefold() == "ticket" else Reading("ignored")
