"""Terms and calendars by their content, and the runs of calendar jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from slamon.core.policy import Terms
from slamon.core.reference import Reference
from slamon.core.rules import CalendarRules
from slamon.core.status_map import StatusMap
from slamon.store import codec
from slamon.store.bulk import Row, insert_rows
from slamon.store.canaries import is_no_canary
from slamon.store.tables import job_runs, versions
from slamon.store.types import to_seconds

_COLUMNS = ("kind", "hash", "name", "body", "first_seen_at")


def save_versions(connection: Connection, terms: Mapping[str, Terms], calendars: Mapping[str, CalendarRules]) -> None:
    """Store versions not known yet. `first_seen_at` is this machine's wall clock: for people, nothing hangs on it."""
    seen_at = to_seconds(datetime.now(UTC))
    rows: list[Row] = [
        ("terms", key, codec.storable(value.policy), codec.to_json(value), seen_at) for key, value in terms.items()
    ]
    rows += [
        ("calendar", key, codec.storable(value.name), codec.to_json(value), seen_at) for key, value in calendars.items()
    ]
    insert_rows(connection, versions, rows, columns=_COLUMNS, conflict="ignore")


def save_reference(connection: Connection, version: str, reference: Reference) -> None:
    """Store reference data not known yet, without the words about them."""
    body = codec.storable(codec.to_json(replace(reference, warnings=())))
    row = ("reference", version, "", body, to_seconds(datetime.now(UTC)))
    insert_rows(connection, versions, [row], columns=_COLUMNS, conflict="ignore")


def save_status_map(connection: Connection, version: str, status_map: StatusMap) -> None:
    row = ("status_map", version, "", codec.storable(codec.to_json(status_map)), to_seconds(datetime.now(UTC)))
    insert_rows(connection, versions, [row], columns=_COLUMNS, conflict="ignore")


def load_status_maps(connection: Connection, keys: Collection[str]) -> dict[str, StatusMap]:
    return {key: codec.status_map_from(body) for key, body in _bodies(connection, "status_map", keys)}


def load_reference(connection: Connection, version: str) -> Reference | None:
    """Return the reference data of that version; None if it is not known, or was of another slamon's form."""
    for _, body in _bodies(connection, "reference", [version]):
        return codec.reference_from(body)
    return None


def load_terms(connection: Connection, keys: Collection[str]) -> dict[str, Terms]:
    return {key: codec.terms_from(body) for key, body in _bodies(connection, "terms", keys)}


def load_calendars(connection: Connection, keys: Collection[str]) -> dict[str, CalendarRules]:
    return {key: codec.calendar_from(body) for key, body in _bodies(connection, "calendar", keys)}


def find_calendars(connection: Connection, name: str) -> list[tuple[str, CalendarRules, datetime]]:
    """Return every version of the calendar called *name*, as (version, rules, first seen at), newest first."""
    query = select(versions.c.hash, versions.c.body, versions.c.first_seen_at)
    query = query.where(versions.c.kind == "calendar", versions.c.name == codec.storable(name))
    rows = connection.execute(query.order_by(versions.c.first_seen_at.desc(), versions.c.hash))
    return [(row[0], codec.calendar_from(row[1]), row[2]) for row in rows]


def name_calendars(connection: Connection) -> list[str]:
    query = select(versions.c.name).where(versions.c.kind == "calendar", is_no_canary(versions)).distinct()
    return list(connection.scalars(query.order_by(versions.c.name)))


def _bodies(connection: Connection, kind: str, keys: Collection[str]) -> list[tuple[str, str]]:
    query = select(versions.c.hash, versions.c.body)
    query = query.where(versions.c.kind == kind, versions.c.hash.in_(list(keys)))
    return [(row[0], row[1]) for row in connection.execute(query)]


def claim_run(connection: Connection, job: str, period: str, now: datetime) -> bool:
    """Claim one run of a calendar job; True for the one caller that may do it."""
    row = (job, period, to_seconds(now))
    return insert_rows(connection, job_runs, [row], columns=("job", "period", "claimed_at"), conflict="ignore") == 1


def set_back_run(connection: Connection, job: str, period: str, now: datetime) -> None:
    """Have a run claimed after *now* be claimed at *now*."""
    claimed_at = job_runs.c.claimed_at
    own = (job_runs.c.job == job, job_runs.c.period == period, claimed_at > now)
    connection.execute(update(job_runs).where(*own).values(claimed_at=now))


def load_runs(connection: Connection, job: str) -> list[tuple[str, datetime]]:
    """Return the runs of *job* as (period, claimed at), newest first."""
    query = select(job_runs.c.period, job_runs.c.claimed_at).where(job_runs.c.job == job)
    rows = connection.execute(query.order_by(job_runs.c.claimed_at.desc(), job_runs.c.period.desc()))
    return [(row[0], row[1]) for row in rows]
