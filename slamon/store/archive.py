"""The archive of reports, in SQL: what was sent is kept as it was."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from slamon.errors import StoreError
from slamon.ports import ArchivedFile, ArchivedReport, Delivery, Notification, ReportRow
from slamon.store import codec, outbox
from slamon.store.tables import notifications, report_files, reports

_RENAMED = {"by": "scope_by", "of": "scope_name"}
_COLUMNS = {field.name: _RENAMED.get(field.name, field.name) for field in fields(ArchivedReport)}
_SAME = ("tenant", "kind", "by", "of", "begins_at", "ends_at", "zone", "denominator")
Key = tuple[str, str]


def archive(
    connection: Connection,
    report: ArchivedReport,
    body: bytes,
    files: Sequence[ArchivedFile],
    notes: Sequence[Notification],
) -> int:
    """Keep *report* and enqueue *notes*, unless its key is known; return how many messages are new."""
    if find(connection, report.tenant, [report.key]):
        return 0
    row = {column: _storable(getattr(report, name)) for name, column in _COLUMNS.items()}
    connection.execute(insert(reports).values(**row, body=body.decode()))
    for file in files:
        values = {"tenant": report.tenant, "report": row["key"], "name": codec.storable(file.name)}
        connection.execute(insert(report_files).values(**values, media_type=file.media_type, body=file.body))
    return outbox.enqueue(connection, notes)


def _storable(value: Any) -> Any:  # noqa: ANN401
    return codec.storable(value) if isinstance(value, str) else value


def find(connection: Connection, tenant: str, keys: Collection[str]) -> set[str]:
    """Return those of *keys* that are in the archive."""
    stored = {codec.storable(key): key for key in keys}
    query = select(reports.c.key).where(reports.c.tenant == tenant, reports.c.key.in_(sorted(stored)))
    return {stored[key] for key in connection.scalars(query)}


def find_known(connection: Connection, like: ArchivedReport, known_by: datetime) -> ArchivedReport | None:
    """Return the newest report that was known at or before *known_by* and is about the same as *like*."""
    same = [reports.c[_COLUMNS[name]] == _storable(getattr(like, name)) for name in _SAME]
    query = select(*_of_report()).where(*same, reports.c.known_at <= known_by)
    newest = query.order_by(reports.c.known_at.desc(), reports.c.made_at.desc(), reports.c.key).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else ArchivedReport(*row)


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
