"""`/api/v1/`: what the pages show, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from slamon.pages import page_routes
from tests.cli.served import threaded
from tests.pages.conftest import Cottage, Visit

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_list_goes_on_where_it_ended(visitor: httpx.Client) -> None:
    seen: list[int] = []
    after = ""
    while True:
        part = visitor.get(f"/api/v1/tickets?limit=2&after={after}").json()
        assert part["found"] == 5
        seen += [each["id"] for each in part["tickets"]]
        after = part["next"]
        if after is None:
            break

    assert seen == [2, 5, 1, 3, 4]


def test_a_ledger_is_the_one_that_explain_prints(visitor: httpx.Client) -> None:
    document = visitor.get("/api/v1/tickets/main/2/ledger").json()

    assert (document["tenant"], document["ticket"], len(document["digest"])) == ("main", 2, 64)
    counted = sum(each["counted_seconds"] for each in document["intervals"])
    assert counted == document["clock"]["elapsed_seconds"]
    assert visitor.get("/api/v1/tickets/main/77/ledger").status_code == 404
    assert visitor.get("/api/v1/tickets/none/2/ledger").json() == {"error": "no such tenant, or no ticket number"}


def test_half_a_surrogate_pair_in_a_summary_is_left_out(visitor: httpx.Client) -> None:
    assert visitor.get("/api/v1/tickets/main/5/ledger").status_code == 200
    assert visitor.get("/api/v1/tickets?q=fire").json()["found"] == 1


def test_health_says_how_well_each_tenant_is_seen(house: Cottage, visit: Visit) -> None:
    house.told = ["starting"]

    document = visit(house).get("/api/v1/health").json()

    assert document["ready"] is False
    assert document["tenants"][0]["outlook"] == "clear"
    assert {"name", "standing", "says", "remedy", "details"} == document["checks"]["slamon"][0].keys()


def test_what_is_described_is_what_is_served(house: Cottage, tmp_path: Path) -> None:
    """Requests that schemathesis makes up: no 5xx, and no answer that is not described."""
    from starlette.applications import Starlette

    app = Starlette(routes=list(page_routes(house, {"127.0.0.1"})))
    with threaded(app) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"]
        command += ["--checks", CHECKS, "--seed", "1", "--generation-deterministic", "--no-color", "-n", "40"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 generated" in done.stdout or "passed" in done.stdout


def test_the_description_is_whole_json(visitor: httpx.Client) -> None:
    document = json.loads(visitor.get("/api/v1/openapi.json").content)

    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {"/api/v1/tickets", "/api/v1/tickets/{tenant}/{id}/ledger", "/api/v1/health"}
