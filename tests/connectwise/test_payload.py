from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from slamon.clean import clean_line
from slamon.connectwise.dates import parse_instant, parse_local_date, parse_time
from slamon.connectwise.payload import REASONS, read_audit_trail, read_batch, read_custom_fields
from slamon.connectwise.records import AuditRecord, BoardRecord, CustomField, InfoRecord, TicketRecord
from slamon.connectwise.rows import decode, decode_rows
from slamon.core.ticket import Ref, Ticket, Witness
from slamon.errors import PayloadError
from slamon.ports import Batch


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row(**changes: object) -> dict[str, Any]:
    """A ticket as ConnectWise gives it; a change to None leaves the field out."""
    base: dict[str, object] = {
        "id": 945384,
        "summary": "Printer on fire",
        "recordType": "ServiceTicket",
        "board": {"id": 1, "name": "Help Desk", "_info": {"board_href": "https://x//service/boards/1"}},
        "status": {"id": 16, "name": "New"},
        "closedFlag": False,
        "_info": {"dateEntered": "2022-09-12T09:22:58Z", "lastUpdated": "2022-09-12T09:23:10Z"},
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def read(*rows: object) -> Batch:
    return read_batch(decode_rows(json.dumps(list(rows)).encode(), TicketRecord))


def ticket(**changes: object) -> Ticket:
    batch = read(row(**changes))
    assert batch.rejections == []
    return batch.tickets[0]


def test_the_least_a_ticket_has() -> None:
    assert ticket() == Ticket(
        id=945384,
        summary="Printer on fire",
        board=Ref(1, "Help Desk"),
        status=Ref(16, "New"),
        entered_at=utc("2022-09-12T09:22:58"),
        last_updated_at=utc("2022-09-12T09:23:10"),
    )


def test_all_that_a_ticket_may_have() -> None:
    assert ticket(
        closedFlag=True,
        closedDate="2022-09-20T10:00:00Z",
        priority={"id": 7, "name": "Priority 3", "sort": 3, "level": "Medium"},
        company={"id": 250, "identifier": "ACME", "name": "Acme"},
        agreement={"id": 4, "name": "Gold"},
        sla={"id": 2, "name": "Standard"},
        type={"id": 5, "name": "Hardware"},
        team={"id": 6, "name": "Tier 1"},
        owner={"id": 9, "identifier": "jdoe", "name": "Jane Doe"},
        contact={"id": 11, "name": "Old Name"},
        contactName="Sam Spade",
        parentTicketId=17,
        mergedParentTicket={"id": 18, "summary": "The other"},
        escalationStartDateUTC="2022-09-12T12:00:00Z",
        dateResponded="2022-09-12T10:00:00Z",
        dateResplan="2022-09-12T11:00:00Z",
        dateResolved="2022-09-12T12:00:00Z",
        slaStatus="Resolved",
        isInSla=True,
        respondByGoalUTC="2022-09-12T13:00:00Z",
        resplanGoalUTC="2022-09-12T14:00:00Z",
        resolutionGoalUTC="2022-09-12T15:00:00Z",
        customFields=[{"id": 1, "caption": "Tier", "type": "Text", "value": "Gold"}, {"id": 2, "caption": "X"}],
    ) == Ticket(
        id=945384,
        summary="Printer on fire",
        board=Ref(1, "Help Desk"),
        status=Ref(16, "New"),
        entered_at=utc("2022-09-12T09:22:58"),
        last_updated_at=utc("2022-09-12T09:23:10"),
        closed=True,
        priority=Ref(7, "Priority 3"),
        priority_sort=3,
        company=Ref(250, "Acme"),
        company_identifier="ACME",
        agreement=Ref(4, "Gold"),
        sla=Ref(2, "Standard"),
        type=Ref(5, "Hardware"),
        team=Ref(6, "Tier 1"),
        owner="jdoe",
        contact="Sam Spade",
        parent_id=17,
        merged_into_id=18,
        escalation_start_at=utc("2022-09-12T12:00:00"),
        responded_at=utc("2022-09-12T10:00:00"),
        planned_at=utc("2022-09-12T11:00:00"),
        resolved_at=utc("2022-09-12T12:00:00"),
        closed_at=utc("2022-09-20T10:00:00"),
        custom_fields=(("Tier", "Gold"),),
        witness=Witness(
            sla_status="Resolved",
            is_in_sla=True,
            respond_goal_at=utc("2022-09-12T13:00:00"),
            plan_goal_at=utc("2022-09-12T14:00:00"),
            resolve_goal_at=utc("2022-09-12T15:00:00"),
        ),
    )


def test_forms_of_other_servers_are_read_as_well() -> None:
    read = ticket(
        id="945384",
        board={"id": "1", "name": "Help Desk"},
        closedFlag="false",
        summary=None,
        dateEntered="2022-09-12T05:22:58.9-04:00",
        lastUpdated="2022-09-12 09:23:10",
        dateResponded="0001-01-01T00:00:00Z",
        dateResolved="1900-01-01T00:00:00",
        parentTicketId=0,
        somethingNew={"deep": [1, 2]},
        _info={
            "dateEntered": "2001-01-01T00:00:00Z",
            "sla_respond_by": "2022-09-12T13:00:00Z",
            "sla_plan_by": "soon",
            "sla_resolve_by": "2022-09-14",
        },
    )

    assert (read.id, read.board, read.summary, read.parent_id) == (945384, Ref(1, "Help Desk"), "", None)
    assert (read.entered_at, read.last_updated_at) == (utc("2022-09-12T09:22:58"), utc("2022-09-12T09:23:10"))
    assert (read.responded_at, read.resolved_at) == (None, None)
    assert read.witness.respond_goal_at == utc("2022-09-12T13:00:00")
    assert read.witness.plan_goal_at is None  # a witness that cannot be read is no reason to lose a ticket
    assert read.witness.resolve_goal_at == utc("2022-09-14T00:00:00")


def test_minutes_are_summed_to_what_each_goal_is_measured_against() -> None:
    # A real ticket: answered and planned in one step after 140.77 minutes, resolved 119 later.
    witness = ticket(
        respondMinutes=0,
        resPlanMinutes=141,
        resolveMinutes=119,
        respondedSkippedMinutes=141,
        resplanSkippedMinutes=0,
    ).witness

    assert (witness.respond_minutes, witness.plan_minutes, witness.resolve_minutes) == (141, 141, 260)


@pytest.mark.parametrize("minutes", ["NaN", "Infinity", "-inf"])
def test_minutes_that_are_no_number_are_absent_and_lose_no_ticket(minutes: str) -> None:
    witness = ticket(respondMinutes=minutes, resPlanMinutes=5, resolveMinutes=7).witness

    assert (witness.respond_minutes, witness.plan_minutes, witness.resolve_minutes) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "reason", "message"),
    [
        ({"_info": None}, "no_date_entered", "ticket 945384: has no _info.dateEntered"),
        (
            {"_info": {"dateEntered": "1900-01-01T00:00:00Z"}},
            "no_date_entered",
            "ticket 945384: has no _info.dateEntered",
        ),
        (
            {"_info": {"dateEntered": "yester\nday"}},
            "bad_date",
            "ticket 945384: dateEntered 'yester day': not an ISO 8601 date",
        ),
        ({"_info": {"dateEntered": 5}}, "bad_date", "ticket 945384: dateEntered '5': not an ISO 8601 date"),
        (
            {"dateResolved": "2022-13-01T00:00:00Z"},
            "bad_date",
            "ticket 945384: dateResolved '2022-13-01T00:00:00Z': month must be in 1..12",
        ),
        ({"closedDate": "2250-01-01"}, "bad_date", "ticket 945384: closedDate '2250-01-01': after the year 2199"),
        (
            {"dateResplan": "later", "dateResolved": "never", "escalationStartDateUTC": "0001-01-01T00:00:00Z"},
            "bad_date",
            "ticket 945384: dateResplan 'later': not an ISO 8601 date",
        ),
        ({"board": None}, "no_board", "ticket 945384: has no board"),
        ({"board": {"name": "Help Desk"}}, "no_board", "ticket 945384: has no board"),
        ({"status": None}, "no_status", "ticket 945384: has no status"),
        ({"status": "New"}, "bad_shape", "ticket 945384: Expected `object | null`, got `str` - at `$.status`"),
        ({"board": {"id": "New"}}, "bad_shape", "ticket 945384: Expected `int | null`, got `str` - at `$.board.id`"),
        ({"id": -4}, "bad_shape", "ticket -4: Expected `int` >= 0 - at `$.id`"),
        ({"id": "New"}, "bad_shape", "ticket None: Expected `int`, got `str` - at `$.id`"),
        ({"id": None}, "bad_shape", "ticket None: Object missing required field `id`"),
    ],
)
def test_one_bad_row_is_rejected_with_its_reason_and_the_page_goes_on(
    changes: dict[str, object], reason: str, message: str
) -> None:
    batch = read(row(id=1), row(**changes), row(id=999999))

    assert [t.id for t in batch.tickets] == [1, 999999]
    (rejection,) = batch.rejections
    assert (rejection.reason, rejection.message[: len(message)]) == (reason, message)
    assert rejection.reason in REASONS


