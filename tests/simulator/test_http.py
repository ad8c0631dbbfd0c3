"""The simulator over real sockets: shapes, refusals, pages, writes."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import API, FRIDAY_AFTERNOON, Desk

INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def _no_nulls(value: object) -> bool:
    if isinstance(value, dict):
        return all(_no_nulls(item) for item in value.values())
    if isinstance(value, list):
        return all(_no_nulls(item) for item in value)
    return value is not None


# --- who may ask -----------------------------------------------------------------------------------------------------


def test_company_info_needs_no_login_and_gives_the_codebase(shared: Desk) -> None:
    with httpx.Client(base_url=shared.url) as stranger:
        info = stranger.get("/login/companyinfo/Training").json()
        assert info["Codebase"] == "v2026_1/"
        assert info["CompanyID"] == "training"
        assert stranger.get("/login/companyinfo/nobody").json() is None
        known = stranger.get(
            f"/{info['Codebase']}apis/3.0/system/info", auth=("training+public", "private"), headers={"clientId": "x"}
        )
        assert known.json()["version"].startswith("v2026.1")


@pytest.mark.parametrize("auth", [None, ("training+public", "wrong"), ("other+public", "private"), ("", "")])
def test_wrong_credentials_are_401(shared: Desk, auth: tuple[str, str] | None) -> None:
    answer = httpx.get(f"{shared.url}{API}/system/info", auth=auth, headers={"clientId": "x"})
    assert answer.status_code == 401
    assert answer.json() == {"code": "Unauthorized", "message": "UserNotAuthenticated"}
    assert answer.headers["content-type"] == "application/json"


def test_garbled_authorization_is_401(shared: Desk) -> None:
    for value in ("Basic", "Basic %%%", "Basic /w==", "Bearer x"):
        answer = httpx.get(f"{shared.url}{API}/system/info", headers={"clientId": "x", "Authorization": value})
        assert answer.status_code == 401


def test_no_client_id_is_403(shared: Desk) -> None:
    answer = httpx.get(f"{shared.url}{API}/system/info", auth=("training+public", "private"))
    assert answer.status_code == 403
    assert "clientId" in answer.json()["message"]


# --- paths and refusals ----------------------------------------------------------------------------------------------


def test_unknown_places(shared: Desk) -> None:
    nowhere = {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}
    assert shared.refused("/service/nothing") == (404, nowhere)
    assert shared.refused("/service/tickets/abc") == (404, nowhere)
    assert shared.client.get("/v2017_3/apis/3.0/system/info").json() == nowhere
    assert shared.client.get("/").status_code == 404
    missing = {"code": "NotFound", "message": "Service Ticket 404 not found"}
    assert shared.refused("/service/tickets/404") == (404, missing)
    assert shared.refused("/company/companies/404")[1]["message"] == "company 404 not found"
    assert shared.refused("/service/boards/77/statuses")[0] == 404
    number = shared.get("/service/tickets", pageSize=1, fields="id")[0]["id"]
    assert shared.refused(f"/service/tickets/{number}/notes/4")[1]["message"] == "Service Note 4 not found"
    refused = shared.client.delete(f"{API}/service/tickets/count")
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert refused.json()["code"] == "ConnectWiseApi"


def test_paths_and_parameters_in_any_case(shared: Desk) -> None:
    lower = shared.get("/service/slas", pagesize=2)
    assert shared.get("/Service/SLAs", PageSize=2) == lower
    assert len(lower) == 2
    doubled = shared.client.get(f"{API}//service//slas/1")
    assert doubled.json()["name"] == "Standard"


@pytest.mark.parametrize(
    "place", ["/service/tickets", "/service/tickets/count", "/service/boards", "/company/companies"]
)
def test_a_wrong_name_in_conditions_is_400_everywhere(shared: Desk, place: str) -> None:
    expected = {"code": "ApiFindCondition", "message": "ticket is not a recognized name."}
    assert shared.refused(place, conditions="ticket=1") == (400, expected)


def test_every_collection_lists_counts_and_gives_one(shared: Desk) -> None:
    places = [
        "/service/boards", "/service/boards/1/statuses", "/service/priorities", "/service/SLAs",
        "/service/SLAs/1/priorities",
        "/schedule/calendars", "/schedule/holidayLists", "/schedule/holidayLists/1/holidays", "/company/companies",
        "/company/companies/types", "/company/companies/statuses", "/company/companies/250/sites", "/company/contacts",
        "/finance/agreements", "/system/members", "/system/locations", "/system/timeZoneSetups", "/service/tickets",
    ]  # fmt: skip
    for place in places:
        found = shared.get(place, pageSize=1000)
        assert found, place
        assert shared.get(f"{place}/count") == {"count": len(found)}
        assert shared.get(f"{place}/{found[-1]['id']}")["id"] == found[-1]["id"]
        assert [row["id"] for row in shared.get(place, conditions=f"id={found[0]['id']}")] == [found[0]["id"]]
        assert shared.get(place, orderBy="id desc", fields="id", pageSize=1) == [
            {"id": max(row["id"] for row in found)}
        ]
        assert _no_nulls(found)
        assert all(isinstance(value, str) for row in found for value in row["_info"].values())


# --- what tickets look like ------------------------------------------------------------------------------------------


def test_the_shape_of_a_ticket(shared: Desk) -> None:
    tickets = shared.get("/service/tickets", pageSize=1000)
    for row in tickets:
        info = row["_info"]
        assert "dateEntered" not in row
        assert INSTANT.match(info["dateEntered"])
        assert INSTANT.match(info["lastUpdated"])
        assert info["notes_href"] == f"{shared.url}{API}//service/tickets/{row['id']}/notes"
        assert set(row["company"]) == {"id", "identifier", "name", "_info"}
        assert isinstance(row["priority"]["sort"], int)
        assert "escalationStatus" not in row["status"]
    assert "\x7f" not in repr(tickets)
    closed = [row for row in tickets if row["closedFlag"]]
    assert any(row["status"]["name"].startswith(">") for row in closed)
    assert all(INSTANT.match(row["closedDate"]) for row in closed)


def test_traps_that_real_instances_hold(shared: Desk) -> None:
    statuses = [status for board in (1, 9, 12, 21) for status in shared.get(f"/service/boards/{board}/statuses")]
    by_name = {status["name"]: status for status in statuses}
    assert (by_name["Completed"]["escalationStatus"], by_name["Completed"]["closedStatus"]) == ("Resolved", False)
    assert by_name["Waiting Scheduling"]["escalationStatus"] == "ResolutionPlan"
    assert by_name[">Cancelled"]["closedStatus"]
    assert by_name[">Cancelled"]["escalationStatus"] == "NoEscalation"
    ranks = [(row["id"], row["sortOrder"]) for row in shared.get("/service/priorities")]
    assert any(number != rank for number, rank in ranks)
    assert "respondHours" not in shared.get("/service/SLAs/6")
    assert shared.get("/company/companies/250")["customFields"][0]["value"] == "Gold"
    assert "calendar" not in shared.get("/company/companies/271")
    assert "saturdayStartTime" not in shared.get("/schedule/calendars/1")
    holidays = shared.get("/schedule/holidayLists/1/holidays", pageSize=1000)
    assert {row["date"][:4] for row in holidays} == {"2025", "2026", "2027"}
    assert {row["allDayFlag"] for row in holidays} == {True, False}
    assert {"id": 101, "date": "2025-01-01"} in shared.get("/schedule/holidayLists/1/holidays", fields="id,date")


def test_zones_and_company_defaults(shared: Desk) -> None:
    [other] = shared.get("/system/myCompany/other")
    assert shared.get("/system/myCompany/other/1") == other
    assert shared.refused("/system/myCompany/other/2")[0] == 404
    assert other["serverTimeZone"]["name"] == "GMT-5/Eastern Time: US & Canada"
    assert other["defaultCalendar"]["id"] == 1
    assert shared.get("/system/info")["serverTimeZone"] == "Eastern Standard Time"
    assert len(shared.get("/system/timeZoneSetups")) == 7


def test_answers_carry_the_simulated_time(served: Desk) -> None:
    def told() -> datetime:
        return parsedate_to_datetime(served.client.get(f"{API}/system/info").headers["date"])

    assert told() == FRIDAY_AFTERNOON
    served.clock.advance(7_200)
    assert (told() - FRIDAY_AFTERNOON).total_seconds() == 7_200
    refused = httpx.get(f"{served.url}{API}/system/info")
    assert parsedate_to_datetime(refused.headers["date"]).date() == FRIDAY_AFTERNOON.date()
    assert len(refused.headers.get_list("date")) == 1


def test_large_answers_are_compressed(shared: Desk) -> None:
    answer = shared.client.get(f"{API}/service/tickets", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()) == 25


def test_custom_fields_and_children_have_conditions_of_their_own(shared: Desk) -> None:
    gold = shared.get("/company/companies", customFieldConditions='caption="SLA Tier" AND value="gold"', fields="id")
    assert [row["id"] for row in gold] == [250, 253, 256, 261, 264, 267, 269]
    assert shared.get("/company/companies/count", childConditions="types/id=1") == {"count": 25}
    assert shared.get("/company/companies/count", childConditions="types/id=2 or types/name='no'") == {"count": 0}
    assert shared.get("/company/contacts/count", childConditions='communicationItems/value like "%@%"') == {"count": 50}
    assert shared.refused("/company/companies", childConditions="sites/id=1")[0] == 400
    assert shared.refused("/company/companies", conditions="types/id=1")[0] == 400


# --- pages -----------------------------------------------------------------------------------------------------------


def test_following_next_links_gives_every_ticket_once(shared: Desk) -> None:
    total = shared.get("/service/tickets/count", conditions="id>0")["count"]
    url, seen, pages = f"{shared.url}{API}/service/tickets?conditions=id%3E0&pageSize=50&fields=id", [], 0
    while url:
        answer = shared.client.get(url)
        seen += [row["id"] for row in answer.json()]
        url, pages = answer.links.get("next", {}).get("url", ""), pages + 1
    assert seen == sorted(set(seen))
    assert len(seen) == total == 320
    assert pages == 7
    assert shared.get("/service/tickets", page=99) == []
    assert len(shared.get("/service/tickets")) == 25


def test_forward_only_pages_end_with_an_empty_link(shared: Desk) -> None:
    headers = {"pagination-type": "forward-only"}
    url, seen = f"{shared.url}{API}/service/tickets?pageSize=100&fields=id", []
    while url:
        answer = shared.client.get(url, headers=headers)
        assert "link" in answer.headers
        seen += [row["id"] for row in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert len(seen) == 320
    refused = shared.client.get(f"{API}/service/tickets?orderBy=id", headers=headers)
    assert refused.status_code == 400


def test_the_audit_trail_knows_only_navigable_pages(shared: Desk) -> None:
    number = shared.get("/service/tickets", conditions="closedFlag=true", pageSize=1)[0]["id"]
    query = f"{API}/system/audittrail?type=Ticket&id={number}&pageSize=2"
    answer = shared.client.get(query, headers={"pagination-type": "forward-only"})
    rows = answer.json()
    assert 'rel="last"' in answer.headers["link"]
    assert set(rows[0]) == {"text", "enteredDate", "enteredBy", "auditType", "auditSubType", "auditSource"}
    everything = shared.get("/system/audittrail", type="Ticket", id=number, pageSize=1000)
    assert everything[-1]["text"] == "Ticket has been created."
    dates = [row["enteredDate"] for row in everything]
    assert dates == sorted(dates, reverse=True)
    count = shared.get("/system/audittrail/count", type="Ticket", id=number, conditions='auditSubType="Status"')
    assert count["count"] == sum(row["auditSubType"] == "Status" for row in everything)
    assert shared.refused("/system/audittrail")[0] == 400
    assert shared.refused("/system/audittrail", type="Ticket", id="x")[0] == 400
    assert shared.get("/system/audittrail", type="Ticket", id=1) == []


def test_search_takes_conditions_from_the_body_and_pages_from_the_url(shared: Desk) -> None:
    body = {"conditions": "closedFlag=false and board/id in (1,12)", "orderBy": "id desc"}
    found = shared.post("/service/tickets/search?pageSize=7&page=2&fields=id", body, status=200)
    same = shared.get("/service/tickets", **body, pageSize=7, page=2, fields="id")
    assert found == same
    assert len(found) == 7
    assert shared.client.post(f"{API}/service/tickets/search", content=b"{").status_code == 400


# --- current and stored figures --------------------------------------------------------------------------------------


def _running(desk: Desk) -> dict[str, Any]:
    """Return a fresh ticket whose clock runs around the clock."""
    made: dict[str, Any] = desk.post("/service/tickets", {"summary": "Disk full", "company": {"id": 250}})
    return made


def test_the_list_is_frozen_at_the_last_write_and_the_ticket_is_not(served: Desk) -> None:
    number = _running(served)["id"]
    served.patch(number, summary="Frozen?")  # a write: both agree now
    first = served.get("/service/tickets", conditions=f"id={number}")[0]
    assert served.get(f"/service/tickets/{number}") == first
    served.clock.advance(60)
    current = served.get(f"/service/tickets/{number}")
    assert current["respondMinutes"] == first["respondMinutes"] + 1
    assert served.get("/service/tickets", conditions=f"id={number}")[0] == first
    assert served.get("/service/tickets/calculateSLA", conditions=f"id={number}") == [current]


# --- writes ----------------------------------------------------------------------------------------------------------


def test_a_ticket_lives_through_the_api(served: Desk) -> None:
    body = {"summary": "Made by hand", "company": {"identifier": "larkspur"}, "initialDescription": "Hello"}
    made = served.post("/service/tickets", body)
    number = made["id"]
    assert made["_info"]["dateEntered"] == "2026-03-06T20:00:00Z"
    assert (made["board"]["name"], made["status"]["name"], made["priority"]["id"]) == ("Service Desk", "New", 7)
    assert made["sla"]["name"] == "Gold 24x7"
    assert made["respondByGoalUTC"] == "2026-03-06T22:00:00Z"
    assert made["slaStatus"] == "Respond by Fri 03/06 4:00 PM UTC-06"
    served.clock.advance(600)
    answered = served.patch(number, status={"name": "Acknowledged"}, owner={"identifier": "lchen"})
    assert (answered["dateResponded"], answered["respondMinutes"]) == ("2026-03-06T20:10:00Z", 10)
    served.clock.advance(600)
    urgent = served.patch(number, priority={"id": 6})
    assert (urgent["respondByGoalUTC"], urgent["resplanGoalUTC"]) == ("2026-03-06T22:00:00Z", "2026-03-06T21:00:00Z")
    parked = served.patch(number, status={"id": 483})
    assert parked["slaStatus"] == "Waiting"
    assert "resplanGoalUTC" not in parked
    served.clock.advance(600)
    moved = served.patch(number, board={"name": "Managed Services"})
    assert (moved["status"]["name"], moved["slaStatus"]) == ("Alert", "Plan by Fri 03/06 3:10 PM UTC-06")
    done = served.patch(number, status={"name": ">Closed"})
    assert (done["closedFlag"], done["closedBy"], done["slaStatus"]) == (True, "apimember", "Resolved")
    assert done["_info"]["updatedBy"] == "apimember"
    texts = [row["text"] for row in served.get("/system/audittrail", type="Ticket", id=number)]
    assert texts == [
        'Status has been updated from "Alert" to ">Closed".',
        'Status has been updated from "Waiting Customer" to "Alert".',
        'Board has been updated from "Service Desk" to "Managed Services".',
        'Status has been updated from "Acknowledged" to "Waiting Customer".',
        'Priority has been updated from "Priority 3 - Medium" to "Priority 1 - Critical".',
        'Status has been updated from "New" to "Acknowledged".',
        'Owner has been updated from "" to "lchen".',
        "Ticket has been created.",
    ]


def test_a_required_date_in_the_future_moves_the_start(served: Desk) -> None:
    body = {"summary": "Later", "company": {"id": 250}, "requiredDate": "2026-03-10T00:00:00Z"}
    made = served.post("/service/tickets", body)
    # Midnight in the server's Eastern zone, in summer time since the eighth.
    assert made["escalationStartDateUTC"] == "2026-03-10T04:00:00Z"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"company": {"id": 250}}, "MissingRequiredField", "summary"),
        ({"summary": "x"}, "MissingRequiredField", "company"),
        ({"summary": "x" * 101, "company": {"id": 250}}, "MaxLength", "summary"),
        ({"summary": "x", "company": {"id": 19299}}, "NotFound", "company/id"),
        ({"summary": "x", "company": {"id": 250}, "board": {"name": "No"}}, "NotFound", "board/name"),
        ({"summary": "x", "company": {"id": 250}, "status": {"id": 530}}, "NotFound", "status/id"),
        ({"summary": "x", "company": {"id": 250}, "severity": "Huge"}, "InvalidField", "severity"),
        ({"summary": "x", "company": 250}, "InvalidField", "company"),
        ({"summary": "x", "company": {"id": 250}, "requiredDate": "soon"}, "InvalidField", "requiredDate"),
        ({"summary": "x", "company": {"id": 250}, "budgetHours": "many"}, "InvalidField", "budgetHours"),
        ({"summary": "x", "company": {"id": 250}, "requiredDate": "9999-12-31"}, "InvalidField", "requiredDate"),
    ],
)
def test_a_ticket_that_cannot_be_saved(shared: Desk, body: object, code: str, field: str) -> None:
    refused = shared.post("/service/tickets", body, status=400)
    assert (refused["code"], refused["message"]) == ("InvalidObject", "ticket object is invalid")
    assert [(reason["code"], reason["field"]) for reason in refused["errors"]] == [(code, field)]
    assert refused["errors"][0]["resource"] == "ticket"


@pytest.mark.parametrize(
    "body",
    [
        {"summary": "merge objects are refused"},
        [{"op": "move", "path": "summary", "value": "x"}],
        ["summary"],
        [{"op": "replace", "path": "Summary", "value": "names are case-sensitive"}],
        [{"op": "replace", "path": "summary", "value": "x"}, {"op": "replace", "path": "status", "value": {"id": 999}}],
    ],
)
def test_a_refused_patch_changes_nothing(shared: Desk, body: object) -> None:
    number = shared.get("/service/tickets", pageSize=1, fields="id")[0]["id"]
    before = shared.get(f"/service/tickets/{number}")
    assert shared.client.patch(f"{API}/service/tickets/{number}", json=body).status_code == 400
    assert shared.get(f"/service/tickets/{number}") == before


def test_a_path_inside_a_reference_pretends_to_work(served: Desk) -> None:
    number = _running(served)["id"]
    before = served.get(f"/service/tickets/{number}")["status"]
    assert served.patch(number, **{"status/id": 489})["status"] == before
    assert served.patch(number, **{"/summary": "with a slash"})["summary"] == "with a slash"


def test_removing_a_field(served: Desk) -> None:
    number = _running(served)["id"]
    assert served.patch(number, owner={"id": 150})["resources"] == "jsmith"
    gone = served.client.patch(f"{API}/service/tickets/{number}", json=[{"op": "remove", "path": "owner"}]).json()
    assert "owner" not in gone
    assert gone["resources"] == ""


def test_another_company_brings_another_sla(served: Desk) -> None:
    made = served.post("/service/tickets", {"summary": "Moved", "company": {"id": 250}})
    moved = served.patch(made["id"], company={"identifier": "Quillmark"})
    assert (moved["sla"]["name"], moved["company"]["id"]) == ("Standard", 252)
    # Friday 15:00 in New York with four hours to respond: Monday 10:00, in summer time.
    assert moved["respondByGoalUTC"] == "2026-03-09T14:00:00Z"


def test_notes(served: Desk) -> None:
    number = _running(served)["id"]
    place = f"/service/tickets/{number}/notes"
    before = served.get(place)
    made = served.post(place, {"text": "Called back", "internalAnalysisFlag": True})
    assert (made["ticketId"], made["createdBy"], made["internalFlag"]) == (number, "apimember", True)
    assert [note["id"] for note in served.get(place)] == [*(note["id"] for note in before), made["id"]]
    assert served.get(f"{place}/count", conditions="internalAnalysisFlag=true") == {"count": 1}
    refused = served.post(place, {"text": "nowhere"}, status=400)
    assert refused["errors"][0]["code"] == "ServiceNote"
    assert refused["errors"][0]["field"] == "detailDescriptionFlag, internalAnalysisFlag, resolutionFlag"
    assert served.post(place, {"resolutionFlag": True}, status=400)["errors"][0]["field"] == "text"


def test_changes_are_found_by_last_updated(served: Desk) -> None:
    mark = served.client.get(f"{API}/system/info").headers["date"]
    since = parsedate_to_datetime(mark).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    served.clock.advance(6 * 3600)
    changed = served.get("/service/tickets", conditions=f"lastUpdated>[{since}]", pageSize=1000)
    assert changed
    assert all(row["_info"]["lastUpdated"] > since for row in changed)
