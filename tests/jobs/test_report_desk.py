"""When reports are made: at their time, after a downtime within their grace, never for what nobody had asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from slamon.config import Config, parse_config
from slamon.jobs.errand import Sent
from slamon.jobs.missed import find_missed
from slamon.metrics import Metrics
from slamon.report_desk import ReportDesk
from slamon.report_process import ReportOrder, fill_order
from slamon.store.sql import SqlStore
from tests.jobs.desk import HandTime
from tests.jobs.world import at

HOLDER = "machine 1 - - 0a"
CONFIG = """
[store]
url = "sqlite:///slamon.db"
[mail]
host = "smtp.example.org"
[alerts]
recipients = ["noc@example.org"]
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "public"
client_id = "8c1d"
[[report]]
name = "daily"
kind = "daily"
zone = "Europe/Riga"
grace_hours = 3
"""


class Life:
    """A daemon's reports over days: each start is another process, on the same database."""

    def __init__(self, folder: Path, store: SqlStore) -> None:
        self.config: Config = parse_config(
            CONFIG, {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k"}, path=folder / "slamon.toml"
        )
        self.store = store
        self.wall = HandTime(at("2026-10-20T00:00"))
        self.fails = False
        self.order: list[str] = []
        self.metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], reports=["daily"], strict=True)

    async def settled(self) -> None:
        self.order.append("settled")
        self.wall.moment += timedelta(seconds=20)

    async def make(self, order: ReportOrder) -> Sent:
        self.order.append(f"known at {order.errand.now:%H:%M:%S}")
        if self.fails:
            raise ValueError("no memory")
        return fill_order(order)

    def start(self, moment: str) -> ReportDesk:
        """Start at *moment*, and do what a start does."""
        self.wall.moment = at(moment)
        desk = ReportDesk(
            self.config,
            self.store,
            self.metrics,
            self.wall,
            HOLDER,
            domain=lambda: "example.org",
            sent=lambda: None,
            make=self.make,
            settled=self.settled,
        )
        asyncio.run(desk.make_all_due())
        return desk

    def fire(self, desk: ReportDesk, moment: str) -> None:
        self.wall.moment = at(moment)
        asyncio.run(desk.make_due("daily"))

    def told(self) -> list[tuple[str, bool]]:
        return [(row.report.period, row.report.late) for row in self.store.load_reports(50)][::-1]

    def missed(self) -> list[tuple[str, str]]:
        found = find_missed(self.store, self.config.reports.values(), self.wall.moment)
        return [(one.period, one.state) for one in found]

    def gauge(self, what: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"slamon_report_{what}_timestamp_seconds", {"report": "daily"})


@pytest.fixture
def life(tmp_path: Path, store: SqlStore) -> Life:
    return Life(tmp_path, store)


def test_what_was_due_before_anybody_asked_is_not_made(life: Life) -> None:
    desk = life.start("2026-10-23T05:00")  # 08:00 in Riga: an hour after its time
    assert life.told() == []

    life.fire(desk, "2026-10-24T04:00")
    assert life.told() == [("2026-10-23", False)]


def test_what_is_being_read_is_stored_before_a_report_is_made_of_what_was_known_then(life: Life) -> None:
    """What began to be read a second before its time and is stored after it would be in no breach report."""
    desk = life.start("2026-10-23T05:00")
    life.fire(desk, "2026-10-24T04:00")

    assert life.order == ["settled", "known at 04:00:00"]


def test_a_clock_that_was_ahead_at_the_first_start_puts_no_report_off(life: Life) -> None:
    desk = life.start("2026-10-30T06:00")

    for moment in ("2026-10-23T05:00", "2026-10-24T04:00"):
        life.fire(desk, moment)

    assert life.told() == [("2026-10-23", False)]


def test_it_is_made_once_at_its_time_through_the_night_the_clocks_go_back(life: Life) -> None:
    desk = life.start("2026-10-24T03:00")
    for moment in ("24T04:00", "24T04:00", "25T05:00", "25T05:10", "26T05:00"):  # seven in Riga, +03:00 then +02:00
        life.fire(desk, f"2026-10-{moment}")

    assert life.told() == [("2026-10-23", False), ("2026-10-24", False), ("2026-10-25", False)]
    first, second, third = (row.report for row in life.store.load_reports(3)[::-1])
    assert first.ends_at == second.begins_at
    assert (third.ends_at - third.begins_at).total_seconds() == 25 * 3600


def test_a_restart_within_the_grace_makes_the_newest_missed_one_and_marks_it_late(life: Life) -> None:
    life.start("2026-10-20T00:00")

    life.start("2026-10-23T06:30")  # two fires were slept through; the newest was due at 04:00 UTC

    assert life.told() == [("2026-10-22", True)]
    assert life.missed() == [("2026-10-21", "missed"), ("2026-10-20", "missed"), ("2026-10-19", "missed")]


def test_a_restart_beyond_the_grace_makes_none_and_it_is_listed(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    life.start("2026-10-22T05:00")

    life.start("2026-10-23T07:00:01")

    assert life.told() == []
    assert life.missed() == [("2026-10-22", "missed")]
    assert [record.msg["event"] for record in caplog.records] == ["report missed"]  # type: ignore[index]
    due, made = life.gauge("due"), life.gauge("last_success")
    assert due == at("2026-10-23T04:00").timestamp()
    assert made == 0


def test_one_that_failed_is_made_at_the_next_look(life: Life) -> None:
    desk = life.start("2026-10-22T05:00")
    life.fails = True
    life.fire(desk, "2026-10-23T04:00")
    assert life.missed() == [("2026-10-22", "waiting")]
    life.fails = False

    life.fire(desk, "2026-10-23T04:10")
    life.fire(desk, "2026-10-23T04:20")

    assert life.told() == [("2026-10-22", False)]
    counts = [
        life.metrics.registry.get_sample_value("slamon_reports_total", {"report": "daily", "result": result})
        for result in ("ok", "failed")
    ]
    assert counts == [1, 1]
    assert life.gauge("due") == at("2026-10-23T04:00").timestamp()
    assert life.gauge("last_success") == at("2026-10-23T04:10").timestamp()


def test_after_a_restart_it_is_known_that_it_was_made(life: Life) -> None:
    """An alert must not take every restart for a report that is missing."""
    desk = life.start("2026-10-22T05:00")
    life.fire(desk, "2026-10-23T04:00")
    life.metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], reports=["daily"], strict=True)

    life.start("2026-10-23T09:00")

    due, made = life.gauge("due"), life.gauge("last_success")
    assert due is not None and made is not None  # noqa: PT018
    assert due <= made
