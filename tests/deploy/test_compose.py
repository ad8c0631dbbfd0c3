"""docker-compose.yml, read: what it mounts exists, what it serves is for this machine, and its settings are right."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slamon.config import load_config
from tests import tools

FOLDER = Path("deploy")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_what_is_mounted_is_there_or_is_a_volume_that_is_named() -> None:
    sources = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]

    assert {s for s in sources if s.startswith(".") and not (FOLDER / s).exists()} == set()
    assert {s for s in sources if not s.startswith(".")} <= COMPOSE["volumes"].keys()
    assert {name for service in SERVICES.values() for name in service.get("secrets", [])} == COMPOSE["secrets"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_for_this_machine_alone_and_holds_no_secret(name: str) -> None:
    service = SERVICES[name]

    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["restart"] == "unless-stopped"
    assert {key for key in service.get("environment", {}) if "PASSWORD" in key and "FILE" not in key} == set()
    assert "build" in service or service["image"].rpartition(":")[2] not in ("", "latest")


def test_its_slamon_takes_the_settings(tmp_path: Path) -> None:
    key, url = tmp_path / "key", tmp_path / "url"
    key.write_text("k" * 20)
    url.write_text("postgresql://slamon:secret@postgres/slamon?sslmode=disable")
    environment = {
        **SERVICES["slamon"]["environment"],
        "SLAMON_STORE__URL_FILE": str(url),
        "SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE": str(key),
        "SLAMON_WEB__LISTEN": "0.0.0.0:9850",  # as the Dockerfile has it
    }

    config = load_config(FOLDER / "compose" / "slamon.toml", environment)

    assert list(config.tenant) == ["main"]
    assert config.store.shown_url.startswith("postgresql://slamon:")


def test_its_prometheus_takes_the_file() -> None:
    command = [
        tools.program("promtool"),
        "check",
        "config",
        "--syntax-only",
        str(FOLDER / "compose" / "prometheus.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_is_told_where_prometheus_and_the_dashboards_are() -> None:
    provisioned = yaml.safe_load(Path("grafana/provisioning/dashboards/slamon.yml").read_text())["providers"][0]
    files = ("grafana/provisioning/datasources/slamon.yml", "deploy/compose/datasources.yml")
    sources = [yaml.safe_load(Path(file).read_text()) for file in files]

    assert f"../grafana/dashboards/json:{provisioned['options']['path']}:ro" in SERVICES["grafana"]["volumes"]
    assert [each["datasources"][0]["uid"] for each in sources] == ["slamon-prometheus"] * 2
    assert sources[1]["datasources"][0]["url"] == "http://prometheus:9090"
