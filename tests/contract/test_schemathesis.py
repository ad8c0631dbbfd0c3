"""Requests that schemathesis makes up from the description: no 5xx, and no answer that is not described.

A few random requests for every operation, and for one of each kind all that schemathesis knows to be troublesome:
boundaries, wrong types, missing parts, other methods. Run as a program, of which the same requests come every time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract import description
from tests.contract.deviations import REFUSALS, Schema
from tests.contract.servers import API, AUTH, HEADERS, Desk, desk
from tests.contract.unserved import reason
from tests.contract.walk import Walker

SERVED = [operation for operation in description.operations() if reason(operation) is None]
# The others share their code, and a body of a hundred fields brings two thousand cases.
ONE_OF_EACH_KIND = (
    "GET /service/tickets",
    "GET /service/tickets/{id}",
    "GET /service/SLAs/{parentId}/priorities/count",
    "GET /system/audittrail",
    "POST /service/tickets",
    "PATCH /service/tickets/{id}",
    "POST /service/tickets/search",
    "POST /service/tickets/{parentId}/notes",
    "PUT /service/priorities/{id}",
)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "missing_required_header",
)


@pytest.fixture(scope="module")
def served() -> Iterator[Desk]:
    with desk() as running:
        yield running


def _run(served: Desk, folder: Path, *options: str) -> None:
    """Let schemathesis loose on what is served."""
    file = folder / "description.json"
    file.write_text(json.dumps(_document(Walker(served.client))))
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", served.url + API]
    command += ["--auth", ":".join(AUTH), "--header", f"clientId:{HEADERS['clientId']}", "--checks", ",".join(CHECKS)]
    command += ["--seed", "1", "--generation-deterministic", "--no-color", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def _document(walker: Walker) -> Schema:
    """Return the description of what is served with its deviations, and with ids that exist in the paths."""
    document = description.amended(partial=False)
    # Answers may lack what requests may not: `fields=` leaves it out.
    shown = description.amended(partial=True)["components"]["schemas"]
    document["components"]["schemas"] |= {f"Shown{name}": _shown(schema) for name, schema in shown.items()}
    document["paths"] = {}
    for each in SERVED:
        answers = {str(each.status): each.answer_schema, **{str(code): schema for code, schema in REFUSALS.items()}}
        item = {
            **each.document,
            "parameters": _parameters(each, walker),
            "responses": {status: _answer(schema) for status, schema in answers.items()},
        }
        document["paths"].setdefault(each.path, {})[each.method.lower()] = item
    return document


def _parameters(operation: description.Operation, walker: Walker) -> list[Schema]:
    """Return an operation's parameters; what it deletes is left to chance."""
    ids = {} if operation.method == "DELETE" else walker.ids(operation.path)
    return [
        {**each, "schema": {**each["schema"], "enum": [ids[each["name"]]]}} if each.get("name") in ids else each
        for each in operation.document["parameters"]
    ]


def _answer(schema: Schema | None) -> Schema:
    content = {} if schema is None else {"content": {"application/json": {"schema": _shown(schema)}}}
    return {"description": "", **content}


def _shown(schema: Any) -> Schema:
    text = json.dumps(schema).replace('"#/components/schemas/', '"#/components/schemas/Shown')
    shown: Schema = json.loads(text)
    return shown


def test_random_requests(served: Desk, tmp_path: Path) -> None:
    _run(served, tmp_path, "--phases", "fuzzing", "--max-examples", "6")


def test_troublesome_requests(served: Desk, tmp_path: Path) -> None:
    chosen = [option for name in ONE_OF_EACH_KIND for option in ("--include-name", name)]
    _run(served, tmp_path, "--phases", "coverage", *chosen)
