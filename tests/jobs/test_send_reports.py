"""Reports by the calendar: kept with what tells of them, once a period; no failure is in another one's way."""

from __future__ import annotations

import email
import json
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

import pytest

from slamon import resources
from slamon.core.instants import to_epoch
from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.jobs.errand import Errand, Sent, is_sent
from slamon.jobs.make_report import Asked, make_report
from slamon.jobs.notify import Courier
from slamon.jobs.send_reports import send_reports
from slamon.jobs.tenant import TenantSettings
from slamon.mail import Attachments, SmtpMailer
from slamon.ports import Unobserved
from slamon.reporting.render import Renderer
from slamon.reports.document import Report, decode, encode
from slamon.reports.press import FilePress
from slamon.store.sql import SqlStore
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import HELP, NOC, World, at, status, ticket
from tests.outputs.servers import Inbox, listening

RESOLVE_ONLY = PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4))
PRESS = FilePress(Renderer(resources.folder("reports")))


def three_breaches(desk: OpenDesk) -> Desk:
    """Tickets 1, 2 and 3 break at 14:00, 15:00 and 16:00; without alerts to look past."""
    tickets = {
        n: ticket(
            n,
            entered_at=at(f"{9 + n}:00"),
            last_updated_at=at(f"{9 + n}:00"),
            summary=f"No. {n} is late",
            board=HELP if n < 3 else NOC,
            status=status("New", HELP if n < 3 else NOC),
        )
        for n in (1, 2, 3)
    }
    watched = desk([World(at("12:00"), tickets)], settings_of(RESOLVE_ONLY, recipients=()))
    watched.poll("12:00")
    return watched


def errand_of(due_at: str, *recipients: str, **changes: Any) -> Errand:
    base = Errand(
        name="breach",
        kind="breach",
        zone="UTC",
        due_at=at(due_at),
        now=at(due_at),
        domain="example.org",
        recipients={TENANT: recipients or ("boss@example.org",)},
    )
    return replace(base, **changes)


def send(watched: Desk, errand: Errand) -> Sent:
    return send_reports(watched.store, [watched.settings], errand, partial(make_report, watched.store), PRESS)


def reports_in(store: SqlStore) -> list[Report]:
    return [decode(store.load_report(row.report.tenant, row.report.key)) for row in store.load_reports(50)][::-1]


