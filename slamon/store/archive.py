"""The archive of reports, in SQL: what was sent is kept as it was."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from slamon.errors import StoreError
from slamon.ports import ArchivedFile, ArchivedReport, Delivery, Notification, ReportRow, WantedReport
from slamon.store import codec, outbox
from slamon.store.bulk import insert_rows
from slamon.store.select import raw
from slamon.store.tables import notifications, report_files, reports
from slamon.store.types import pack, to_seconds

_RENAMED = {"by": "scope_by", "of": "scope_name"}
_COLUMNS = {field.name: _RENAMED.get(field.name, field.name) for field in fields(ArchivedReport)}
Key = tuple[str, str]


def archive(
    connection: Connection,
    report: ArchivedReport,
    body: bytes,
    files: Sequence[ArchivedFile],
    notes: Sequence[Notification],
) -> int:
    """Keep *report* and enqueue *notes*, unless its key is known; return how many messages are new."""
    values = {column: _raw(getattr(report, name)) for name, column in _COLUMNS.items()}
    row = (*values.values(), pack(body.decode()))
    if not insert_rows(connection, reports, [row], columns=(*values, "body"), conflict="ignore"):
        return 0
    for file in files:
        of = {"tenant": report.tenant, "report": values["key"], "name": codec.storable(file.name)}
        connection.execute(insert(report_files).values(**of, media_type=file.media_type, body=file.body))
    return outbox.enqueue(connection, notes)


def _raw(value: Any) -> Any:  # noqa: ANN401
    """Return *value* as the database keeps it."""
    if isinstance(value, datetime):
        return to_seconds(value)
    return codec.storable(value) if isinstance(value, str) else value


def find(connection: Connection, tenant: str, keys: Collection[str]) -> set[str]:
    """Return those of *keys* that are in the archive."""
    stored = {codec.storable(key): key for key in keys}
    query = select(reports.c.key).where(reports.c.tenant == tenant, reports.c.key.in_(sorted(stored)))
    return {stored[key] for key in connection.scalars(query)}


def find_known(connection: Connection, wanted: WantedReport, known_by: datetime) -> ArchivedReport | None:
    """Return the newest such report that was known at or before *known_by*."""
    names = [field.name for field in fields(WantedReport)]
    same = [raw(reports, [_COLUMNS[name]])[0] == _raw(getattr(wanted, name)) for name in names]
    query = select(*_of_report()).where(*same, reports.c.known_at <= known_by)
    newest = query.order_by(reports.c.known_at.desc(), reports.c.made_at.desc(), reports.c.key).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else ArchivedReport(*row)


def load_last_end(
    connection: Connection, tenant: str, name: str, before: datetime, about: tuple[str, str] | None
) -> datetime | None:
    """Return the newest end before *before* of a period that the report *name* told of; None if it told of none."""
    of = reports.c
    query: Select[datetime | None] = select(func.max(of.ends_at))
    query = query.where(of.tenant == tenant, of.name == name, of.ends_at < before)
    if about is not None:
        query = query.where(of.scope_by == about[0], of.scope_name == codec.storable(about[1]))
    return connection.scalar(query)


def load_body(connection: Connection, tenant: str, key: str) -> bytes:
    """
    Return the encoded report.

    Raises:
        StoreError: There is none, or it is not what was archived.
    """
    of = reports.c
    query = select(of.body, of.sha256).where(of.tenant == tenant, of.key == codec.storable(key))
    row = connection.execute(query).first()
    if row is None:
        raise StoreError(f"report {key}: is not in the archive; `slamon report list` shows what is")
    body: bytes = row.body.encode()
    if hashlib.sha256(body).hexdigest() != row.sha256:
        raise StoreError(f"report {key}: is not what was archived, its SHA-256 is another; restore a backup")
    return body


def load_files(connection: Connection, tenant: str, key: str) -> list[ArchivedFile]:
    of = report_files.c
    query = select(of.name, of.media_type, of.body).where(of.tenant == tenant, of.report == codec.storable(key))
    return [ArchivedFile(*row) for row in connection.execute(query.order_by(of.name))]


def load_rows(connection: Connection, limit: int, tenants: Collection[str]) -> list[ReportRow]:
    """Return up to *limit* reports, the newest first, with their files and deliveries."""
    query = select(*_of_report())
    if tenants:
        query = query.where(reports.c.tenant.in_(sorted(tenants)))
    query = query.order_by(reports.c.made_at.desc(), reports.c.tenant, reports.c.key).limit(limit)
    found = [ArchivedReport(*row) for row in connection.execute(query)]
    files, deliveries = _files(connection, found), _deliveries(connection, found)
    return [
        ReportRow(report, tuple(files[report.tenant, report.key]), tuple(deliveries[report.tenant, report.key]))
        for report in found
    ]


def _files(connection: Connection, found: Sequence[ArchivedReport]) -> dict[Key, list[tuple[str, int]]]:
    of, sizes = report_files.c, defaultdict(list)
    query = select(of.tenant, of.report, of.name, func.length(of.body))
    query = query.where(of.report.in_(sorted({report.key for report in found}))).order_by(of.name)
    for tenant, key, name, size in connection.execute(query):
        sizes[tenant, key].append((name, size))
    return sizes


def _deliveries(connection: Connection, found: Sequence[ArchivedReport]) -> dict[Key, list[Delivery]]:
    of, told = notifications.c, defaultdict(list)
    query = select(of.tenant, of.report, of.channel, of.recipient, of.state, of.finished_at, of.error)
    query = query.where(of.report.in_(sorted({report.key for report in found}))).order_by(of.id)
    for tenant, key, *values in connection.execute(query):
        told[tenant, key].append(Delivery(*values))
    return told


def _of_report() -> list[Any]:
    return [reports.c[column] for column in _COLUMNS.values()]
