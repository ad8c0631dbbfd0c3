"""Debian's Prometheus and Alertmanager on what `grafana/` ships: addresses are replaced, minutes are seconds."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slamon import resources
from tests import tools
from tests.e2e.processes import get, wait_for
from tests.grafana.dashboards import Dashboard
from tests.webguard.conftest import PASSWORD, Site

SHIPPED = resources.folder("grafana")
RULES = sorted((SHIPPED / "prometheus").glob("*.rules.yml"))
EVERY = dict.fromkeys(("tenant", "board", "priority", "company"), ".*")
CHOSEN = {**EVERY, "stage": "resolve", "__rate_interval": "1m", "__range": "1m"}
LOGIN = f"prometheus:{PASSWORD}"
Series = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs, by its address."""

    url: str

    def query(self, expression: str) -> Series | None:
        """Return the series of an expression now, None if there are none; one that is not understood fails."""
        body = get(f"{self.url}/api/v1/query?query={urllib.parse.quote(expression)}")[1]
        found: Series = json.loads(body)["data"]["result"]
        return found or None

    def values_of(self, variable: str) -> list[str]:
        """Return what `label_values(SERIES, LABEL)` of a dashboard offers."""
        series, _, label = variable.removeprefix("label_values(").removesuffix(")").rpartition(", ")
        match = urllib.parse.quote(series.replace("$tenant", ".*"))
        answer = json.loads(get(f"{self.url}/api/v1/label/{label}/values?match[]={match}")[1])
        assert answer["status"] == "success", variable
        found: list[str] = answer["data"]
        return found


def queries(dashboard: Dashboard) -> list[str]:
    """Return the queries of a dashboard as Grafana would send them with everything chosen."""
    found = []
    for query in dashboard.queries:
        for name, value in CHOSEN.items():
            query = query.replace(f"${name}", value)
        found.append(query)
    return found


def variables(dashboard: Dashboard) -> list[str]:
    """Return what a dashboard asks for the choices it offers."""
    return [it["definition"] for it in dashboard.variables if it["type"] == "query"]


def quickened(text: str) -> str:
    """Return settings in which what took minutes takes as many seconds, and half a minute one."""
    text = text.replace(": 30s", ": 1s")
    return re.sub(r"(?m)^( *(?:for|interval|group_interval): \d+)[mh]$", r"\1s", text)


def guard(folder: Path) -> None:
    """Put the daemon whose settings lie in *folder* behind the `web.yml` there."""
    settings = folder / "slamon.toml"
    settings.write_text(settings.read_text().replace("[web]\n", '[web]\nconfig_file = "web.yml"\n'))


@contextmanager
def prometheus(folder: Path, site: Site, target: str, alertmanager: int = 9) -> Iterator[Prometheus]:
    """Run Prometheus with the shipped scrape of *target*, over TLS with a password, and the shipped rules."""
    scrape = (SHIPPED / "prometheus" / "prometheus.yml").read_text("utf-8")
    for old, new in (
        ("slamon.example.org:9850", target),
        ("slamon.example.org", "localhost"),
        ("/etc/prometheus/", f"{folder}/"),
        ("127.0.0.1:9093", f"127.0.0.1:{alertmanager}"),
    ):
        assert old in scrape
        scrape = scrape.replace(old, new)
    (folder / "slamon_password").write_text(PASSWORD)
    shutil.copy(site.folder / "ca.pem", folder / "slamon_ca.crt")
    (folder / "prometheus.yml").write_text(quickened(scrape))
    for rules in RULES:
        (folder / rules.name).write_text(quickened(rules.read_text("utf-8")))
    port = free_port()
    command = [
        tools.program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with _running(command, folder / "prometheus.log", f"http://127.0.0.1:{port}") as url:
        yield Prometheus(url)


@contextmanager
def alertmanager(folder: Path, smtp_port: int, authority: Path) -> Iterator[int]:
    """Run Alertmanager as the shipped example says, its mail to *smtp_port* by STARTTLS; give its port."""
    example = (SHIPPED / "alertmanager" / "alertmanager.yml").read_text("utf-8")
    assert "mail.example.org:587" in example
    (folder / "alertmanager.yml").write_text(
        quickened(example.replace("mail.example.org:587", f"localhost:{smtp_port}"))
    )
    port = free_port()
    command = [
        tools.program("prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alerts'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _running(command, folder / "alertmanager.log", f"http://127.0.0.1:{port}", SSL_CERT_FILE=str(authority)):
        yield port


def alerts(port: int) -> list[dict[str, Any]]:
    """Return the alerts that Alertmanager knows, those it says nothing of included."""
    found: list[dict[str, Any]] = json.loads(get(f"http://127.0.0.1:{port}/api/v2/alerts")[1] or "[]")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _running(command: list[str], log: Path, url: str, **extra: str) -> Iterator[str]:
    """Run a program until the block ends; give its address once it says that it is ready."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **extra})
    try:
        wait_for(command[0], lambda: get(f"{url}/-/ready")[0] == 200 or None)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
