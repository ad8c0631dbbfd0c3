"""Bodies that are good but for one field: whatever stands there, the answer is good or a refusal, and fits."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.description import Operation, document, operations
from tests.contract.servers import Desk, Exchange, desk
from tests.contract.unserved import reason
from tests.contract.walk import Walker

ODD: tuple[Any, ...] = (
    *(None, "", " ", "x" * 300, "\x00", "😀", "\ud83d", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "%", '"'),
    *(-1, 0, 2**31, 2**63, 10**400, 1.5, -0.0, True, [], [None], [[1]], {}, {"id": None}, {"id": "x"}, {"id": -1}),
    *({"id": 99_999_999}, {"id": 1.5}, {"name": ["x"]}, {"identifier": {}}, [{"id": {}}], {"id": 1, "name": None}),
)
EACH = 40
"""How many fields with how odd a value are tried on an operation; which, the operation's name decides."""

WRITES = [operation for operation in operations() if reason(operation) is None and operation.body_schema is not None]


@pytest.fixture(scope="module")
def served() -> Iterator[Desk]:
    with desk() as running:
        yield running


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_an_odd_value_in_a_good_body(served: Desk, operation: Operation) -> None:
    walker = Walker(served.client)
    target = walker.target(operation)
    for name, value in _tries(operation):
        body = _with(walker.body(operation, target), name, value)
        exchange = _send(served, operation, target, body)
        assert exchange.status in (operation.status, 400, 404, 409), (body, exchange.answer_body)
        exchange.judge_answer()


def _tries(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield fields of an operation's record, known and unknown, each with an odd value."""
    schema = (operation.body_schema or {}).get("$ref") or (operation.answer_schema or {})["$ref"]
    names = [*document()["components"]["schemas"][schema.rpartition("/")[2]]["properties"], "", "unknown", "a/b/c"]
    chance = random.Random(str(operation))
    for _ in range(EACH):
        yield chance.choice(names), chance.choice(ODD)


def _with(body: Any, name: str, value: Any) -> Any:
    if isinstance(body, list):
        return [*body, {"op": "replace", "path": name, "value": value}]
    return body | {name: value}


def _send(served: Desk, operation: Operation, target: str, body: Any) -> Exchange:
    content = json.dumps(body)  # escapes half a surrogate pair, which no UTF-8 can hold
    served.client.request(operation.method, target, content=content, headers={"Content-Type": "application/json"})
    return served.recorder.exchanges[-1]
