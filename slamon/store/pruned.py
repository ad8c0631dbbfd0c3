"""Up to when readings were pruned: what was known before then is no longer all known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from slamon.store.bulk import insert_rows
from slamon.store.tables import job_runs
from slamon.store.types import to_seconds
from slamon.store.versions import load_runs

_JOB, _PERIOD = "pruned", "readings"


def note_pruned(connection: Connection, before: datetime) -> None:
    """Keep that readings older than *before* are gone, unless younger ones are known to be."""
    known = load_pruned_before(connection)
    if known is None or known < before:
        row = (_JOB, _PERIOD, to_seconds(before))
        insert_rows(connection, job_runs, [row], columns=("job", "period", "claimed_at"), conflict="update")


def load_pruned_before(connection: Connection) -> datetime | None:
    """Return the instant before which readings are gone; None while none are."""
    return next((at for _, at in load_runs(connection, _JOB)), None)
