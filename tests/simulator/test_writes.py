"""What a client may write, and what is refused: companies, set-up tables, whole tickets."""

from typing import Any

import pytest

from tests.simulator.conftest import API, Desk

ACME = {"identifier": "Acme", "name": "Acme Ltd", "city": "Leith", "types": [{"id": 1}, {"id": 3}]}


def _ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


# --- companies -------------------------------------------------------------------------------------------------------


def test_a_company_is_born_with_a_site_and_lives_until_it_is_deleted(served: Desk) -> None:
    made = served.post("/company/companies", {**ACME, "country": {"name": "Germany"}, "site": {"name": "Works"}})
    place = f"/company/companies/{made['id']}"
    (site,) = served.get(f"{place}/sites")
    assert (made["status"]["name"], made["country"]["id"], _ids(made["types"])) == ("Active", 3, [1, 3])
    assert (site["name"], site["city"], site["primaryAddressFlag"]) == ("Works", "Leith", True)
    assert "site" not in made
    assert served.change(place, name="Acme AG", status={"name": "inactive"})["status"]["id"] == 2
    assert served.get(f"{place}/sites")[0]["company"]["name"] == "Acme AG"
    assert served.delete(place) == 204
    assert served.refused(place)[0] == 404
    assert served.refused(f"{place}/sites")[0] == 404


def test_put_empties_what_it_does_not_name(served: Desk) -> None:
    made = served.post("/company/companies", {**ACME, "phoneNumber": "", "website": "https://acme.example"})
    assert made["phoneNumber"] == ""
    put = served.put(f"/company/companies/{made['id']}", {"identifier": "Acme", "name": "Acme", "city": "Leith"})
    assert "website" not in put
    assert "phoneNumber" not in put
    assert _ids(put["types"]) == [1, 3]
    assert put["_info"]["dateEntered"] == made["_info"]["dateEntered"]


def test_a_companys_types_are_changed_by_associations_alone(served: Desk) -> None:
    place = f"/company/companies/{served.post('/company/companies', ACME)['id']}"
    assert _ids(served.change(place, types=[{"id": 2}])["types"]) == [1, 3]
    made = served.post(f"{place}/typeAssociations", {"type": {"name": "Partner"}})
    assert _ids(served.get(place)["types"]) == [1, 3, 4]
    assert served.get("/company/companies/count", childConditions="types/id=4") == {"count": 1}
    assert served.reasons("POST", f"{place}/typeAssociations", {"type": {"id": 4}}) == [("ObjectExists", "type")]
    assert served.delete(f"{place}/typeAssociations/{made['id']}") == 204
    assert _ids(served.get(place)["types"]) == [1, 3]


def test_custom_fields_keep_what_is_not_sent(served: Desk) -> None:
    place = "/company/companies/250"
    served.change(place, customFields=[{"id": 6, "value": 4}])
    fields = {field["caption"]: field.get("value") for field in served.get(place)["customFields"]}
    assert fields == {"SLA Tier": "Gold", "Contract review": None, "Sites with guards": 4}
    assert served.reasons("PATCH", place, [{"op": "replace", "path": "customFields", "value": [{"id": 99}]}]) == [
        ("NotFound", "customFields")
    ]


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ({}, [("MissingRequiredField", "identifier"), ("MissingRequiredField", "name")]),
        ({**ACME, "identifier": "larkspur"}, [("ObjectExists", "identifier")]),
        ({**ACME, "identifier": "x" * 31}, [("MaxLength", "identifier")]),
        ({**ACME, "name": "x" * 51, "zip": "x" * 13}, [("MaxLength", "name"), ("MaxLength", "zip")]),
        ({"identifier": "Acme", "name": "Acme"}, [("MissingRequiredField", "addressLine1")]),
        ({**ACME, "status": {"id": 9}}, [("NotFound", "status/id")]),
        ({**ACME, "types": [{"id": 9}]}, [("NotFound", "types/id")]),
        ({**ACME, "leadFlag": "yes"}, [("InvalidField", "leadFlag")]),
        ({**ACME, "numberOfEmployees": 2**31}, [("InvalidField", "numberOfEmployees")]),
        ({**ACME, "dateAcquired": "soon"}, [("InvalidField", "dateAcquired")]),
        ({**ACME, "site": "Main"}, [("InvalidField", "site/name")]),
        ({**ACME, "taxCode": {"id": -1}}, [("NotFound", "taxCode/id")]),
    ],
)
def test_a_company_that_cannot_be_saved(shared: Desk, body: object, reasons: list[tuple[str, str]]) -> None:
    assert shared.reasons("POST", "/company/companies", body) == reasons


