"""The ticket group against a server that answers from a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from msgspec import Struct

from slamon.connectwise.changes import Patch, by_id, by_name
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.drafts import NewNote, NewTicket
from slamon.connectwise.limits import Limits
from slamon.connectwise.query import Condition, compare, contains, custom_field, descending, equals
from slamon.connectwise.records import TicketRecord
from slamon.connectwise.refusals import (
    BoardRequiredError,
    CompanyRequiredError,
    InvalidStatusError,
    RecordRefusedError,
    SummaryTooLongError,
)
from slamon.errors import InputError, OutcomeUnknownError, PayloadError, SourceRefusedError

from .server import Reply, Routes, Server, serving

pytestmark = pytest.mark.anyio

TICKET = {
    "id": 17,
    "summary": "Printer",
    "board": {"id": 1, "name": "Help Desk"},
    "status": {"id": 16, "name": "New"},
    "poNumber": "PO-1",
    "futureField": {"deep": [1]},
}
STATUSES = Reply([{"id": 16, "name": "New"}, {"id": 18, "name": ">Closed"}])
BOARD = "GET /service/boards/1/statuses"
NEW = NewTicket(summary="Printer", board=by_id(1), company=by_id(3))


@asynccontextmanager
async def desk(
    credentials: Credentials, limits: Limits, table: dict[str, Reply | list[Reply]]
) -> AsyncIterator[tuple[Client, Server]]:
    async with serving(Routes(table)) as server, Client.open(server.url, credentials, limits=limits) as client:
        yield client, server


def asked(server: Server) -> list[str]:
    return [f"{r.method} {r.path.partition('/apis/3.0')[2]}" for r in server.requests]


async def test_a_ticket_as_slamon_knows_it_as_a_dict_and_as_a_struct_of_ones_own(
    credentials: Credentials, quick: Limits
) -> None:
    class Order(Struct, rename="camel"):
        id: int
        po_number: str = ""

    async with desk(credentials, quick, {"GET /service/tickets/17": Reply(TICKET)}) as (client, server):
        known: TicketRecord = await client.tickets.get(17)
        whole: dict[str, Any] = await client.tickets.of(dict).get(17)
        own: Order = await client.tickets.of(Order).get(17, fields=("id", "poNumber"))

    assert (known.id, known.summary, known.status and known.status.name) == (17, "Printer", "New")
    assert whole == TICKET
    assert own == Order(17, "PO-1")
    assert [r.query for r in server.requests] == [{}, {}, {"fields": "id,poNumber"}]


async def test_a_ticket_that_is_not_there(credentials: Credentials, quick: Limits) -> None:
    gone = Reply({"code": "NotFound", "message": "Service Ticket 5 not found"}, 404)
    async with desk(credentials, quick, {"GET /service/tickets/5": gone}) as (client, _):
        with pytest.raises(SourceRefusedError, match="Service Ticket 5 not found") as caught:
            await client.tickets.get(5)
    assert caught.value.status == 404


async def test_an_answer_of_another_shape_names_its_request(credentials: Credentials, quick: Limits) -> None:
    async with desk(credentials, quick, {"GET /service/tickets/5": Reply([1])}) as (client, _):
        with pytest.raises(PayloadError, match="GET /service/tickets/5: not the expected document"):
            await client.tickets.get(5)


async def test_an_odd_answer_to_a_creation_tells_that_it_was_done_or_that_nobody_knows(
    credentials: Credentials, quick: Limits
) -> None:
    table: dict[str, Reply | list[Reply]] = {"POST /service/tickets": [Reply([1], 201), Reply(b"<html>", 200)]}
    async with desk(credentials, quick, table) as (client, server):
        with pytest.raises(PayloadError, match="done, but the answer is not the expected document"):
            await client.tickets.create(NEW)
        with pytest.raises(OutcomeUnknownError, match=r"a web page, .* may or may not have been carried out"):
            await client.tickets.create(NEW)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [("service/tickets", "is not the path"), ("/x/{company}/y", "an id is missing"), ("/x/{", "a brace is not closed")],
)
async def test_a_path_that_cannot_be_filled_is_refused(
    endpoint: str, message: str, credentials: Credentials, quick: Limits
) -> None:
    async with desk(credentials, quick, {}) as (client, server):
        with pytest.raises(InputError, match=message):
            await client.at(endpoint, {"parent": 1}).get(1)

    assert server.requests == []


@pytest.mark.parametrize(
    ("where", "written"),
    [
        (equals("company/id", 12345), "company/id = 12345"),
        (compare("priority/id", "<=", 2), "priority/id <= 2"),
        (contains("resources", "jsmith"), 'resources contains "jsmith"'),
    ],
)
async def test_one_page_in_any_order(where: Condition, written: str, credentials: Credentials, quick: Limits) -> None:
    async with desk(credentials, quick, {"GET /service/tickets": Reply([TICKET])}) as (client, server):
        page = await client.tickets.of(dict).page(
            where,
            child=equals("notes/id", 1),
            custom=custom_field("SLA Tier", "Gold"),
            order_by=("priority/id", descending("id")),
            fields=("id", "status/name"),
            number=2,
        )

    assert page.good == [TICKET]
    assert server.requests[0].query == {
        "conditions": written,
        "childConditions": "notes/id = 1",
        "customFieldConditions": '(caption = "SLA Tier") and (value = "Gold")',
        "orderBy": "priority/id asc,id desc",
        "fields": "id,status/name",
        "page": "2",
        "pageSize": "25",
    }


async def test_tickets_are_counted_and_searched_by_post(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "GET /service/tickets/count": Reply({"count": 4711}),
        "POST /service/tickets/search": Reply([TICKET]),
    }
    async with desk(credentials, quick, table) as (client, server):
        assert await client.tickets.count(equals("closedFlag", False)) == 4711
        pages = [page async for page in client.tickets.found(equals("closedFlag", False), fields=("id",))]

    assert [ticket.id for page in pages for ticket in page.good] == [17]
    assert server.requests[0].query == {"conditions": "closedFlag = false"}
    assert server.requests[1].json == {"conditions": "closedFlag = false", "orderBy": "id asc"}


async def test_calculated_tickets_come_from_the_plain_list_of_a_server_that_cannot(
    credentials: Credentials, quick: Limits
) -> None:
    able: dict[str, Reply | list[Reply]] = {"GET /service/tickets/calculateSla": Reply([TICKET])}
    async with desk(credentials, quick, able) as (client, server):
        assert [len(page.good) async for page in client.tickets.calculated()] == [1]
    assert asked(server) == ["GET /service/tickets/calculateSla"]

    async with desk(credentials, quick, {"GET /service/tickets": Reply([TICKET])}) as (client, server):
        for _ in range(2):
            assert [len(page.good) async for page in client.tickets.calculated(equals("id", 17))] == [1]
    assert asked(server) == ["GET /service/tickets/calculateSla", *["GET /service/tickets"] * 2]
    assert server.requests[1].query["conditions"] == "id = 17"

    refusing: dict[str, Reply | list[Reply]] = {"GET /service/tickets/calculateSla": Reply(b"", 403)}
    async with desk(credentials, quick, refusing) as (client, server):
        with pytest.raises(SourceRefusedError):
            _ = [page async for page in client.tickets.calculated()]


async def test_a_ticket_is_created_changed_and_replaced(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "POST /service/tickets": Reply(TICKET, 201),
        "PATCH /service/tickets/17": Reply(TICKET),
        "PUT /service/tickets/17": Reply(TICKET),
        "GET /service/tickets/17": Reply({"id": 17, "board": {"id": 1}}),
        "DELETE /service/tickets/17": Reply(b"", 204),
        BOARD: STATUSES,
    }
    async with desk(credentials, quick, table) as (client, server):
        assert (await client.tickets.create(NEW)).id == 17
        assert (await client.tickets.patch(17, Patch().replace("status", by_name("new")).remove("owner"))).id == 17
        await client.tickets.patch(17, {"status": by_id(18)})
        await client.tickets.put(17, {"summary": "x", "board": by_id(1), "company": by_id(3), "status": by_id(16)})
        await client.tickets.delete(17)

    assert asked(server) == [
        "POST /service/tickets",
        *("GET /service/tickets/17", BOARD, "PATCH /service/tickets/17"),
        *("GET /service/tickets/17", "PATCH /service/tickets/17"),
        "PUT /service/tickets/17",
        "DELETE /service/tickets/17",
    ]
    assert server.requests[0].json == {"summary": "Printer", "board": {"id": 1}, "company": {"id": 3}}
    assert server.requests[3].json == [
        {"op": "replace", "path": "status", "value": {"name": "new"}},
        {"op": "remove", "path": "owner"},
    ]


@pytest.mark.parametrize(
    ("body", "kind", "remedy"),
    [
        ({"summary": "x", "company": {"id": 1}}, BoardRequiredError, "the ticket has no board; name its board"),
        ({"summary": "x", "board": {"id": 1}}, CompanyRequiredError, "the ticket has no company; name its company"),
        (
            {"summary": "x" * 101, "board": {"id": 1}, "company": {"id": 1}},
            SummaryTooLongError,
            "the summary has 101 characters; shorten it to 100 characters and put the rest into a note",
        ),
        (
            {"summary": "x", "board": {"id": 1}, "company": {"id": 1}, "status": {"id": 99}},
            InvalidStatusError,
            "99 is no status of board 1; choose one of 16 New, 18 >Closed",
        ),
    ],
)
async def test_what_cannot_be_saved_is_never_sent(
    body: dict[str, Any], kind: type[RecordRefusedError], remedy: str, credentials: Credentials, quick: Limits
) -> None:
    async with desk(credentials, quick, {BOARD: STATUSES}) as (client, server):
        for write in (client.tickets.create(body), client.tickets.put(17, body)):
            with pytest.raises(kind, match=remedy) as caught:
                await write
            assert not caught.value.sent

    assert {name.partition(" ")[0] for name in asked(server)} <= {"GET"}


async def test_a_patch_is_checked_for_what_it_changes_only(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "GET /service/tickets/17": Reply({"id": 17, "board": {"id": 1}}),
        "PATCH /service/tickets/17": Reply(TICKET),
        BOARD: STATUSES,
    }
    async with desk(credentials, quick, table) as (client, server):
        await client.tickets.patch(17, {"severity": "High"})
        with pytest.raises(SummaryTooLongError):
            await client.tickets.patch(17, {"summary": "x" * 101})
        with pytest.raises(BoardRequiredError):
            await client.tickets.patch(17, Patch().remove("board"))
        with pytest.raises(InputError, match="company/identifier"):
            await client.tickets.patch(17, {"company/identifier": "ACME"})
        with pytest.raises(InvalidStatusError) as caught:
            await client.tickets.patch(17, {"status": by_name("Gone")})

    assert caught.value.statuses == ((16, "New"), (18, ">Closed"))
    assert asked(server).count("PATCH /service/tickets/17") == 1


async def test_a_status_new_on_the_board_is_found_and_unreadable_statuses_are_left_to_the_server(
    credentials: Credentials, quick: Limits
) -> None:
    more = Reply([{"id": 16, "name": "New"}, {"id": 20, "name": "Scheduled"}])
    table: dict[str, Reply | list[Reply]] = {
        "POST /service/tickets": Reply(TICKET, 201),
        BOARD: [STATUSES, more],
        "GET /service/boards/2/statuses": Reply(b"", 403),
    }
    status = {"summary": "x", "company": by_id(3), "board": by_id(1), "status": by_id(16)}
    async with desk(credentials, quick, table) as (client, server):
        await client.tickets.create(status)
        await client.tickets.create(status | {"status": by_name("scheduled")})
        await client.tickets.create(status | {"board": by_id(2), "status": by_id(99)})

    assert asked(server).count(BOARD) == 2


async def test_a_board_given_by_name_is_looked_up_once(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "POST /service/tickets": Reply(TICKET, 201),
        "GET /service/boards": [Reply([{"id": 1}]), Reply([])],
        BOARD: STATUSES,
    }
    body = {"summary": "x", "company": by_id(3), "board": by_name("Help Desk"), "status": by_name("Gone")}
    async with desk(credentials, quick, table) as (client, server):
        for _ in range(2):
            with pytest.raises(InvalidStatusError, match="'Gone' is no status of board 1"):
                await client.tickets.create(body)
        for unknown in ("No such board", "\"'"):
            await client.tickets.create(body | {"board": by_name(unknown)})

    assert asked(server).count("GET /service/boards") == 2
    assert server.requests[0].query == {"conditions": 'name = "Help Desk"', "fields": "id", "pageSize": "1"}


def fault(code: str, message: str, field: str = "") -> Reply:
    one = {"code": code, "message": message, "resource": "ticket"} | ({"field": field} if field else {})
    return Reply({"code": "InvalidObject", "message": "ticket object is invalid", "errors": [one]}, 400)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (fault("MissingRequiredField", "The board field is required.", "board"), BoardRequiredError),
        (fault("MissingRequiredField", "The board field is required."), BoardRequiredError),
        (fault("MissingRequiredField", "x", "company/id"), CompanyRequiredError),
        (fault("MaxLength", "x", "summary"), SummaryTooLongError),
        (
            fault("InvalidField", "The field summary must have a maximum length of 100."),
            SummaryTooLongError,
        ),
        (fault("NotFound", "status 99 not found", "status/id"), InvalidStatusError),
        (fault("InvalidField", "odd", "Status"), InvalidStatusError),
    ],
)
async def test_a_named_refusal_is_recognised_in_the_servers_answer(
    answer: Reply, kind: type[RecordRefusedError], credentials: Credentials, quick: Limits
) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "POST /service/tickets": answer,
        "PATCH /service/tickets/17": answer,
        BOARD: STATUSES,
    }
    async with desk(credentials, quick, table) as (client, _):
        for write in (client.tickets.create(NEW), client.tickets.patch(17, {"severity": "Low", "board": by_id(1)})):
            with pytest.raises(kind) as caught:
                await write
            assert type(caught.value) is kind
            assert caught.value.sent
            assert (caught.value.status, caught.value.code) == (400, "InvalidObject")
            assert "ticket object is invalid" in str(caught.value)
            if isinstance(caught.value, InvalidStatusError):
                assert "choose one of 16 New" in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        fault("NotFound", "company 19299 not found", "company/id"),
        Reply({"message": "The board field is required to be readable."}, 403),
        Reply({"message": "no"}, 400),
    ],
)
async def test_other_refusals_stay_what_they_are(answer: Reply, credentials: Credentials, quick: Limits) -> None:
    async with desk(credentials, quick, {"POST /service/tickets": answer}) as (client, _):
        with pytest.raises(SourceRefusedError) as caught:
            await client.tickets.create(NEW)
    assert not isinstance(caught.value, RecordRefusedError)


async def test_a_creation_is_never_sent_twice_on_a_guess(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {
        "POST /service/tickets": Reply(b"", 503),
        "PATCH /service/tickets/17": [Reply(b"", 503), Reply(TICKET), Reply(b"", 503), Reply(TICKET)],
    }
    async with desk(credentials, quick, table) as (client, server):
        with pytest.raises(OutcomeUnknownError):
            await client.tickets.create(NEW)
        await client.tickets.patch(17, {"severity": "Low"})
        with pytest.raises(OutcomeUnknownError):
            await client.tickets.patch(17, Patch().add("severity", "Low"))

    assert asked(server) == ["POST /service/tickets", *["PATCH /service/tickets/17"] * 3]


async def test_notes_are_listed_written_and_deleted(credentials: Credentials, quick: Limits) -> None:
    note = {"id": 5, "ticketId": 17, "text": "x", "internalAnalysisFlag": True, "unknown": 1}
    choose = "Please choose where to display the notes in order to save this record."
    table: dict[str, Reply | list[Reply]] = {
        "GET /service/tickets/17/notes": Reply([note]),
        "POST /service/tickets/17/notes": [Reply(note, 201), fault("ServiceNote", choose, "detailDescriptionFlag")],
        "DELETE /service/tickets/17/notes/5": Reply(b"", 204),
    }
    async with desk(credentials, quick, table) as (client, server):
        notes = client.tickets.notes(17)
        assert [row.text for row in await notes.all()] == ["x"]
        assert (await notes.create(NewNote(text="x", internal_analysis_flag=True))).id == 5
        with pytest.raises(SourceRefusedError, match="Please choose where"):
            await notes.create(NewNote(text="x"))
        await notes.delete(5)

    assert server.requests[1].json == {"text": "x", "internalAnalysisFlag": True}


async def test_a_creation_answered_with_nothing_says_that_it_was_done(credentials: Credentials, quick: Limits) -> None:
    table: dict[str, Reply | list[Reply]] = {"POST /service/tickets": Reply(b"", 204)}
    async with desk(credentials, replace(quick, tries=1), table) as (client, _):
        with pytest.raises(PayloadError, match="POST /service/tickets: done, but the answer is empty"):
            await client.tickets.create(NEW)
