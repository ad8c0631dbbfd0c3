"""Whatever a client sends is refused or answered, never a failure of the server."""

import json

import pytest

from tests.simulator.conftest import API, Desk

DEEP = 100_000
BODIES = {
    "nothing": b"",
    "no utf-8": b'{"summary": "\xff"}',
    "deep list": b"[" * DEEP,
    "deep object": b'{"a":' * DEEP,
    "lone surrogate": b'{"summary": "\\ud800", "company": {"id": 250}}',
    "nul": b'{"summary": "a\\u0000b", "company": {"id": 250}}',
    "huge id": b'{"summary": "x", "company": {"id": ' + b"9" * 5_000 + b"}}",
    "infinite id": b'{"summary": "x", "company": {"id": 1e400}}',
    "not a number": b'{"summary": "x", "company": {"id": 250}, "budgetHours": NaN}',
    "list of null": b"[null]",
    "path that is a list": b'[{"op": "replace", "path": ["summary"], "value": 1}]',
    "op that is a list": b'[{"op": ["replace"], "path": "summary"}]',
    "conditions that are an object": b'{"conditions": {"a": 1}}',
    "nested conditions": json.dumps({"conditions": "(id=1 or " * 400 + "id=2" + ")" * 400}).encode(),
    "deeper conditions": json.dumps({"conditions": "(" * 5_000}).encode(),
    "many wildcards": json.dumps({"conditions": f'summary like "{"%a" * 500}b"'}).encode(),
    "a long list": json.dumps({"conditions": f"id in ({'1,' * 20_000}1)"}).encode(),
    "many ors": json.dumps({"conditions": "id=1" + " or id=1" * 20_000}).encode(),
    "deep fields": json.dumps({"fields": "a/" * 20_000}).encode(),
}
PLACES = (
    ("POST", "/service/tickets"),
    ("POST", "/service/tickets/search"),
    ("PATCH", "/service/tickets/10001"),
    ("PUT", "/service/tickets/10001"),
    ("POST", "/service/tickets/10001/notes"),
    ("POST", "/service/tickets/10001/merge"),
    ("POST", "/company/companies"),
    ("PATCH", "/company/companies/250"),
    ("POST", "/system/callbacks"),
)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies(shared: Desk, body: bytes) -> None:
    for method, place in PLACES:
        answer = shared.client.request(method, API + place, content=body)
        assert answer.status_code in (200, 201, 400), (method, place, answer.text)
        assert answer.status_code != 400 or answer.json()["message"]


QUERIES = (
    "conditions=%00",
    "conditions=%ff",
    "conditions=id%3D%22%ff%22",
    "conditions=lastUpdated>[0001-01-01T00:00:00%2B14:00]",
    "conditions=lastUpdated>[9999-12-31T23:59:59-14:00]",
    f"conditions=id={'9' * 5_000}",
    "conditions=company=1",
    "conditions=company in (1)",
    "conditions=summary in (null)",
    "conditions=()",
    "orderBy=company",
    f"page={'9' * 5_000}",
    "page=%C2%B2",
    "pageSize=-5",
    f"pageId={'9' * 30}",
    "fields=//,",
    "type=Ticket&id=%00",
    f"type=Ticket&id={'9' * 5_000}",
    "%ff=%ff",
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_queries(shared: Desk, query: str) -> None:
    for place in ("/service/tickets", "/company/companies/count", "/system/audittrail", "/service/tickets/10001/notes"):
        for headers in ({}, {"pagination-type": "forward-only"}):
            answer = shared.client.get(f"{API}{place}?{query}", headers=headers)
            assert answer.status_code in (200, 400), (place, answer.text)


@pytest.mark.parametrize("path", ["/" + "9" * 5_000, "/%00", "/%ff", "/-1", "/１", "/10001/%2e%2e", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "QUERY"])
def test_paths_and_methods(shared: Desk, method: str, path: str) -> None:
    answer = shared.client.request(method, f"{API}/service/calendars{path}")
    assert answer.status_code == 404
    answer = shared.client.request(method, f"{API}/service/impacts{path}")
    assert answer.status_code == (404 if path else 200 if method in ("GET", "HEAD") else 405)


@pytest.mark.parametrize(
    ("accept", "status", "given"),
    [
        ("*/*", 200, "application/json"),
        ("application/vnd.connectwise.com+json", 200, "application/vnd.connectwise.com+json; version=2026.1"),
        (
            "application/vnd.connectwise.com+json; version=2025.1",
            200,
            "application/vnd.connectwise.com+json; version=2025.1",
        ),
        ("application/vnd.connectwise.com+json; version=2099.1", 400, "application/json"),
        ("application/vnd.connectwise.com+json; version=new", 400, "application/json"),
    ],
)
def test_the_version_a_client_pins(shared: Desk, accept: str, status: int, given: str) -> None:
    answer = shared.client.get(f"{API}/system/info", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, given)
    assert answer.headers["api-current-version"] == "2026.1"
