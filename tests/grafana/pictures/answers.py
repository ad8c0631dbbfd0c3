"""What a real Prometheus answers to every query of every dashboard, after a simulated desk has lived for a while."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.parse
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.observers import CHOSEN, LOGIN, guard, prometheus
from tests.e2e.processes import get, running, wait_for
from tests.e2e.test_daemon import address, write_config
from tests.grafana.dashboards import committed
from tests.webguard.conftest import Site

SPEED, SECONDS = 60, 150  # two and a half hours of the desk
STEP_SECONDS = 1
SETTINGS = """
[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{starts_at}"
[metrics]
worst_tickets = 20
[slo]
companies = ["Larkspur Dental Group", "Banyan Clinics", "Coogee Surf Supply"]
[slo.percent]
respond = 95
plan = 90
resolve = 90
"""


def collect() -> list[dict[str, Any]]:
    """Return the dashboards, each panel with the `answers` to its targets by their letters.

    The desk's time runs fast and ends at the real now, so what is counted from now on is right in the end.
    """
    anchor = datetime.now(UTC).replace(microsecond=0)
    starts_at = anchor - timedelta(seconds=(SPEED - 1) * SECONDS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slamon-pictures-")))
        timing = ("--speed", str(SPEED), "--anchor", anchor.isoformat(), "--starts-at", starts_at.isoformat())
        log = folder / "simulator.log"
        numbers = ("--port", "0", "--tickets", "300", "--requests-per-minute", "0")
        stack.enter_context(running("simulate", *numbers, *timing, cwd=folder, log=log))
        said = wait_for("the simulator's line", lambda: log.read_text() or None)
        settings = SETTINGS.format(speed=SPEED, anchor=anchor.isoformat(), starts_at=starts_at.isoformat())
        write_config(folder, next(word for word in said.split() if word.startswith("http://")), extra=settings)
        written = folder / "slamon.toml"
        written.write_text(written.read_text().replace("poll_seconds = 5", "poll_seconds = 60"))
        site = Site(folder)
        site.write()
        guard(folder)
        stack.enter_context(running("run", cwd=folder, log=folder / "log"))
        url = wait_for("the daemon's address", lambda: address(folder / "log"))
        wait_for("readiness", lambda: get(f"{url}/-/ready", login=LOGIN, tls=site.trusting())[0] == 200 or None)
        asked = stack.enter_context(prometheus(folder, site, url.removeprefix("https://")))
        time.sleep(max(0.0, (anchor + timedelta(seconds=SECONDS) - datetime.now(UTC)).total_seconds()))
        now = time.time()
        return [_answered(dashboard.model, asked.url, now) for dashboard in committed()]


def _answered(model: dict[str, Any], url: str, now: float) -> dict[str, Any]:
    for panel in model["panels"]:
        panel["answers"] = {target["refId"]: _ask(url, target, now) for target in panel.get("targets", [])}
        for name, value in CHOSEN.items():
            panel["title"] = panel["title"].replace(f"${name}", value)
    return {**model, "from": (now - SECONDS) * 1000, "to": now * 1000}


def _ask(url: str, target: dict[str, Any], now: float) -> list[dict[str, Any]]:
    query = target["expr"]
    for name, value in CHOSEN.items():
        query = query.replace(
            f"${name}", "10s" if name == "__rate_interval" else "150s" if name == "__range" else value
        )
    if target.get("instant"):
        path = "query?" + urllib.parse.urlencode({"query": query, "time": now})
    else:
        span = {"query": query, "start": now - SECONDS, "end": now, "step": STEP_SECONDS}
        path = "query_range?" + urllib.parse.urlencode(span)
    found: list[dict[str, Any]] = json.loads(get(f"{url}/api/v1/{path}")[1])["data"]["result"]
    return found
