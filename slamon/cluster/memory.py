"""What a node remembers of a tenant, handed on to the one that polls it next.

Without it each poll would be a first one: reference data twice, every ticket judged anew, a sweep. It is believed only
if nobody held the lease in between, and the settings are the same.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec

from slamon.cluster.schema import SCHEMA
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.ports import Store
from slamon.store.database import Database


class Memory(msgspec.Struct, frozen=True):
    """What is worth handing on of a TenantState, and when the reference data were last read."""

    settings: str
    read_at: datetime
    reference_version: str
    status_map_version: str
    judged_by: str
    swept_at: datetime | None
    retry_ids: set[int]
    problems: dict[int, str]
    unmapped: dict[int, str]
    doubtful: frozenset[int]
    looks_failed: int
    put_off: bool = False


_SAME = (
    *("reference_version", "status_map_version", "judged_by", "swept_at", "retry_ids", "problems", "unmapped"),
    *("doubtful", "looks_failed", "put_off"),
)


def recall(database: Database, store: Store, settings: TenantSettings, state: TenantState, token: int) -> Memory | None:
    """Fill *state* with what the holder just before *token* knew; None, and an empty state, if that cannot be."""
    state.forget()
    query = f"SELECT body FROM {SCHEMA}.remembered WHERE tenant = %s AND token = %s"  # noqa: S608
    with database.reading() as connection:
        body = connection.exec_driver_sql(query, (settings.name, token - 1)).scalar()
    if body is None:
        return None
    try:
        memory = msgspec.json.decode(body, type=Memory)
    except msgspec.MsgspecError:  # another slamon's
        return None
    reference = store.load_reference(memory.reference_version)
    if memory.settings != _fingerprint(settings) or reference is None:
        return None
    state.reference = reference
    for name in _SAME:
        setattr(state, name, getattr(memory, name))
    return memory


def remember(database: Database, settings: TenantSettings, state: TenantState, token: int, read_at: datetime) -> None:
    """Keep what *state* holds for the holder just after *token*."""
    memory = Memory(_fingerprint(settings), read_at, **{name: getattr(state, name) for name in _SAME})
    query = (
        f"INSERT INTO {SCHEMA}.remembered VALUES (%s, %s, %s) ON CONFLICT (tenant) DO UPDATE"  # noqa: S608
        " SET token = excluded.token, body = excluded.body WHERE remembered.token < excluded.token"
    )
    with database.writing() as connection:
        connection.exec_driver_sql(query, (settings.name, token, msgspec.json.encode(memory).decode()))


def _fingerprint(settings: TenantSettings) -> str:
    return sha256(repr(settings).encode()).hexdigest()