def test_a_company_in_use_stays_and_says_by_whom(shared: Desk) -> None:
    refused = shared.client.delete(f"{API}/company/companies/250")
    used = {row["typeKey"]: row["count"] for row in shared.get("/company/companies/250/usages")}
    assert refused.status_code == 409
    assert f"{used['Ticket']} Ticket" in refused.json()["message"]
    assert (used["Contact"], used["Agreement"]) == (2, 1)
    assert "CompanySite" not in used


def test_one_site_is_the_primary_one(served: Desk) -> None:
    place = "/company/companies/250/sites"
    made = served.post(place, {"name": "Annex", "primaryAddressFlag": True, "stateReference": {"id": 12, "name": "FL"}})
    assert [(row["name"], row["primaryAddressFlag"]) for row in served.get(place)] == [("Main", False), ("Annex", True)]
    assert made["stateReference"] == {"id": 12, "name": "FL"}
    assert served.delete(f"{place}/1250") == 409
    assert served.delete(f"{place}/{made['id']}") == 204


# --- set-up tables ---------------------------------------------------------------------------------------------------


def test_a_new_board_can_hold_tickets(served: Desk) -> None:
    board = served.post("/service/boards", {"name": "Field", "location": {"id": 11}, "department": {"id": 5}})
    statuses = served.get(f"/service/boards/{board['id']}/statuses")
    ticket = served.post("/service/tickets", {"summary": "x", "company": {"id": 250}, "board": {"name": "field"}})
    assert [status["name"] for status in statuses] == ["New", ">Closed"]
    assert ticket["status"]["id"] == statuses[0]["id"]
    served.clock.advance(30 * 86_400)
    assert served.get(f"/service/tickets/{ticket['id']}")["status"]["id"] == statuses[0]["id"]
    assert served.delete(f"/service/boards/{board['id']}") == 409
    assert served.delete(f"/service/tickets/{ticket['id']}") == 204
    assert served.delete(f"/service/boards/{board['id']}") == 204
    assert served.refused(f"/service/boards/{board['id']}/statuses")[0] == 404


def test_a_name_changed_is_changed_wherever_it_is_referred_to(served: Desk) -> None:
    ticket = served.post("/service/tickets", {"summary": "x", "company": {"id": 250}})
    served.change("/service/boards/1/statuses/480", name="Fresh", sortOrder=9)
    status = served.get(f"/service/tickets/{ticket['id']}")["status"]
    assert (status["name"], status["sort"]) == ("Fresh", 9)


def test_there_is_one_default(served: Desk) -> None:
    served.change("/service/priorities/8", defaultFlag=True)
    assert [row["id"] for row in served.get("/service/priorities", conditions="defaultFlag=true")] == [8]
    assert served.post("/service/tickets", {"summary": "x", "company": {"id": 250}})["priority"]["id"] == 8


def test_new_goals_and_hours_reach_open_tickets_without_updating_them(served: Desk) -> None:
    ticket = served.post("/service/tickets", {"summary": "x", "company": {"id": 252}, "priority": {"id": 6}})
    place = f"/service/tickets/{ticket['id']}"
    # Friday 15:00 in New York, one hour to respond; then three, of which one falls on Monday.
    assert ticket["respondByGoalUTC"] == "2026-03-06T21:00:00Z"
    served.clock.advance(60)
    served.change("/service/SLAs/1/priorities/106", respondHours=3)
    assert served.get(place)["respondByGoalUTC"] == "2026-03-09T13:00:00Z"
    served.post("/schedule/holidayLists/1/holidays", {"name": "Snow", "date": "2026-03-09"})
    assert served.get(place)["respondByGoalUTC"] == "2026-03-10T13:00:00Z"
    stored = served.get("/service/tickets", conditions=f"id={ticket['id']}")[0]
    assert stored["respondByGoalUTC"] == "2026-03-06T21:00:00Z"
    assert stored["_info"]["lastUpdated"] == ticket["_info"]["lastUpdated"]


