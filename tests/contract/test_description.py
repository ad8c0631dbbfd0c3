"""The judge itself: what it lets pass and what it does not, on the requests and answers of a few tickets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract import description
from tests.contract.description import ContractError, find, operations, validate_answer, validate_request

JSON = {"Content-Type": "application/json"}
ASKED = {"clientId": "any"}
TICKET: dict[str, Any] = {"id": 7, "summary": "Disk full", "company": {"id": 1, "identifier": "acme"}}


def answered(document: object, *, path: str = "/service/tickets/7", status: int = 200, query: str = "") -> None:
    validate_answer("GET", path, status, JSON, json.dumps(document).encode(), query=query)


def test_the_description_is_read_whole() -> None:
    assert len(operations()) == 202
    assert sum(operation.method == "GET" for operation in operations()) == 117
    assert all(operation.status in (200, 201, 204) for operation in operations())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("/service/tickets/12", "/service/tickets/{id}"),
        ("/service/tickets/count", "/service/tickets/count"),
        ("/Service/slas/3/PRIORITIES", "/service/SLAs/{parentId}/priorities"),
        ("/v4_6_release/apis/3.0//service//SLAs", "/service/SLAs"),
        ("http://127.0.0.1:8750/v2026_1/apis/3.0/system/info", "/system/info"),
        ("/apis/3.0/schedule/holidayLists/1/holidays/2", "/schedule/holidayLists/{parentId}/holidays/{id}"),
    ],
)
def test_paths_are_found_in_any_case_behind_any_codebase(asked: str, found: str) -> None:
    assert find("get", asked).path == found


@pytest.mark.parametrize("asked", ["GET /service/nothing", "GET /service/tickets/abc", "DELETE /service/tickets"])
def test_what_is_not_described_is_not_found(asked: str) -> None:
    with pytest.raises(ContractError, match="not in the description"):
        find(*asked.split())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"closedFlag": None, "customFields": [{"id": 1, "value": True}, {"id": 2, "value": "Gold"}]}, ""),
        ({"requiredDate": "2026-03-06T20:00:00Z", "priority": {"id": 7, "sort": 3}}, ""),
        ({"dateEntered": "2026-03-06T20:00:00Z"}, "'dateEntered' was unexpected"),
        ({"status": {"id": 1, "escalationStatus": "Resolved"}}, "'escalationStatus' was unexpected"),
        ({"id": "7"}, "id: '7' is not of type 'integer'"),
        ({"summary": "x" * 101}, "is too long"),
        ({"site": None}, "site: None"),
        ({"recordType": "Ticket"}, "recordType: 'Ticket' is not one of"),
        ({"requiredDate": "2026-03-06"}, "requiredDate: '2026-03-06' is not a 'date-time'"),
        ({"id": 2**31}, "is not a 'int32'"),
    ],
)
def test_a_ticket_fits_or_the_fault_is_named(change: dict[str, Any], fault: str) -> None:
    if not fault:
        answered(TICKET | change)
    else:
        with pytest.raises(ContractError, match=fault.replace("(", r"\(")):
            answered(TICKET | change)


def test_fields_asked_for_may_leave_out_what_is_required_and_nothing_else_may() -> None:
    answered({"id": 7}, query="fields=id")
    answered([{"id": 7}], path="/service/tickets", query="page=1&Fields=id")
    with pytest.raises(ContractError, match="'summary' is a required property"):
        answered({"id": 7})
    with pytest.raises(ContractError, match="unexpected"):
        answered({"id": 7, "nr": 7}, query="fields=id")


def test_refusals_have_a_form_and_429_has_its_own() -> None:
    refusal = {"code": "NotFound", "message": "Service Ticket 7 not found"}
    answered(refusal, status=404)
    answered({**refusal, "errors": [{"code": "x", "field": "company/id"}]}, status=400)
    answered({**refusal, "errors": None}, status=403)
    answered({"error": "ConnectWiseAPI", "message": "Too many requests."}, status=429)
    for status, body in [(404, {"detail": "Not Found"}), (429, refusal), (400, {**refusal, "code": ""})]:
        with pytest.raises(ContractError, match=f"answered {status}"):
            answered(body, status=status)
    with pytest.raises(ContractError, match="status 418, where 200 or a refusal"):
        answered(refusal, status=418)


def test_the_body_has_to_be_json_and_to_say_so() -> None:
    with pytest.raises(ContractError, match="content type 'text/html'"):
        validate_answer("GET", "/system/info", 200, {"Content-Type": "text/html"}, b"{}")
    with pytest.raises(ContractError, match="not JSON"):
        validate_answer("GET", "/system/info", 200, JSON, b"{")
    with pytest.raises(ContractError, match="a body, where none is described"):
        validate_answer("DELETE", "/service/tickets/7", 204, JSON, b"{}")
    validate_answer("DELETE", "/service/tickets/7", 204, {}, b"")


def test_requests_are_judged_by_query_headers_and_body() -> None:
    validate_request("GET", "/service/tickets", "conditions=id%3E0&pagesize=5", ASKED, b"")
    patch = json.dumps([{"op": "replace", "path": "summary", "value": "x"}]).encode()
    validate_request("PATCH", "/service/tickets/7", "", ASKED | JSON, patch)
    validate_request("POST", "/service/tickets/search", "page=2&fields=id", ASKED | JSON, b'{"conditions": "id>0"}')


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "fault"),
    [
        ("GET", "/service/tickets", "where=1", ASKED, b"", "where: not described"),
        ("GET", "/service/tickets", "page=first", ASKED, b"", "'first' is not an integer"),
        ("GET", "/service/tickets", "", {}, b"", "header clientid is missing"),
        ("GET", "/service/tickets", "", ASKED, b"{}", "a body, where none is described"),
        ("PATCH", "/service/tickets/7", "", ASKED | JSON, b'{"summary": "x"}', "is not of type 'array'"),
        ("POST", "/service/tickets", "", ASKED | JSON, b'{"summary": "x"}', "'company' is a required property"),
        ("POST", "/service/tickets", "", ASKED, b"{}", "content type ''"),
        ("POST", "/service/tickets/search", "conditions=id>0", ASKED | JSON, b"{}", "conditions: not described"),
    ],
)
def test_requests_that_are_not_allowed(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, fault: str
) -> None:
    with pytest.raises(ContractError, match=fault):
        validate_request(method, path, query, headers, body)


def test_all_references_lead_somewhere() -> None:
    names = set(description.document()["components"]["schemas"])
    text = json.dumps(description.document())
    assert {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]} <= names
