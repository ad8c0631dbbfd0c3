"""Is what stands in a database consistent in itself? What SQL, the schema and the contents' own hashes can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from slamon.core.versions import version_of, version_of_reference, version_of_status_map
from slamon.store import codec
from slamon.store.database import Database
from slamon.store.months import is_compared
from slamon.store.schema_guard import VERSION_TABLE
from slamon.store.tables import metadata

MOST = 100  # findings of one kind; more of the same say no more
FILE = "file"  # the table of a fault of the file itself: it is damaged
_RESTORE = "restore a backup"
_REPORT = "keep a backup and report it"

# What no row may be, each as a query for (key) with what is wrong and what to do. Of the two databases alike.
_IMPOSSIBLE = (
    (
        "clocks",
        "points to a reading that is not there",
        "set read_at to NULL: the ticket is read anew",
        (
            "SELECT c.tenant || '/' || c.ticket_id FROM clocks c LEFT JOIN readings r"
            " ON r.tenant = c.tenant AND r.ticket_id = c.ticket_id AND r.as_of = c.read_at"
            " WHERE c.read_at IS NOT NULL AND r.as_of IS NULL"
        ),
    ),
    *(
        (
            table,
            "is of a ticket that is not there",
            "delete the row",
            (
                f"SELECT DISTINCT x.tenant || '/' || x.ticket_id FROM {table} x LEFT JOIN tickets t"  # noqa: S608
                " ON t.tenant = x.tenant AND t.id = x.ticket_id WHERE t.id IS NULL"
            ),
        )
        for table in ("events", "readings", "clocks", "transitions", "trails", "rungs", "interventions", "outcomes")
    ),
    *(
        (
            "outcomes",
            f"says of the goal to {stage} what the newest reading does not",
            _REPORT,
            (
                "SELECT c.tenant || '/' || c.ticket_id FROM clocks c"  # noqa: S608
                " JOIN readings r ON r.tenant = c.tenant AND r.ticket_id = c.ticket_id AND r.as_of = c.read_at"
                " LEFT JOIN outcomes o ON o.tenant = c.tenant AND o.ticket_id = c.ticket_id"
                f" AND o.cycle = r.cycle AND o.stage = {number} AND o.gone_at IS NULL"
                f" WHERE coalesce(o.outcome, '') <> CASE WHEN r.{stage}_goal_seconds IS NULL THEN ''"
                f" WHEN r.{stage}_verdict = 'cancelled' THEN 'cancelled'"
                f" WHEN r.{stage}_verdict IN ('met', 'missed', 'not_measured') AND r.{stage}_reached_at IS NOT NULL"
                f" THEN r.{stage}_verdict ELSE '' END"
            ),
        )
        for number, stage in enumerate(("respond", "plan", "resolve"))
    ),
    (
        "events",
        "stands before one that an earlier poll brought",
        _REPORT,
        (
            "SELECT tenant || '/' || ticket_id || ' event ' || seq FROM (SELECT tenant, ticket_id, seq, poll_id,"
            " lag(poll_id) OVER (PARTITION BY tenant, ticket_id ORDER BY seq) AS earlier FROM events) AS x"
            " WHERE poll_id < earlier"
        ),
    ),
    (
        "events",
        "names terms that are not kept",
        _RESTORE,
        (
            "SELECT e.tenant || '/' || e.ticket_id || ' event ' || e.seq FROM events e LEFT JOIN versions v"
            " ON v.kind = 'terms' AND v.hash = e.terms WHERE e.terms IS NOT NULL AND v.hash IS NULL"
        ),
    ),
    (
        "notifications",
        "has ended without an instant, or not ended with one",
        _REPORT,
        (
            "SELECT tenant || ' id ' || id FROM notifications"
            " WHERE (state IN ('sent', 'failed')) <> (finished_at IS NOT NULL) AND state NOT IN ('merged', 'dropped')"
        ),
    ),
    (
        "notifications",
        "was sent without a try",
        _REPORT,
        "SELECT tenant || ' id ' || id FROM notifications WHERE state = 'sent' AND attempts = 0",
    ),
    (
        "notifications",
        "was merged into one that is not there",
        _REPORT,
        (
            "SELECT n.tenant || ' id ' || n.id FROM notifications n LEFT JOIN notifications m ON m.id = n.merged_into"
            " WHERE n.merged_into IS NOT NULL AND m.id IS NULL"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be: in which table, which row, what, and what to do."""

    table: str
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{' '.join(filter(None, (self.table, self.key)))}: {self.problem}; {self.remedy}"


