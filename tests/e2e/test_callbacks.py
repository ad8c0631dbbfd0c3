"""A change in the simulated ConnectWise reaches `slamon run` by a callback, though the next poll is an hour away."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import get, running, sample, simulator, slamon, wait_for
from tests.e2e.test_daemon import address, ready, write_config

API = "/v4_6_release/apis/3.0"
CALLBACKS = "callbacks = { enabled = true }\n"
IN_PROGRESS = 482  # of the simulated Service Desk

pytestmark = pytest.mark.xdist_group("daemon")


def ask(url: str, method: str = "GET", body: object = None) -> Any:
    login = base64.b64encode(b"training+public:private").decode()
    headers = {"Authorization": f"Basic {login}", "clientId": "0000", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def accepted(url: str) -> float:
    return sample(get(f"{url}/metrics")[1], 'slamon_callbacks_total{result="accepted",tenant="acme"}') or 0


def told(folder: Path, number: int) -> list[dict[str, Any]]:
    explained = json.loads(slamon("explain", str(number), "--json", cwd=folder))
    return [event for event in explained["events"] if event["name"] == "In Progress"]


def test_a_change_is_known_within_seconds_where_polls_are_an_hour_apart(tmp_path: Path) -> None:
    with simulator(tmp_path, "--tickets", "30", "--closed", "0", "--speed", "1") as site:
        write_config(tmp_path, site, extra=CALLBACKS)
        path = tmp_path / "slamon.toml"
        path.write_text(path.read_text().replace("poll_seconds = 5", "poll_seconds = 3600"))
        with running("run", cwd=tmp_path, log=tmp_path / "log"):
            url = wait_for("the daemon's address", lambda: address(tmp_path / "log"))
            wait_for("readiness", lambda: ready(url))
            assert "registered as" in slamon("callbacks", "add", "--yes", "--address", url, cwd=tmp_path)

            fresh = f"{site}{API}/service/tickets?pageSize=1&fields=id&conditions=status/id=480"
            (ticket,) = ask(fresh.replace(" ", "%20"))
            change = [{"op": "replace", "path": "status", "value": {"id": IN_PROGRESS}}]
            ask(f"{site}{API}/service/tickets/{ticket['id']}", "PATCH", change)

            wait_for("the callback", lambda: accepted(url) or None)
            wait_for("the change", lambda: told(tmp_path, ticket["id"]) or None)
        (registered,) = json.loads(slamon("callbacks", "list", "--json", cwd=tmp_path))
        assert registered["url"].startswith(f"{url}/connectwise/callbacks/acme")
        slamon("callbacks", "remove", str(registered["id"]), "--yes", cwd=tmp_path)
        assert json.loads(slamon("callbacks", "list", "--json", cwd=tmp_path)) == []