def test_a_calendar_without_hours_stops_nothing_but_deadlines(served: Desk) -> None:
    ticket = served.post("/service/tickets", {"summary": "x", "company": {"id": 252}})
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    body = [{"op": "remove", "path": f"{day}{end}Time"} for day in days for end in ("Start", "End")]
    assert served.client.patch(f"{API}/schedule/calendars/1", json=body).status_code == 200
    assert "respondByGoalUTC" not in served.get(f"/service/tickets/{ticket['id']}")
    served.clock.advance(20 * 86_400)
    assert served.get("/service/tickets/count")["count"] > 100


@pytest.mark.parametrize(
    ("place", "body", "reasons"),
    [
        ("/service/SLAs", {"name": "x", "basedOn": "Custom"}, [("MissingRequiredField", "customCalendar")]),
        ("/service/SLAs", {"name": "x" * 26, "basedOn": "Never"}, [("MaxLength", "name"), ("InvalidField", "basedOn")]),
        ("/service/SLAs", {"name": "x", "basedOn": "AllHours", "respondHours": -1}, [("InvalidField", "respondHours")]),
        ("/service/SLAs/1/priorities", {"priority": {"id": 1}}, [("NotFound", "priority/id")]),
        (
            "/schedule/holidayLists/1/holidays",
            {"name": "x", "date": "2026-12-24", "allDayFlag": False, "timeStart": "noon"},
            [("InvalidField", "timeStart")],
        ),
        (
            "/schedule/holidayLists/1/holidays",
            {"name": "x", "date": "2026-12-24", "allDayFlag": False, "timeStart": "12:00"},
            [("MissingRequiredField", "timeEnd")],
        ),
        (
            "/service/boards/1/statuses",
            {"name": "x", "escalationStatus": "Later"},
            [("InvalidField", "escalationStatus")],
        ),
    ],
)
def test_set_up_that_cannot_be_saved(shared: Desk, place: str, body: object, reasons: list[tuple[str, str]]) -> None:
    assert shared.reasons("POST", place, body) == reasons


@pytest.mark.parametrize(
    "place",
    [
        "/service/boards/1", "/service/boards/1/statuses/480", "/service/priorities/7", "/service/SLAs/3",
        "/schedule/calendars/1", "/schedule/holidayLists/1", "/company/companies/types/1",
    ],
)  # fmt: skip
def test_what_is_in_use_cannot_be_deleted(shared: Desk, place: str) -> None:
    assert shared.delete(place) == 409
    assert shared.get(place)


def test_what_nobody_uses_can(served: Desk) -> None:
    for place in ("/schedule/calendars/7", "/company/companies/types/5", "/service/SLAs/1/priorities/106"):
        assert served.delete(place) == 204
        assert served.refused(place)[0] == 404


# --- tickets ---------------------------------------------------------------------------------------------------------


def test_a_put_of_a_ticket_keeps_where_it_stands(served: Desk) -> None:
    made = served.post(
        "/service/tickets",
        {"summary": "x", "company": {"id": 250}, "priority": {"id": 6}, "poNumber": "77", "status": {"id": 482}},
    )
    place = f"/service/tickets/{made['id']}"
    least = {"summary": "y", "company": {"id": 250}}
    assert served.reasons("PUT", place, least) == [
        ("MissingRequiredField", "severity"),
        ("MissingRequiredField", "impact"),
    ]
    put = served.put(place, {**least, "severity": "Low", "impact": "low"})
    assert (put["summary"], put["impact"], put["status"]["id"], put["priority"]["id"]) == ("y", "Low", 482, 6)
    assert put["sla"] == made["sla"]
    assert "poNumber" not in put


def test_what_the_server_keeps_cannot_be_written(served: Desk) -> None:
    ticket = served.post("/service/tickets", {"summary": "x", "company": {"id": 250}, "closedFlag": True, "colour": 1})
    changed = served.change(f"/service/tickets/{ticket['id']}", closedFlag=True, respondMinutes=7, id=1)
    assert (changed["id"], changed["closedFlag"], changed["respondMinutes"]) == (ticket["id"], False, 0)
    assert "colour" not in changed


def test_agreement_and_sla_bring_goals(served: Desk) -> None:
    place = f"/service/tickets/{served.post('/service/tickets', {'summary': 'x', 'company': {'id': 250}})['id']}"
    assert served.get(place)["respondedHours"] == 2.0
    assert served.change(place, sla={"name": "Standard"})["respondedHours"] == 4.0
    assert "slaStatus" not in served.change(place, sla=None)
    assert served.change(place, agreement={"id": 550})["sla"]["name"] == "Gold 24x7"
    assert served.change(place, agreement=None)["sla"]["name"] == "Standard"


