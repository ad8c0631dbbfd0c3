"""The daemon on Postgres, and Postgres going away under it."""

from __future__ import annotations

import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import get, running, sample, simulator, slamon, wait_for
from tests.e2e.test_daemon import address, ready, write_config

pytestmark = pytest.mark.xdist_group("daemon-postgres")


@pytest.fixture
def postgres() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pgserver.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="slamon-pg-")
    server = get_server(folder, cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_it_outlives_a_database_that_goes_away(postgres: Any, tmp_path: Path) -> None:
    from pgserver import _commands

    pg_ctl = vars(_commands)["pg_ctl"]
    url = postgres.get_uri()
    log = tmp_path / "log"
    with simulator(tmp_path, "--tickets", "30", "--closed", "10") as desk:
        write_config(tmp_path, desk)
        with running("run", cwd=tmp_path, log=log, SLAMON_STORE__URL=url) as daemon:
            web = wait_for("the daemon's address", lambda: address(log))
            wait_for("readiness", lambda: ready(web))

            pg_ctl(["stop", "-m", "immediate"], pgdata=postgres.pgdata, user=postgres.system_user, timeout=30)
            wait_for("the loss to be seen", lambda: sample(get(f"{web}/metrics")[1], "slamon_db_up") == 0 or None)
            daemon.send_signal(signal.SIGHUP)
            wait_for("readiness to end", lambda: get(f"{web}/-/ready")[0] == 503 or None)
            assert get(f"{web}/-/healthy")[0] == 200

            postgres.ensure_postgres_running()
            wait_for("readiness to come back", lambda: ready(web))
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=120) == 0
        assert "open tickets with a goal to keep" in slamon("status", cwd=tmp_path, SLAMON_STORE__URL=url)
