"""The schema, once, for SQLite and Postgres. `migrations/` brings a database here; a test compares the two.

Instants are UTC epoch seconds (`UtcSeconds`). Facts and bodies are JSON text, not
a JSON type: only slamon's codec reads them whole, and text costs no parsing.
What people filter by in SQL stands in columns of its own.
"""

from slamon.store.tables.alert import interventions, rungs
from slamon.store.tables.archive import report_files, reports
from slamon.store.tables.base import metadata
from slamon.store.tables.clock import clocks, past_transitions, readings, transitions
from slamon.store.tables.lease import leases, watchers
from slamon.store.tables.outbox import notifications
from slamon.store.tables.outcome import goal_days, goal_totals, names, outcomes
from slamon.store.tables.record import job_runs, recomputes, versions
from slamon.store.tables.source import blind_spans, events, polls, tickets, trails

__all__ = [
    "blind_spans",
    "clocks",
    "events",
    "goal_days",
    "goal_totals",
    "interventions",
    "job_runs",
    "leases",
    "metadata",
    "names",
    "notifications",
    "outcomes",
    "past_transitions",
    "polls",
    "readings",
    "recomputes",
    "report_files",
    "reports",
    "rungs",
    "tickets",
    "trails",
    "transitions",
    "versions",
    "watchers",
]
