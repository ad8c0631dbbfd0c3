"""The company group, and every other group, against a server that answers from a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from slamon.connectwise.changes import by_id
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.drafts import NewCallback, NewCompany
from slamon.connectwise.limits import Limits
from slamon.connectwise.query import equals
from slamon.connectwise.refusals import (
    CompanyInUseError,
    IdentifierExistsError,
    IdentifierRequiredError,
    IdentifierTooLongError,
    InvalidCompanyStatusError,
    NameRequiredError,
    NameTooLongError,
    RecordRefusedError,
)
from slamon.errors import InputError, SourceRefusedError

from .server import Reply
from .test_tickets_api import asked, desk

pytestmark = pytest.mark.anyio

Table = dict[str, Reply | list[Reply]]

COMPANY = {"id": 7, "identifier": "ACME", "name": "Acme", "status": {"id": 1, "name": "Active"}, "types": [{"id": 1}]}
STATUSES = Reply([{"id": 1, "name": "Active"}, {"id": 2, "name": "Sleeping", "inactiveFlag": True}])
NEW = NewCompany(identifier="ACME", name="Acme", types=(by_id(1),))
TIER = {"id": 3, "caption": "SLA Tier", "type": "Text", "entryMethod": "List", "numberOfDecimals": 0, "value": "Gold"}
EMPTY = {"id": 4, "caption": "Since", "type": "Date", "entryMethod": "Date", "numberOfDecimals": 0}


async def test_a_company_is_created_read_changed_and_deleted(credentials: Credentials, quick: Limits) -> None:
    table: Table = {
        "POST /company/companies": Reply(COMPANY, 201),
        "GET /company/companies/7": Reply(COMPANY),
        "PATCH /company/companies/7": Reply(COMPANY),
        "PUT /company/companies/7": Reply(COMPANY),
        "DELETE /company/companies/7": Reply(b"", 204),
        "GET /company/companies": Reply([COMPANY]),
        "GET /company/companies/count": Reply({"count": 1}),
    }
    async with desk(credentials, quick, table) as (client, server):
        assert (await client.companies.create(NEW)).identifier == "ACME"
        company = await client.companies.get(7)
        assert (company.name, company.status and company.status.name) == ("Acme", "Active")
        await client.companies.patch(7, {"phoneNumber": "1"})
        await client.companies.put(7, COMPANY)
        await client.companies.delete(7)
        assert [row["types"] for row in await client.companies.of(dict).all(child=equals("types/id", 1))] == [
            [{"id": 1}]
        ]
        assert await client.companies.count(equals("identifier", "ACME")) == 1

    assert server.requests[0].json == {"identifier": "ACME", "name": "Acme", "types": [{"id": 1}]}
    assert server.requests[5].query == {"childConditions": "types/id = 1", "orderBy": "id asc", "pageSize": "1000"}


@pytest.mark.parametrize(
    ("body", "kind", "remedy"),
    [
        ({"name": "Acme"}, IdentifierRequiredError, "the company has no identifier; give it an identifier"),
        ({"identifier": " ", "name": "Acme"}, IdentifierRequiredError, "has no identifier"),
        ({"identifier": "ACME"}, NameRequiredError, "the company has no name; give it a name"),
        ({"identifier": "A" * 31, "name": "x"}, IdentifierTooLongError, "31 characters; shorten it to 30"),
        ({"identifier": "A", "name": "x" * 51}, NameTooLongError, "51 characters; shorten it to 50"),
    ],
)
async def test_what_cannot_be_saved_is_never_sent(
    body: dict[str, Any], kind: type[RecordRefusedError], remedy: str, credentials: Credentials, quick: Limits
) -> None:
    async with desk(credentials, quick, {}) as (client, server):
        for write in (client.companies.create(body), client.companies.put(7, body)):
            with pytest.raises(kind, match=remedy):
                await write
        with pytest.raises(NameRequiredError):
            await client.companies.patch(7, {"name": ""})

    assert server.requests == []


def fault(code: str, message: str, field: str = "", status: int = 400) -> Reply:
    one = {"code": code, "message": message, "resource": "company"} | ({"field": field} if field else {})
    return Reply({"code": "InvalidObject", "message": "company object is invalid", "errors": [one]}, status)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (fault("MissingRequiredField", "The identifier field is required.", "identifier"), IdentifierRequiredError),
        (fault("MissingRequiredField", "The name field is required."), NameRequiredError),
        (fault("ObjectExists", "A matching entry already exists"), IdentifierExistsError),
        (fault("InvalidField", "This identifier is already in use", "identifier", 409), IdentifierExistsError),
        (fault("MaxLength", "x", "identifier"), IdentifierTooLongError),
        (fault("MaxLength", "x", "name"), NameTooLongError),
        (fault("NotFound", "status 9 not found", "status/id"), InvalidCompanyStatusError),
    ],
)
async def test_a_named_refusal_is_recognised_in_the_servers_answer(
    answer: Reply, kind: type[RecordRefusedError], credentials: Credentials, quick: Limits
) -> None:
    table: Table = {
        "POST /company/companies": answer,
        "PATCH /company/companies/7": answer,
        "GET /company/companies/statuses": STATUSES,
    }
    async with desk(credentials, quick, table) as (client, _):
        for write in (client.companies.create(NEW), client.companies.patch(7, {"status": by_id(9)})):
            with pytest.raises(kind) as caught:
                await write
            assert type(caught.value) is kind
            assert caught.value.sent
            if isinstance(caught.value, InvalidCompanyStatusError):
                assert "choose one of 1 Active, 2 Sleeping" in str(caught.value)


USAGES = Reply([{"type": "Ticket", "count": 12, "typeKey": "x"}, {"type": "Contact", "count": 3}, {"count": 0}])


@pytest.mark.parametrize("status", [400, 403, 409])
async def test_a_company_in_use_says_by_what_and_what_to_do_instead(
    status: int, credentials: Credentials, quick: Limits
) -> None:
    table: Table = {
        "DELETE /company/companies/7": Reply({"message": "in use"}, status),
        "GET /company/companies/7/usages": USAGES,
    }
    async with desk(credentials, quick, table) as (client, _):
        with pytest.raises(CompanyInUseError, match=r"used by 12 Ticket, 3 Contact .*set_inactive") as caught:
            await client.companies.delete(7)

    assert [(usage.type, usage.count) for usage in caught.value.usages] == [("Ticket", 12), ("Contact", 3)]
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("status", "usages", "kind"),
    [
        (403, Reply([]), SourceRefusedError),
        (400, Reply(b"", 403), SourceRefusedError),
        (409, Reply(b"", 403), CompanyInUseError),
        (404, USAGES, SourceRefusedError),
    ],
)
async def test_another_refusal_of_a_deletion_is_not_taken_for_use(
    status: int, usages: Reply, kind: type[SourceRefusedError], credentials: Credentials, quick: Limits
) -> None:
    table: Table = {
        "DELETE /company/companies/7": Reply({"message": "no"}, status),
        "GET /company/companies/7/usages": usages,
    }
    async with desk(credentials, quick, table) as (client, _):
        with pytest.raises(SourceRefusedError) as caught:
            await client.companies.delete(7)
    assert type(caught.value) is kind


async def test_a_company_is_set_inactive_by_what_its_statuses_say(credentials: Credentials, quick: Limits) -> None:
    by_name = Reply([{"id": 5, "name": "Active"}, {"id": 6, "name": "inactive"}])
    table: Table = {
        "GET /company/companies/statuses": [STATUSES, by_name, Reply([{"id": 5, "name": "Active"}])],
        "PATCH /company/companies/7": Reply(COMPANY),
    }
    async with desk(credentials, quick, table) as (client, server):
        await client.companies.set_inactive(7)
        await client.companies.set_inactive(7)
        with pytest.raises(InputError, match="no company status counts as inactive"):
            await client.companies.set_inactive(7)

    sent = [request.json for request in server.requests if request.method == "PATCH"]
    assert [step["value"] for (step,) in sent] == [{"id": 2}, {"id": 6}]


async def test_custom_fields_are_read_from_the_company_and_written_as_one_array(
    credentials: Credentials, quick: Limits
) -> None:
    table: Table = {
        "GET /company/companies/7": Reply({"id": 7, "customFields": [TIER, EMPTY]}),
        "PATCH /company/companies/7": Reply(COMPANY),
    }
    async with desk(credentials, quick, table) as (client, server):
        fields = await client.companies.custom_fields(7)
        await client.companies.set_custom_fields(7, {"SLA Tier": "Silver", 4: "2026-01-01"})
        with pytest.raises(InputError, match="has no custom field 'Tier'; it has SLA Tier, Since"):
            await client.companies.set_custom_fields(7, {"Tier": 1})

    assert [(field.id, field.caption, field.type, field.value) for field in fields] == [
        (3, "SLA Tier", "Text", "Gold"),
        (4, "Since", "Date", None),
    ]
    assert server.requests[0].query == {"fields": "id,customFields"}
    (sent,) = [request.json for request in server.requests if request.method == "PATCH"]
    array = [TIER | {"value": "Silver"}, EMPTY | {"value": "2026-01-01"}]
    assert sent == [{"op": "replace", "path": "customFields", "value": array}]


ROW = Reply([{"id": 1, "name": "x", "unknown": {"deep": 1}}])
LISTS: dict[str, Callable[[Client], Awaitable[list[Any]]]] = {
    "/service/boards": lambda c: c.boards.all(),
    "/service/boards/4/statuses": lambda c: c.boards.statuses(4).all(),
    "/service/boards/4/types": lambda c: c.boards.types(4).all(),
    "/service/boards/4/teams": lambda c: c.boards.teams(4).all(),
    "/service/priorities": lambda c: c.priorities.all(),
    "/service/SLAs": lambda c: c.slas.all(),
    "/service/SLAs/4/priorities": lambda c: c.slas.priorities(4).all(),
    "/schedule/calendars": lambda c: c.calendars.all(),
    "/schedule/holidayLists": lambda c: c.holiday_lists.all(),
    "/schedule/holidayLists/4/holidays": lambda c: c.holiday_lists.holidays(4).all(),
    "/company/companies/statuses": lambda c: c.companies.statuses.all(),
    "/company/companies/types": lambda c: c.companies.types.all(),
    "/company/companies/4/sites": lambda c: c.companies.sites(4).all(),
    "/company/companies/4/typeAssociations": lambda c: c.companies.type_associations(4).all(),
    "/company/contacts": lambda c: c.companies.contacts(4).all(),
    "/service/tickets": lambda c: c.companies.tickets(4).all(),
    "/finance/agreements": lambda c: c.companies.agreements(4).all(),
    "/company/configurations": lambda c: c.companies.configurations(4).all(),
    "/project/projects": lambda c: c.companies.projects(4).all(),
    "/system/members": lambda c: c.members.all(),
    "/system/locations": lambda c: c.locations.all(),
    "/system/timeZoneSetups": lambda c: c.time_zones.all(),
    "/system/callbacks": lambda c: c.callbacks.all(),
    "/company/companies/4/notes": lambda c: c.at("/company/companies/{company}/notes", {"company": 4}).all(),
}
OF_ONE_COMPANY = (
    *("/company/contacts", "/service/tickets", "/finance/agreements"),
    *("/company/configurations", "/project/projects"),
)


@pytest.mark.parametrize("path", LISTS)
async def test_every_group_reads_its_own_list_and_lives_with_unknown_fields(
    path: str, credentials: Credentials, quick: Limits
) -> None:
    async with desk(credentials, quick, {f"GET {path}": ROW}) as (client, server):
        rows = await LISTS[path](client)

    assert [row["id"] if isinstance(row, dict) else row.id for row in rows] == [1]
    assert asked(server) == [f"GET {path}"]
    wanted = "company/id = 4" if path in OF_ONE_COMPANY else None
    assert server.requests[0].query.get("conditions") == wanted


async def test_callbacks_are_made_and_taken_away(credentials: Credentials, quick: Limits) -> None:
    row = {"id": 9, "url": "https://h/x?recordId=", "objectId": 1, "type": "ticket", "level": "owner"}
    table: Table = {
        "POST /system/callbacks": [Reply(row, 201), fault("ObjectExists", "A matching callback entry already exists")],
        "DELETE /system/callbacks/9": Reply(b"", 204),
    }
    new = NewCallback(url="https://h/x?recordId=", object_id=1, type="ticket", level="owner")
    async with desk(credentials, quick, table) as (client, server):
        assert (await client.callbacks.create(new)).id == 9
        with pytest.raises(SourceRefusedError, match="already exists"):
            await client.callbacks.create(new)
        await client.callbacks.delete(9)

    assert server.requests[0].json == {k: v for k, v in row.items() if k != "id"}


async def test_the_system_tells_of_itself(credentials: Credentials, quick: Limits) -> None:
    table: Table = {
        "GET /system/info": Reply({"version": "v2026.4", "serverTimeZone": "Eastern"}),
        "GET /system/myCompany/other": Reply([{"id": 1, "defaultCalendar": {"id": 2}}]),
    }
    async with desk(credentials, quick, table) as (client, _):
        assert (await client.system_info()).version == "v2026.4"
        defaults = await client.company_defaults()
    assert defaults is not None
    assert defaults.default_calendar is not None
    assert defaults.default_calendar.id == 2