def find_faults(url: str) -> Iterator[Fault]:
    """Yield what is wrong with the database at *url*, of which the schema is this slamon's; nothing is changed."""
    with closing(Database(url, pooled=False, readonly=True)) as database, database.reading() as connection:
        damage = list(_find_damage(connection))
        yield from damage
        if damage:
            return  # what a damaged file says of itself is not worth a second look
        yield from _find_drift(connection)
        impossible = list(_find_impossible(connection))
        yield from impossible
        yield from _find_other_orphans(connection, {fault.table for fault in impossible})
        yield from _find_false_versions(connection)
        yield from _find_false_tickets(connection)


def _find_damage(connection: Connection) -> Iterator[Fault]:
    """What SQLite finds wrong with its file. Postgres keeps no check of its own that any role may ask for."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})"):
        if line != "ok":
            yield Fault(FILE, "", str(line).replace("\n", " "), _RESTORE)


def _find_impossible(connection: Connection) -> Iterator[Fault]:
    for table, problem, remedy, query in _IMPOSSIBLE:
        for (key,) in connection.exec_driver_sql(f"{query} LIMIT {MOST}"):
            yield Fault(table, str(key), problem, remedy)


def _find_other_orphans(connection: Connection, told: set[str]) -> Iterator[Fault]:
    """What SQLite's own look finds in tables of which nothing was *told*; Postgres enforces its keys itself."""
    if connection.dialect.name == "sqlite":
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST):
            if table not in told:
                yield Fault(table, f"row {row}", f"has no parent in {parent}", _RESTORE)


def _find_drift(connection: Connection) -> Iterator[Fault]:
    """Hold the schema against the tables as they should be."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    opts = {"version_table": VERSION_TABLE, "include_object": is_compared}
    for change in compare_metadata(MigrationContext.configure(connection, opts=opts), metadata):
        for what, *about in change if isinstance(change, list) else [change]:
            names = " ".join(str(getattr(part, "name", part)) for part in about if part is not None)
            yield Fault(
                "schema", names.splitlines()[0], f"is not as it was made ({what})", "undo what was changed by hand"
            )


def _find_false_versions(connection: Connection) -> Iterator[Fault]:
    for kind, name, body in connection.exec_driver_sql("SELECT kind, hash, body FROM versions"):
        try:
            true: str | None = _NAMES[kind](body)
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
            true = name if kind == "reference" else None  # reference data of an older form are never read again
        if true != name and codec.UNSTORABLE_SIGN not in body:
            yield Fault("versions", f"{kind} {name}", "does not hold what its name says", _RESTORE)


def _find_false_tickets(connection: Connection) -> Iterator[Fault]:
    rows = connection.execution_options(stream_results=True).exec_driver_sql(
        "SELECT tenant, id, open, facts FROM tickets"
    )
    for tenant, ticket_id, is_open, facts in rows:
        try:
            ticket = codec.ticket_from(facts)
        except msgspec.MsgspecError:
            yield Fault("tickets", f"{tenant}/{ticket_id}", "has facts that cannot be read", _RESTORE)
            continue
        if (ticket.id, not ticket.closed) != (ticket_id, bool(is_open)):
            yield Fault("tickets", f"{tenant}/{ticket_id}", "has columns that do not fit its facts", _RESTORE)


def _reference_name(body: str) -> str:
    reference = codec.reference_from(body)
    if reference is None:
        raise ValueError("another form")
    return version_of_reference(reference)


_NAMES: dict[str, Callable[[str], str]] = {
    "terms": lambda body: version_of(codec.terms_from(body)),
    "calendar": lambda body: version_of(codec.calendar_from(body)),
    "reference": _reference_name,
    "status_map": lambda body: version_of_status_map(codec.status_map_from(body)),
}