def test_sites_of_other_companies_and_parents_that_are_not_there(served: Desk) -> None:
    body = {"summary": "x", "company": {"id": 250}, "site": {"id": 1251}, "parentTicketId": 7}
    assert served.reasons("POST", "/service/tickets", body) == [("NotFound", "site/id"), ("NotFound", "parentTicketId")]


def test_children_and_merged_tickets(served: Desk) -> None:
    ids = [served.post("/service/tickets", {"summary": "x", "company": {"id": 250}})["id"] for _ in range(3)]
    parent, child, twin = (f"/service/tickets/{number}" for number in ids)
    served.post(f"{parent}/attachChildren", {"childTicketIds": [ids[1]]}, status=200)
    served.post(f"{parent}/merge", {"mergeTicketIds": [ids[2]], "status": {"name": ">Closed"}}, status=200)
    assert (served.get(child)["parentTicketId"], served.get(parent)["hasChildTicket"]) == (ids[0], True)
    merged = served.get(twin)
    assert (merged["mergedParentTicket"]["id"], merged["closedFlag"]) == (ids[0], True)
    assert served.post(f"{parent}/merge", {"mergeTicketIds": [ids[0]]}, status=400)
    assert served.delete(parent) == 204
    assert "parentTicketId" not in served.get(child)


def test_a_deleted_ticket_is_gone_and_stays_gone(served: Desk) -> None:
    number = served.get("/service/tickets", conditions="closedFlag=false", pageSize=1)[0]["id"]
    assert served.delete(f"/service/tickets/{number}") == 204
    served.clock.advance(60 * 86_400)
    assert served.refused(f"/service/tickets/{number}")[0] == 404
    assert served.refused(f"/service/tickets/{number}/notes")[0] == 404


def test_initial_notes_and_the_life_of_a_note(served: Desk) -> None:
    body = {"summary": "x", "company": {"id": 250}, "initialDescription": "a", "initialInternalAnalysis": "b"}
    place = f"/service/tickets/{served.post('/service/tickets', body)['id']}"
    first, second = served.get(f"{place}/notes")
    assert (first["detailDescriptionFlag"], second["internalAnalysisFlag"]) == (True, True)
    assert "initialDescription" not in served.get(place)
    note = f"{place}/notes/{second['id']}"
    assert served.change(note, text="c", resolutionFlag=True)["text"] == "c"
    none = [{"op": "replace", "path": flag, "value": False} for flag in ("internalAnalysisFlag", "resolutionFlag")]
    assert served.reasons("PATCH", note, none)[0][0] == "ServiceNote"
    assert [row["text"] for row in served.get(f"{place}/allNotes")] == ["a", "c"]
    assert served.delete(note) == 204
    assert served.get(f"{place}/notes/count") == {"count": 1}


def test_the_plain_list_is_stale_and_everything_else_is_not(served: Desk) -> None:
    number = served.post("/service/tickets", {"summary": "x", "company": {"id": 250}})["id"]
    served.clock.advance(600)

    def minutes(path: str, **query: str) -> int:
        found = served.get(path, **query)
        return int((found[0] if isinstance(found, list) else found)["respondMinutes"])

    chosen = f"id={number} and respondMinutes=0"
    assert minutes("/service/tickets", conditions=chosen) == 0
    assert minutes("/service/tickets/calculateSla", conditions=chosen) == 10
    assert minutes(f"/service/tickets/{number}") == 10
    assert minutes("/service/tickets", conditions=chosen) == 0


def test_a_start_that_a_required_date_moved_stays_when_the_date_is_taken_away(served: Desk) -> None:
    body = {"summary": "x", "company": {"id": 250}, "requiredDate": "2026-03-10T00:00:00Z"}
    made = served.post("/service/tickets", body)
    place = f"/service/tickets/{made['id']}"
    put = served.put(place, {"summary": "x", "company": {"id": 250}, "severity": "Low", "impact": "Low"})
    assert "requiredDate" not in put
    assert put["escalationStartDateUTC"] == made["escalationStartDateUTC"] == "2026-03-10T04:00:00Z"
    assert put["respondByGoalUTC"] == made["respondByGoalUTC"]
