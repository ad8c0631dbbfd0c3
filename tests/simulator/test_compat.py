"""The forms of older notes on the API: answered with compat, and not without."""

import pytest

from tests.simulator.conftest import API, Desk

TICKETS = (
    'company/id=250 and status/name!="Closed"',
    "company/id=250 and closedFlag=false",
    "priority/id<=2 and closedFlag=false",
    "dateEntered>=[2026-01-01] and dateEntered<[2026-03-07]",
    "_info/sla_resolve_by<[2026-03-15T12:00:00Z] and closedFlag=false",
    'resources contains "jsmith" and closedFlag=false',
)
COMPANIES = (
    'identifier="LARKSPUR"',
    'name contains "larkspur" and status/id=1',
    "status/id=1 and type/id=1",
    "territory/id=11",
    "defaultContact=null",
    "_info/lastUpdated>[2019-01-01]",
    "market/id=3",
)


@pytest.mark.parametrize(("place", "conditions"), [("/service/tickets", text) for text in TICKETS])
def test_questions_about_tickets(compat: Desk, place: str, conditions: str) -> None:
    assert compat.get(place, conditions=conditions, orderBy="priority/id asc")


@pytest.mark.parametrize("conditions", COMPANIES)
def test_questions_about_companies(compat: Desk, conditions: str) -> None:
    assert compat.get("/company/companies", conditions=conditions, orderBy="_info/lastUpdated desc")


def test_ids_of_priorities_are_their_rank_and_closed_is_called_closed(compat: Desk) -> None:
    assert [(row["id"], row["sortOrder"]) for row in compat.get("/service/priorities")] == [(n, n) for n in range(1, 6)]
    assert compat.get("/service/boards/1/statuses", conditions='name="Closed"')[0]["closedStatus"]
    urgent = compat.get("/service/tickets", conditions="priority/id<=2", pageSize=1000)
    assert {row["priority"]["name"] for row in urgent} == {"Priority 1 - Critical", "Priority 2 - High"}


def test_deadlines_stand_in_info_and_are_those_of_the_ticket(compat: Desk) -> None:
    names = {
        "sla_respond_by": "respondByGoalUTC",
        "sla_plan_by": "resplanGoalUTC",
        "sla_resolve_by": "resolutionGoalUTC",
    }
    rows = compat.get("/service/tickets", pageSize=1000)
    for row in rows:
        assert row["dateEntered"] == row["_info"]["dateEntered"]
        for name, goal in names.items():
            assert row["_info"].get(name) == row.get(goal)
    assert any("sla_resolve_by" in row["_info"] for row in rows)


def test_a_patch_may_be_an_object(compat: Desk) -> None:
    body = {"summary": "x", "company": {"identifier": "Larkspur"}, "board": {"name": "Service Desk"}}
    place = f"/service/tickets/{compat.post('/service/tickets', body)['id']}"
    merge = {"status": {"name": "Completed"}, "resolution": "Replaced the cable"}
    done = compat.client.patch(API + place, json=merge).json()
    assert (done["status"]["name"], "dateResolved" in done) == ("Completed", True)
    (note,) = compat.get(f"{place}/notes")
    assert (note["text"], note["resolutionFlag"]) == ("Replaced the cable", True)
    assert compat.change(place, summary="arrays work as well")["summary"] == "arrays work as well"


def test_a_ticket_needs_a_board(compat: Desk) -> None:
    body = {"summary": "x", "company": {"id": 250}}
    assert compat.reasons("POST", "/service/tickets", body) == [("MissingRequiredField", "board")]


def test_a_company_has_one_type_and_its_fields_an_address(compat: Desk) -> None:
    body = {"identifier": "Acme", "name": "Acme", "type": {"id": 2}}
    made = compat.post("/company/companies", body)
    place = f"/company/companies/{made['id']}"
    assert (made["type"]["name"], [kind["id"] for kind in made["types"]]) == ("Prospect", [2])
    merged = compat.client.patch(
        API + place, json={"type": {"id": 4}, "customFields": [{"id": 3, "value": "Gold"}]}
    ).json()
    assert (merged["type"]["id"], [kind["id"] for kind in merged["types"]]) == (4, [4])
    tier = compat.get(f"{place}/customFields", conditions='caption="SLA Tier"')
    assert [(field["id"], field["value"], field["type"]) for field in tier] == [(3, "Gold", "Dropdown")]
    assert compat.get(f"{place}/managedDevicesIntegrations") == []
    assert compat.get("/project/projects", conditions=f"company/id={made['id']}") == []
    too_long = {"identifier": "x" * 26, "name": "x"}
    assert compat.reasons("POST", "/company/companies", too_long) == [("MaxLength", "identifier")]


def test_a_site_has_a_state_and_a_default_flag(compat: Desk) -> None:
    place = "/company/companies/251/sites"
    made = compat.post(place, {"name": "Pier", "state": "ME", "defaultFlag": True})
    assert (made["state"], made["defaultFlag"], made["primaryAddressFlag"]) == ("ME", True, True)


@pytest.mark.parametrize(
    ("place", "conditions"),
    [("/service/tickets", "_info/sla_resolve_by<[2026-03-15]"), ("/company/companies", "type/id=1")],
)
def test_without_compat_the_names_are_unknown(shared: Desk, place: str, conditions: str) -> None:
    assert shared.refused(place, conditions=conditions)[1]["code"] == "ApiFindCondition"


def test_without_compat_the_forms_are_the_real_ones(shared: Desk) -> None:
    number = shared.get("/service/tickets", pageSize=1)[0]["id"]
    assert shared.client.patch(f"{API}/service/tickets/{number}", json={"summary": "x"}).status_code == 400
    assert shared.refused("/company/companies/250/customFields")[0] == 404
    company = shared.get("/company/companies/250")
    assert "type" not in company
    assert {field["type"] for field in company["customFields"]} == {"Text", "Date", "Number"}
    assert not any(name.startswith("sla_") for name in shared.get(f"/service/tickets/{number}")["_info"])
