"""The least rights: a ConnectWise that takes no writes at all is watched as well as any other."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from slamon.simulator import SimClock, Simulator, SimulatorServer, server
from slamon.simulator.app import create_app
from tests.faults.desk import START, watching

pytestmark = pytest.mark.anyio

STEP = timedelta(minutes=5)


class ReadOnly:
    """Answers 405 to whatever is no GET, and counts what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.methods: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.methods[scope["method"]] += 1
            if scope["method"] != "GET":
                await PlainTextResponse("read only", 405)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def test_a_member_that_may_only_read_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimClock(START, speed=0)
    simulator = Simulator(7, 60, 20, clock=clock)
    guarded = ReadOnly(create_app(simulator, "http"))
    # Its own server: another one would put the real time into every answer beside the simulated one.
    monkeypatch.setattr(server, "create_app", lambda _simulator, _scheme: guarded)
    async with (
        SimulatorServer(simulator) as site,
        watching(site.url, clock, tmp_path, poll_every=STEP, sweep_every=STEP) as desk,
    ):
        results = []
        for _ in range(6):
            simulator.advance(STEP.total_seconds())
            results.append((await desk.cycle()).result)

    assert results == ["ok"] * 6
    assert set(guarded.methods) == {"GET"}
    assert guarded.methods["GET"] > 12