@pytest.mark.parametrize("junk", [None, 5, "x", [], True])
def test_rows_that_are_no_objects_are_rejected(junk: object) -> None:
    batch = read(row(), junk)

    assert [t.id for t in batch.tickets] == [945384]
    assert [(r.ticket_id, r.reason) for r in batch.rejections] == [(None, "bad_shape")]


def test_an_answer_of_another_shape_is_a_payload_error() -> None:
    with pytest.raises(PayloadError, match="got `object`"):
        decode_rows(b'{"message": "hello"}', BoardRecord)
    with pytest.raises(PayloadError, match="got `array`"):
        decode(b"[]", InfoRecord)


def test_texts_are_made_safe_once() -> None:
    hostile = "a\r\nBcc: x\x00\x9f\u202eevil\u2066 e\u0301 \ud800 " + "z" * 300
    read = ticket(summary=hostile.replace("\ud800", ""), company={"id": 1, "identifier": "A\tB", "name": "\x1b[31m"})

    assert read.summary == "a Bcc: x evil é " + "z" * 183 + "…"
    assert read.company_identifier == "A B"
    assert read.company == Ref(1, "[31m")
    assert clean_line("x\ud800y\udfff") == "x y"
    assert clean_line("  plain ") == "plain"
    assert clean_line(None) == ""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-10-25T09:00:00Z", "2026-10-25T09:00:00"),
        ("2026-10-25t09:00:00z", "2026-10-25T09:00:00"),
        ("2026-10-25T09:00:00.999999999Z", "2026-10-25T09:00:00"),
        ("2026-10-25T09:00:00.5", "2026-10-25T09:00:00"),
        ("2026-10-25T09:00", "2026-10-25T09:00:00"),
        ("2026-10-25T09:00:00+05:30", "2026-10-25T03:30:00"),
        ("2026-10-25T09:00:00-0400", "2026-10-25T13:00:00"),
        (" 2026-10-25 ", "2026-10-25T00:00:00"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59"),
    ],
)
def test_dates_of_every_form_seen(text: str, at: str) -> None:
    assert parse_instant(text) == utc(at)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "  ", "1900-01-01T00:00:00Z", "1900-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
        *("1899-12-30T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"),
    ],
)
def test_T81_sentinels_are_no_date(text: str | None) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "20261025", "2026-W43-7", "25/10/2026", "2026-10-25T25:00:00Z", "2026-02-30", "0000-01-01"),
        *("2026-10-25T09:00:00ZZ", "2026-10-25T09:00:00Z; drop", "/Date(1761382800000)/", "٢٠٢٦-01-01"),
        *("2026-10-25T090000.5Z", "2026-10-25T09:00:00Z0", "2026-10-25T9:00:00Z"),
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


