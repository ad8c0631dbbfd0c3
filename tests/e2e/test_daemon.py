"""`slamon run` against `slamon simulate`: starts, works, survives what an operator does to it, and stops."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.processes import get, running, sample, simulator, slamon, wait_for

CONFIG = """\
[store]
url = "sqlite:///slamon.db"
[web]
listen = "127.0.0.1:{port}"
[tenant.acme]
url = "{url}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
poll_seconds = 5
"""

pytestmark = pytest.mark.xdist_group("daemon")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("desk"), "--tickets", "60", "--closed", "50", "--speed", "1") as url:
        yield url


def write_config(folder: Path, url: str, port: int = 0, key: str = "private", extra: str = "") -> None:
    (folder / "key").write_text(key)
    (folder / "slamon.toml").write_text(CONFIG.format(url=url, port=port) + extra)


def address(log: Path) -> str | None:
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["event"] == "started":
            return str(entry["address"])
    return None


def ready(url: str) -> bool | None:
    return get(f"{url}/-/ready")[0] == 200 or None


def test_it_polls_serves_takes_up_settings_and_stops(desk: str, tmp_path: Path) -> None:
    write_config(tmp_path, desk)
    log = tmp_path / "log"
    with running("run", cwd=tmp_path, log=log) as daemon:
        url = wait_for("the daemon's address", lambda: address(log))
        assert get(f"{url}/-/healthy") == (200, "ok\n")
        wait_for("readiness", lambda: ready(url))
        page = get(f"{url}/metrics")[1]
        assert sample(page, 'slamon_up{tenant="acme"}') == 1
        assert sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith("slamon_tickets{"))

        (tmp_path / "slamon.toml").write_text("[tenant.acme]\nurl = 7\n")
        daemon.send_signal(signal.SIGHUP)
        rejected = "slamon_config_last_reload_successful"
        wait_for("the rejection", lambda: sample(get(f"{url}/metrics")[1], rejected) == 0 or None)
        polls = sample(get(f"{url}/metrics")[1], 'slamon_polls_total{result="ok",tenant="acme"}')
        assert polls is not None
        wait_for("another poll", lambda: _polls(url) > polls or None)

        write_config(tmp_path, desk, extra='[alerts]\nrecipients = ["noc@example.org"]\n')
        daemon.send_signal(signal.SIGHUP)
        wait_for("acceptance", lambda: sample(get(f"{url}/metrics")[1], rejected) == 1 or None)

        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=120) == 0
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events[-1] == "stopped"

    # What it left behind can be read without it, and taken up again.
    assert "open tickets with a goal to keep" in slamon("status", cwd=tmp_path)
    listed = json.loads(slamon("status", "--json", cwd=tmp_path))["tenants"][0]["tickets"]
    explained = json.loads(slamon("explain", f"acme/{listed[0]['id']}", "--json", cwd=tmp_path))
    assert sum(i["counted_seconds"] for i in explained["intervals"]) == explained["clock"]["elapsed_seconds"]
    assert json.loads(slamon("poll", "--json", cwd=tmp_path))[0]["result"] == "ok"


def _polls(url: str) -> float:
    return sample(get(f"{url}/metrics")[1], 'slamon_polls_total{result="ok",tenant="acme"}') or 0


def test_sigterm_in_the_middle_of_the_first_poll_ends_it_cleanly(desk: str, tmp_path: Path) -> None:
    write_config(tmp_path, desk)
    log = tmp_path / "log"
    with running("run", cwd=tmp_path, log=log) as daemon:
        wait_for("the daemon's address", lambda: address(log))
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=120) == 0


def test_a_server_that_is_down_is_one_line_a_metric_and_not_ready(tmp_path: Path) -> None:
    write_config(tmp_path, "http://127.0.0.1:9")
    printed = slamon("poll", cwd=tmp_path, status=75)
    assert [line for line in printed.splitlines() if line.startswith("acme: failed: ")]

    log = tmp_path / "log"
    with running("run", cwd=tmp_path, log=log):
        url = wait_for("the daemon's address", lambda: address(log))
        failed = 'slamon_polls_total{result="failed",tenant="acme"}'
        wait_for("a failed poll", lambda: sample(get(f"{url}/metrics")[1], failed) or None)
        assert get(f"{url}/-/healthy")[0] == 200
        status, reasons = get(f"{url}/-/ready")
        assert (status, reasons) == (503, "tenant acme: no successful poll yet\n")


def test_wrong_credentials_name_the_setting_and_never_the_secret(desk: str, tmp_path: Path) -> None:
    write_config(tmp_path, desk, key="not-the-right-one")

    printed = slamon("poll", cwd=tmp_path, status=75)

    assert "SLAMON_TENANT__ACME__PRIVATE_KEY" in printed
    assert "not-the-right-one" not in printed
    assert "Traceback" not in printed


def test_a_taken_port_is_one_line(desk: str, tmp_path: Path) -> None:
    port = int(desk.rpartition(":")[2])
    write_config(tmp_path, desk, port=port)

    printed = slamon("run", cwd=tmp_path, status=1)

    assert f"cannot listen on 127.0.0.1:{port}" in printed
    assert "Traceback" not in printed


def test_simulate_serves_both_paths_and_ends_on_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running("simulate", "--port", "0", "--tickets", "5", "--closed", "5", cwd=tmp_path, log=log) as process:
        line = wait_for("the simulator's line", lambda: log.read_text() or None)
        url = next(word for word in line.split() if word.startswith("http://"))
        info = json.loads(get(f"{url}/login/companyinfo/training")[1])
        for codebase in ("v4_6_release/", info["Codebase"]):
            assert get(f"{url}/{codebase}apis/3.0/service/boards")[0] == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0


def test_help_is_quick_to_import() -> None:
    """`--help` loads no library that it does not need."""
    printed = subprocess.run(
        [*(sys.executable, "-X", "importtime", "-m", "slamon", "--help")], capture_output=True, text=True, check=True
    )
    heavy = [
        name
        for name in ("pandas", "numpy", "sqlalchemy", "httpx", "pydantic", "structlog", "starlette")
        if f" {name}\n" in printed.stderr
    ]
    assert heavy == []


def test_a_daemon_stops_when_a_newer_slamon_has_migrated_its_database(desk: str, tmp_path: Path) -> None:
    write_config(tmp_path, desk)
    log = tmp_path / "log"
    with running("run", cwd=tmp_path, log=log) as daemon:
        url = wait_for("the daemon's address", lambda: address(log))
        wait_for("readiness", lambda: ready(url))
        with closing(sqlite3.connect(tmp_path / "slamon.db", timeout=60)) as newer, newer:
            newer.execute("UPDATE slamon_schema SET version_num = '9999'")
            polls = newer.execute("SELECT count(*) FROM polls").fetchone()

        assert daemon.wait(timeout=120) == 78

        with closing(sqlite3.connect(tmp_path / "slamon.db")) as newer:
            assert newer.execute("SELECT count(*) FROM polls").fetchone() == polls
    last = log.read_text().splitlines()[-1]
    assert last.startswith("slamon: sqlite:")
    assert "the schema was changed to 9999 meanwhile" in last
    assert "is of a newer slamon" in slamon("run", cwd=tmp_path, status=78)
