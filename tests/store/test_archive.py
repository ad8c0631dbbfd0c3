"""The archive of reports: kept once, with what tells of it, and shown again byte by byte."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from typing import Any

import pytest

from slamon.errors import StoreError
from slamon.ports import ArchivedFile, ArchivedReport, Delivery, Notification, WantedReport
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, NOW, note
from .test_migrate import execute

BODY = '{"title":"Oktober \\u0000 Übersicht"}'.encode()
FILE = ArchivedFile("october.pdf", "application/pdf", bytes(range(256)))


def archived(key: str = "main/report/monthly/monthly/2026-10", **changes: Any) -> ArchivedReport:
    base = ArchivedReport(
        key=key,
        tenant=MAIN,
        name="monthly",
        kind="monthly",
        by="company",
        of="Übel & Söhne",
        period="2026-10",
        zone="Europe/Riga",
        denominator="concluded",
        begins_at=NOW - 31 * DAY,
        ends_at=NOW - DAY,
        known_at=NOW,
        made_at=NOW,
        late=False,
        sha256=hashlib.sha256(BODY).hexdigest(),
    )
    return replace(base, **changes)


def brings(report: ArchivedReport, recipient: str) -> Notification:
    return note(f"{report.key}/{recipient}", kind="report", ticket_id=None, recipient=recipient, report=report.key)


def test_a_report_and_its_messages_are_kept_together_and_once(store: SqlStore) -> None:
    report = archived()
    notes = [brings(report, "a@example.org"), brings(report, "b@example.org")]

    assert store.archive_report(report, BODY, [FILE], notes) == 2
    assert store.archive_report(replace(report, late=True), b"{}", [], [brings(report, "c@example.org")]) == 0

    (row,) = store.load_reports(10)
    assert (row.report, row.files) == (report, (("october.pdf", 256),))
    assert row.deliveries == tuple(Delivery("mail", f"{who}@example.org", "pending", None, "") for who in "ab")
    assert store.load_report(MAIN, report.key) == BODY
    assert store.load_report_files(MAIN, report.key) == [FILE]
    assert store.find_archived(MAIN, [report.key, "another"]) == {report.key}
    claimed = store.claim_notification("mail", NOW, lease=HOUR, furthest=HOUR)
    assert claimed is not None
    assert claimed.report == report.key


def test_the_newest_that_was_known_by_then_is_found(store: SqlStore) -> None:
    old, new = archived(), archived("second", name="again", known_at=NOW + DAY)
    other = archived("other", of="Acme", known_at=NOW + DAY)
    for report in (old, new, other):
        store.archive_report(report, BODY, [], [])

    names = [field.name for field in fields(WantedReport)]
    wanted = WantedReport(**{name: getattr(old, name) for name in names})

    assert [store.find_report(wanted, NOW + moment) for moment in (-HOUR, HOUR, 2 * DAY)] == [None, old, new]
    assert store.find_report(replace(wanted, denominator="due"), NOW + DAY) is None


def test_the_last_period_told_of_is_that_of_the_same_name_and_tenant(store: SqlStore) -> None:
    for name, end in (("monthly", NOW - 2 * DAY), ("monthly", NOW), ("other", NOW - DAY)):
        store.archive_report(archived(f"{name} {end}", name=name, ends_at=end), BODY, [], [])

    assert store.load_last_end(MAIN, "monthly", NOW) == NOW - 2 * DAY
    assert store.load_last_end("else", "monthly", NOW) is None
    store.archive_report(archived("acme", name="monthly", by="company", of="Acme", ends_at=NOW - DAY), BODY, [], [])
    assert store.load_last_end(MAIN, "monthly", NOW, ("company", "Acme")) == NOW - DAY
    assert store.load_last_end(MAIN, "monthly", NOW, ("company", "Else")) is None


def test_what_is_not_what_was_archived_is_not_shown(store: SqlStore, url: str) -> None:
    store.archive_report(archived(), BODY, [], [])
    execute(url, "UPDATE reports SET sha256 = 'other'")

    with pytest.raises(StoreError, match="is not what was archived"):
        store.load_report(MAIN, archived().key)
    with pytest.raises(StoreError, match="is not in the archive; `slamon report list`"):
        store.load_report(MAIN, "unheard of")


def test_old_reports_go_with_their_files(store: SqlStore) -> None:
    store.archive_report(archived(), BODY, [FILE], [])
    store.archive_report(archived("new", made_at=NOW + 2 * DAY), BODY, [FILE], [])

    (old,) = store.measure_old({"reports": NOW + DAY})
    assert old.rows == 2
    assert old.bytes > 256 + len(BODY) // 2
    assert sum(store.prune("reports", NOW + DAY)) == 2

    assert [row.report.key for row in store.load_reports(10)] == ["new"]
    assert store.load_report_files(MAIN, archived().key) == []
    assert store.load_report_files(MAIN, "new") == [FILE]


def test_the_digest_tells_a_report_from_another(store: SqlStore) -> None:
    before = store.digest().digest
    store.archive_report(archived(), BODY, [FILE], [])
    with_report = store.digest().digest

    sum(store.prune("reports", NOW + DAY))

    assert with_report != before
    assert store.digest().digest == before