def test_each_report_tells_what_was_seen_since_the_last(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    for seen, due_at in (("14:30", "14:45"), ("15:00:01", "15:30"), ("16:30", "16:45")):
        watched.evaluate(seen)
        assert send(watched, errand_of(due_at)) == Sent(reports=1, messages=1)

    bodies = [encode(report).decode() for report in reports_in(store)]
    assert [[f"No. {n} is late" in body for n in (1, 2, 3)] for body in bodies] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert [report.begins_at for report in reports_in(store)][1:] == [r.ends_at for r in reports_in(store)][:-1]


def test_a_period_is_told_once_whoever_fires_it(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    errand = errand_of("15:00", "a@example.org", "b@example.org")

    assert not is_sent(store, errand)
    assert send(watched, errand).messages == 2
    assert is_sent(store, errand)
    assert send(watched, replace(errand, now=at("15:10"))) == Sent()
    assert len(watched.mails()) == 2
    assert send(watched, replace(errand, name="other")).messages == 2  # another report by the same calendar


def test_one_that_died_before_its_claim_repeats_nothing(desk: OpenDesk, store: SqlStore) -> None:
    """What it had kept is there with its messages; the next try makes the rest."""
    watched = three_breaches(desk)
    errand = errand_of("2026-11-03T07:00", by="board", name="daily", kind="daily", names=("Help Desk", "NOC"))

    def dies(settings: TenantSettings, asked: Asked) -> Report:
        if asked.scope.name == "NOC":
            raise KeyboardInterrupt
        return make_report(store, settings, asked)

    with pytest.raises(KeyboardInterrupt):
        send_reports(store, [watched.settings], errand, dies, PRESS)
    assert len(watched.mails()) == 1

    assert send(watched, replace(errand, now=at("2026-11-03T07:05"))) == Sent(reports=1, messages=1)
    assert [row.report.of for row in store.load_reports(10)] == ["NOC", "Help Desk"]
    assert is_sent(store, errand)


def test_one_that_fails_is_told_and_the_others_go_on(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    errand = errand_of("2026-11-03T07:00", by="board", name="daily", kind="daily", recipients_of={"Help Desc": ()})
    errand = replace(errand, names=("Help Desk", "NOC"))

    def fails(settings: TenantSettings, asked: Asked) -> Report:
        if asked.scope.name == "Help Desk":
            raise ZeroDivisionError("oh")
        return make_report(store, settings, asked)

    sent = send_reports(store, [watched.settings], errand, fails, PRESS)

    assert (sent.reports, sent.messages) == (1, 1)
    fault, unknown = sent.failures
    assert fault == "main/report/daily/2026-11-02/board/Help Desk: ZeroDivisionError: oh"
    assert "'Help Desc' is not known" in unknown
    assert "'Help Desk'" in unknown
    assert not is_sent(store, errand)  # it is tried again


def test_each_board_gets_its_own_and_the_managers_all(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    watched.evaluate("16:30")
    readers = {"help desk": ("desk@example.org", "boss@example.org")}
    errand = errand_of("2026-11-03T07:00", by="board", name="daily", kind="daily", recipients_of=readers)

    sent = send(watched, replace(errand, denominator="started"))

    assert (sent.reports, sent.failures) == (2, [])
    told = {row.report.of: sorted(each.recipient for each in row.deliveries) for row in store.load_reports(10)}
    assert told == {"Help Desk": ["boss@example.org", "desk@example.org"], "NOC": ["boss@example.org"]}


def test_with_by_what_broke_or_is_open_is_told_of_too(desk: OpenDesk, store: SqlStore) -> None:
    """None of these goals has ended: a board that answers nothing must not be left out."""
    watched = three_breaches(desk)
    watched.evaluate("16:30")

    assert send(watched, errand_of("16:45", by="board")).reports == 2
    assert send(watched, errand_of("2026-11-03T07:00", by="board", name="daily", kind="daily")).reports == 2


def test_a_breach_report_that_failed_for_one_board_loses_nothing_of_it(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    names = ("Help Desk", "NOC")

    def fails(settings: TenantSettings, asked: Asked) -> Report:
        if asked.scope.name == "Help Desk":
            raise ZeroDivisionError("oh")
        return make_report(store, settings, asked)

    send(watched, errand_of("13:00", by="board", names=names))
    watched.evaluate("14:30")
    send_reports(store, [watched.settings], errand_of("14:45", by="board", names=names), fails, PRESS)
    watched.evaluate("16:30")
    assert send(watched, errand_of("16:45", by="board", names=names)).failures == []

    newest = [report for report in reports_in(store) if report.ends_at == to_epoch(at("16:45"))]
    begins = {report.scope.name: report.begins_at for report in newest}
    assert begins == {"Help Desk": to_epoch(at("13:00")), "NOC": to_epoch(at("14:45"))}
    assert {report.scope.name: "No. 1 is late" in encode(report).decode() for report in newest} == {
        "Help Desk": True,
        "NOC": False,
    }


def test_a_late_one_says_so_in_the_archive_and_to_its_reader(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)

    send(watched, errand_of("07:00", zone="Europe/Riga", late=True, now=at("10:30")))

    (row,) = store.load_reports(1)
    assert row.report.late
    (mail,) = watched.mails()
    assert "This report is late: it was due Mon 02 Nov 2026 09:00 and was made Mon 02 Nov 2026 12:30" in mail.text


def test_a_report_without_readers_is_kept(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)

    assert send(watched, errand_of("15:00", recipients={}, forms=("json",))) == Sent(reports=1)
    (row,) = store.load_reports(1)
    assert (row.files, row.deliveries) == ((), ())


def test_a_channel_gets_the_report_as_data(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)

    send(watched, errand_of("15:00", recipients={}, channels=("desk",)))

    (row,) = store.load_outbox(["pending"], 10)
    assert (row.note.channel, row.note.kind) == ("desk", "report")
    assert json.loads(row.note.data)["kind"] == "breach"


def test_mails_bring_the_files_and_one_that_bounces_stops_no_other(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    readers = ("gone@example.org", "a@example.org", "b@example.org")
    send(watched, errand_of("15:00", *readers, forms=("json", "csv")))
    inbox = Inbox(refused=("gone@example.org",))

    with listening(inbox) as port:
        attachments = Attachments(store.load_report_files, 10_000_000)
        mailer = SmtpMailer("127.0.0.1", port, "none", None, None, "slamon@example.org", attachments=attachments)
        courier = Courier("mail", mailer, store, Unobserved(), watched.wall)
        while courier.deliver_waiting():
            pass

    (row,) = store.load_reports(1)
    states = {each.recipient: each.state for each in row.deliveries}
    assert states == {"gone@example.org": "failed", "a@example.org": "sent", "b@example.org": "sent"}
    kept = {file.name: file.body for file in store.load_report_files(TENANT, row.report.key)}
    assert len(kept) > 1
    for envelope in inbox.envelopes:
        message = email.message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        assert isinstance(message, EmailMessage)
        got = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
        assert got == kept
