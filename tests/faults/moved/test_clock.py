"""A real daemon whose wall clock is wrong at the start and is moved: nobody hears of what is not, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.processes import environment
from tests.faults.kills.databases import SqliteFiles
from tests.faults.moved.clock import DAY, HOUR, judge_alone, run
from tests.faults.moved.faketime import WallClock

pytestmark = pytest.mark.xdist_group("clock")


def test_a_clock_that_is_moved_under_a_daemon_does_no_harm(tmp_path: Path) -> None:
    """`make chaos` does so on Postgres too, with more steps, and compares with a calm life."""
    done = run(tmp_path / "run", SqliteFiles(tmp_path / "databases"), [DAY, -HOUR], judge_alone)

    assert done.outcome.found.faults == []
    assert done.outcome.found.twice == 0
    assert list(done.trouble) == []
    assert done.outcome.mails > 0
    assert done.reports > 0


_CLAIMS = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from slamon.store.migrate import open_store
from tests.faults.moved.faketime import WallClock
from tests.store.samples import MAIN, note

clock, store = WallClock(Path(sys.argv[1])), open_store(sys.argv[2])
span = timedelta(minutes=5)
store.enqueue([note()])
assert store.take_lease(MAIN, "one", 60, lambda holder: False)
claimed = store.claim_notification("mail", datetime.now(UTC), lease=span, furthest=span)
assert claimed is not None and store.mark_sending(claimed)
for hours in (1, -1, 24, -24):
    clock.set(timedelta(hours=hours))
    print(store.load_holder(MAIN), store.settle_unknown("mail", hold=False), end=" ")
"""


def test_claims_and_leases_on_sqlite_outlive_a_clock_that_is_moved(tmp_path: Path) -> None:
    clock = WallClock(tmp_path / "clock")
    clock.set(timedelta(0))
    command = [sys.executable, "-c", _CLAIMS, str(clock.file), f"sqlite:///{tmp_path / 'slamon.db'}"]

    said = subprocess.run(
        command, env=environment(**clock.environment()), capture_output=True, text=True, timeout=120, check=False
    )

    assert (said.stdout, said.stderr) == ("one [] " * 4, "")
