"""Everything that the description lists, asked of the simulator: each answer has to fit it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest

from tests.contract.description import Operation, find, operations
from tests.contract.servers import API, AUTH, Desk, desk
from tests.contract.unserved import UNSERVED, reason
from tests.contract.walk import NOWHERE, PLACEHOLDER, Walker, is_served

SERVED = [operation for operation in operations() if reason(operation) is None]
READS = [operation for operation in SERVED if operation.method == "GET"]
LISTS = [operation for operation in READS if (operation.answer_schema or {}).get("type") == "array"]
UNFILTERED = ("/usages", "/myCompany/other")  # not a table, and a table of one row
ROWLESS = (  # nothing of it is simulated, or nobody has asked to be called back yet
    "activities",
    "callbacks",
    "changelogs",
    "configurations",
    "documents",
    "products",
    "scheduleentries",
    "timeentries",
)
FILTERED = [operation for operation in LISTS if not operation.path.endswith(UNFILTERED)]
WRITES = [operation for operation in SERVED if operation.method != "GET"]
WITH_BODIES = [operation for operation in WRITES if operation.body_schema is not None]
OF_A_ROW = [operation for operation in SERVED if PLACEHOLDER.search(operation.path)]
FORWARD_ONLY = {"pagination-type": "forward-only"}


@pytest.fixture(scope="module")
def shown() -> Iterator[Desk]:
    """Serve a desk that is only read."""
    with desk() as served:
        yield served


@pytest.fixture(scope="module")
def written() -> Iterator[Desk]:
    """Serve a desk that the tests write to."""
    with desk() as served:
        yield served


def ask(served: Desk, operation: Operation, target: str, *, status: int = 0, **more: Any) -> httpx.Response:
    """Return the answer to a request for *target*: of *status*, or good, and judged."""
    if target.startswith("/system/audittrail"):
        ticket = Walker(served.client).rows("/service/tickets")[0]["id"]
        more["params"] = {"type": "Ticket", "id": ticket, **more.get("params", {})}
    answer = served.client.request(operation.method, target, **more)
    exchange = served.recorder.exchanges[-1]
    assert is_served(answer), f"{operation} is not served: say why in tests/contract/unserved.py"
    assert answer.status_code == (status or operation.status), answer.text
    exchange.judge_answer()
    return answer


def _is_of_no_row(operation: Operation) -> bool:
    return operation.path.endswith(tuple(f"{name}/{{id}}" for name in ROWLESS))


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [each for each in READS if not _is_of_no_row(each)], ids=str)
def test_what_is_read_fits(shown: Desk, operation: Operation) -> None:
    targets = list(islice(Walker(shown.client).targets(operation.path), 12))
    assert targets
    for target in targets:
        ask(shown, operation, target, params={"pageSize": 1000})


@pytest.mark.parametrize("operation", FILTERED, ids=str)
def test_a_list_fits_however_it_is_asked_for(shown: Desk, operation: Operation) -> None:
    target = Walker(shown.client).target(operation)
    name = "text" if operation.path == "/system/audittrail" else "id"
    rows = ask(shown, operation, target).json()
    for query in (
        {"fields": f"{name},_info", "orderBy": f"{name} desc"},
        {"conditions": f"{name}!=null", "page": 2, "pageSize": 1},
        {"conditions": f"{name}=null"},
    ):
        found = ask(shown, operation, target, params=query).json()
        assert len(found) <= len(rows)
        assert name in found[0] if rows and "fields" in query else True
    assert bool(rows) is not operation.path.endswith(ROWLESS)


@pytest.mark.parametrize("operation", [each for each in FILTERED if each.path != "/system/audittrail"], ids=str)
def test_a_list_is_whole_in_forward_only_pages(shown: Desk, operation: Operation) -> None:
    target = Walker(shown.client).target(operation)
    whole = [row["id"] for row in Walker(shown.client).rows(target)]
    query, seen = "pageSize=7&fields=id", []
    while query:
        answer = ask(shown, operation, f"{target}?{query}", headers=FORWARD_ONLY)
        seen += [row["id"] for row in answer.json()]
        query = answer.links.get("next", {}).get("url", "").partition("?")[2]
    assert seen == sorted(whole)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/company/companies", {"childConditions": "types/id=1"}),
        ("/company/contacts", {"childConditions": 'communicationItems/value like "%@%"'}),
        ("/company/companies", {"customFieldConditions": 'caption="SLA Tier" AND value="Gold"'}),
        (
            "/service/tickets",
            {"conditions": 'status/name!="New" and board/id in (1,12)', "orderBy": "priority/sort asc"},
        ),
    ],
)
def test_conditions_on_children_and_custom_fields(shown: Desk, path: str, query: dict[str, str]) -> None:
    assert ask(shown, find("GET", path), path, params=query).json()
    count = find("GET", f"{path}/count")
    assert ask(shown, count, count.path, params=query).json()["count"] > 0


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_what_a_write_answers_fits(written: Desk, operation: Operation) -> None:
    walker = Walker(written.client)
    target = walker.new(operation.path) if operation.method == "DELETE" else walker.target(operation)
    body = walker.body(operation, target)
    answer = ask(written, operation, target, **({} if body is None else {"json": body}))
    written.recorder.exchanges[-1].judge()
    if operation.method == "DELETE":
        assert written.client.get(target).status_code == 404
    elif operation.method == "PATCH":
        assert answer.json()[body[0]["path"]] == body[0]["value"]


@pytest.mark.parametrize("operation", WITH_BODIES, ids=str)
@pytest.mark.parametrize("body", [b"", b"{", b'"text"', b"[1]", b"\xff", b"null"])
def test_what_refuses_a_body_fits(written: Desk, operation: Operation, body: bytes) -> None:
    ask(
        written,
        operation,
        Walker(written.client).target(operation),
        status=400,
        content=body,
        headers={"Content-Type": "application/json"},
    )


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OF_A_ROW, ids=str)
def test_what_says_that_a_row_is_not_there_fits(written: Desk, operation: Operation) -> None:
    walker = Walker(written.client)
    body = walker.body(operation, walker.target(operation))
    ask(
        written,
        operation,
        PLACEHOLDER.sub(str(NOWHERE), operation.path),
        status=404,
        **({} if body is None else {"json": body}),
    )


@pytest.mark.parametrize("operation", FILTERED, ids=str)
def test_what_refuses_a_condition_fits(shown: Desk, operation: Operation) -> None:
    target = Walker(shown.client).target(operation)
    for name in ("conditions", "childConditions", "customFieldConditions", "orderBy"):
        answer = ask(shown, operation, target, status=400, params={name: "nonsense/=/7"})
        assert answer.json()["code"] == "ApiFindCondition"


@pytest.mark.parametrize("operation", SERVED, ids=str)
def test_what_refuses_strangers_fits(shown: Desk, operation: Operation) -> None:
    target = API + PLACEHOLDER.sub("1", operation.path)
    unknown = httpx.request(operation.method, shown.url + target, auth=("who", "ever"), headers={"clientId": "any"})
    nameless = httpx.request(operation.method, shown.url + target, auth=AUTH)
    assert (unknown.status_code, nameless.status_code) == (401, 403)
    for exchange in shown.recorder.exchanges[-2:]:
        exchange.judge_answer()


# --- what is not served ----------------------------------------------------------------------------------------------


def test_the_table_of_what_is_not_served_knows_the_description() -> None:
    named = [name for names in UNSERVED.values() for name in names]
    assert len(named) == len(set(named))
    assert set(named) <= {str(operation) for operation in operations()}


def test_what_the_table_says_is_not_served_is_not(shown: Desk) -> None:
    walker = Walker(shown.client)
    unserved = [operation for operation in operations() if reason(operation) is not None]
    answers = [(str(each), shown.client.request(each.method, walker.target(each))) for each in unserved]
    assert [name for name, answer in answers if is_served(answer)] == []