def test_a_holiday_keeps_its_local_date() -> None:
    assert parse_local_date("2026-12-25") == date(2026, 12, 25)
    assert parse_local_date("2026-12-25T00:00:00-08:00") == date(2026, 12, 25)
    assert parse_local_date("1900-01-01") is None


def test_times_of_day() -> None:
    assert [parse_time(t) for t in ("08:30:00", "8:30", "23:59:59", "24:00:00", "", None)] == [
        30_600,
        30_600,
        86_399,
        86_400,
        None,
        None,
    ]
    for text in ("24:00:01", "8", "08:60", "noon", "-1:00"):
        with pytest.raises(ValueError, match="time"):
            parse_time(text)


def test_custom_fields_are_texts() -> None:
    values: list[object] = ["Gold", 3.0, 2.5, True, None, "", 7]
    fields = [CustomField(caption=str(at), value=value) for at, value in enumerate(values)]

    assert read_custom_fields(fields) == (("0", "Gold"), ("1", "3"), ("2", "2.5"), ("3", "true"), ("6", "7"))
    assert read_custom_fields(None) == ()


def audit(text: str, at: str | None) -> AuditRecord:
    return AuditRecord(text=text, entered_date=at, entered_by="jdoe", audit_type="Ticket", audit_sub_type="Status")


def test_an_audit_trail_is_oldest_first_whichever_way_it_came() -> None:
    a, b, c = (audit("a", "2026-01-01T10:00:00Z"), audit("b", "2026-01-01T10:00:00Z"), audit("c", "2026-01-02"))

    assert [entry.text for entry in read_audit_trail(1, [a, b, c])] == ["a", "b", "c"]
    assert [entry.text for entry in read_audit_trail(1, [c, b, a])] == ["a", "b", "c"]
    (entry,) = read_audit_trail(1, [a])
    assert (entry.at, entry.kind, entry.by) == (utc("2026-01-01T10:00:00"), "Ticket / Status", "jdoe")


@pytest.mark.parametrize("at", [None, "last week", "1900-01-01"])
def test_an_audit_trail_without_its_dates_proves_nothing(at: str | None) -> None:
    with pytest.raises(PayloadError, match="ticket 77: audit trail: enteredDate") as caught:
        read_audit_trail(77, [audit("x", at)])
    assert (caught.value.reason, caught.value.ticket_id) == ("bad_date", 77)
