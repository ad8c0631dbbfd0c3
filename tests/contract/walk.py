"""Walks the operations of the description: ids for their placeholders, bodies for their writes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tests.contract.description import Operation, find

Row = dict[str, Any]

PLACEHOLDER = re.compile(r"\{\w+\}")
NUMBERS = itertools.count(1)
"""What makes a name unlike all others of this run."""

NOWHERE = 99_999_999
"""An id that no row has."""

TEXTS = ("summary", "name", "text", "notes", "description", "addressLine1")
"""Fields that can be given any text, whatever else the row says."""


class Walker:
    """Fills paths and bodies with what the server shows."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def rows(self, path: str) -> list[Row]:
        """Return the rows of the list at *path*, none if it is not served."""
        answer = self.client.get(path, params={"pageSize": 1000})
        found: list[Row] = answer.json() if answer.status_code == 200 else []
        return found

    def targets(self, path: str) -> Iterator[str]:
        """Yield *path* with ids that exist in place of its placeholders, once for each row it leads to."""
        placeholder = PLACEHOLDER.search(path)
        if placeholder is None:
            yield path
            return
        for row in self.rows(path[: placeholder.start() - 1]):
            yield from self.targets(f"{path[: placeholder.start()]}{row['id']}{path[placeholder.end() :]}")

    def target(self, operation: Operation) -> str:
        """Return the path of an operation with ids that exist; one that leads nowhere if there are none to read."""
        found = next(self.targets(operation.path), None)
        if found is None and operation.method in ("PUT", "PATCH"):
            return self.new(operation.path)
        return found or PLACEHOLDER.sub("1", operation.path)

    def ids(self, path: str) -> dict[str, int]:
        """Return ids that exist, by the placeholders of *path*; nothing if there are none."""
        found = re.fullmatch(PLACEHOLDER.sub(r"(\\d+)", path), next(self.targets(path), ""))
        names = [each.group()[1:-1] for each in PLACEHOLDER.finditer(path)]
        return dict(zip(names, map(int, found.groups()), strict=True)) if found else {}

    def new(self, path: str) -> str:
        """Return the path of a row made for the purpose; *path* ends with its placeholder."""
        collection = find("POST", PLACEHOLDER.sub("1", path).rpartition("/")[0])
        target = self.target(collection)
        answer = self.client.post(target, json=self.body(collection, target))
        assert answer.status_code == 201, answer.text
        return f"{target}/{answer.json()['id']}"

    def body(self, operation: Operation, target: str) -> Any:
        """Return a body that the operation must accept, made from a row that the server shows."""
        if operation.body_schema is None:
            return None
        for key in (str(operation), operation.path):
            if key in BODIES:
                return BODIES[key](next(NUMBERS))
        row = self.client.get(target).json()
        if operation.method == "PATCH":
            return [{"op": "replace", "path": _text_field(row), "value": "changed by a walk"}]
        return row if operation.method == "PUT" else self._another(row[0])

    def _another(self, row: Row) -> Row:
        """Return *row* as a new one: without what the server sets, under a name of its own."""
        number = next(NUMBERS)
        fresh = {name: value for name, value in row.items() if name not in ("id", "_info")}
        return fresh | {name: f"walk {number}" for name in ("name", "identifier") if name in row}


def _text_field(row: Row) -> str:
    return next(name for name in TEXTS if name in row)


BODIES: dict[str, Callable[[int], Any]] = {
    "POST /company/companies": lambda n: {"identifier": f"WALK{n}", "name": "Made by a walk", "city": "Leith"},
    "POST /company/companies/{parentId}/typeAssociations": lambda _: {"type": {"id": 4}, "company": {"id": 250}},
    "PATCH /service/SLAs/{parentId}/priorities/{id}": lambda _: [
        {"op": "replace", "path": "respondHours", "value": 3.5},
    ],
    "/service/tickets": lambda _: {"summary": "Made by a walk", "company": {"id": 250}},
    "/service/tickets/search": lambda _: {"conditions": "closedFlag=false", "orderBy": "id desc"},
    "/service/tickets/{parentId}/notes": lambda _: {"text": "Called back", "internalAnalysisFlag": True},
    "/service/tickets/{parentId}/attachChildren": lambda _: {"childTicketIds": [10_002]},
    "/service/tickets/{parentId}/merge": lambda _: {"mergeTicketIds": [10_003], "status": {"name": ">Closed"}},
    "POST /system/callbacks": lambda n: {
        "url": f"http://127.0.0.1:9/{n}?recordId=",
        "description": "Made by a walk",
        "objectId": 1,
        "type": "ticket",
        "level": "owner",
    },
}
"""Bodies that no row of the server's can be made into."""


def is_served(answer: httpx.Response) -> bool:
    """Tell whether the server has a route for what it was asked."""
    no_route = answer.status_code == 404 and answer.json()["message"] == "The endpoint does not exist."
    return answer.status_code != 405 and not no_route
