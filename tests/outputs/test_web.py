"""The daemon's port, over real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse_text

from slamon.mailbox import Mailbox
from slamon.web import build_app
from tests.outputs.test_mailbox import deliver, serving
from tests.outputs.test_metrics import make, parse_openmetrics


class Doctor:
    """A health that says what it is told to say."""

    def __init__(self, *reasons: str) -> None:
        self.told = list(reasons)

    def reasons(self) -> list[str]:
        return self.told


def test_metrics_come_in_the_format_that_is_asked_for() -> None:
    async def scenario() -> None:
        metrics = make()
        async with serving(build_app(metrics, Doctor())) as client:
            text = await client.get("/metrics")
            accept = "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5"
            openmetrics = await client.get("/metrics", headers={"Accept": accept})
            metrics.count("slamon_polls_total", tenant="main", result="ok")
            later = await client.get("/metrics")

        assert text.status_code == 200
        assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        names = {family.name for family in parse_text(text.text)}
        assert {"slamon_up", "slamon_tickets", "slamon_polls"} <= names
        assert {family.name for family in parse_openmetrics(openmetrics.text)} >= {"slamon_up", "slamon_tickets"}
        assert 'slamon_polls_total{result="ok",tenant="main"} 0.0' in text.text
        assert 'slamon_polls_total{result="ok",tenant="main"} 1.0' in later.text

    asyncio.run(scenario())


def test_ready_gives_one_line_per_reason_and_healthy_does_not_care() -> None:
    async def scenario() -> None:
        doctor = Doctor("main: no poll has worked yet", "the database does not answer")
        async with serving(build_app(make(), doctor)) as client:
            unready, healthy = await client.get("/-/ready"), await client.get("/-/healthy")
            doctor.told.clear()
            ready = await client.get("/-/ready")

        assert (unready.status_code, healthy.status_code, ready.status_code) == (503, 200, 200)
        assert unready.text == "main: no poll has worked yet\nthe database does not answer\n"
        assert ready.text == "ready\n"
        assert healthy.text == "ok\n"

    asyncio.run(scenario())


def test_the_mailbox_is_there_where_there_is_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Mailbox(tmp_path) as box:
            await deliver(box)
            async with serving(build_app(make(), Doctor(), box.app)) as client:
                mails = await client.get("/mail/")
        async with serving(build_app(make(), Doctor())) as client:
            absent = await client.get("/mail/")

        assert "Ticket 1042" in mails.text
        assert absent.status_code == 404

    asyncio.run(scenario())
