"""A simulator on a real socket, standing still in simulated time until a test advances it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from slamon.simulator import SimClock, Simulator, SimulatorServer

FRIDAY_AFTERNOON = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
API = "/v4_6_release/apis/3.0"


@dataclass
class Desk:
    """The served simulator as a test sees it: an HTTP client, and the clock it may push."""

    client: httpx.Client
    clock: SimClock
    url: str

    def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.client.get(API + path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, **query: str | int) -> tuple[int, dict[str, Any]]:
        """Return status and body of a GET that must not succeed."""
        answer = self.client.get(API + path, params=query)
        assert answer.status_code >= 400
        return answer.status_code, answer.json()

    def patch(self, number: int, **changes: object) -> dict[str, Any]:
        """Replace fields of a ticket and return it."""
        body = [{"op": "replace", "path": name, "value": value} for name, value in changes.items()]
        answer = self.client.patch(f"{API}/service/tickets/{number}", json=body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def put(self, path: str, body: object) -> Any:
        """Return the JSON of a PUT that must succeed."""
        answer = self.client.put(API + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, path: str, **changes: object) -> Any:
        """Replace fields of any record and return it."""
        body = [{"op": "replace", "path": name, "value": value} for name, value in changes.items()]
        answer = self.client.patch(API + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def delete(self, path: str) -> int:
        """Return the status of a DELETE."""
        return self.client.delete(API + path).status_code

    def reasons(self, method: str, path: str, body: object) -> list[tuple[str, str]]:
        """Return (code, field) of all reasons for which a write is refused."""
        answer = self.client.request(method, API + path, json=body)
        assert answer.status_code == 400, answer.text
        return [(reason["code"], reason["field"]) for reason in answer.json()["errors"]]

    def post(self, path: str, body: object, status: int = 201) -> Any:
        """Return the JSON of a POST."""
        answer = self.client.post(API + path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def served() -> Iterator[Desk]:
    """Serve a small desk of its own for one test."""
    yield from _served(tickets=40, closed=60)


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    """Serve one desk that the tests of a module only read."""
    yield from _served(tickets=120, closed=200)


@pytest.fixture(scope="module")
def compat() -> Iterator[Desk]:
    """Serve a desk that answers the forms of older notes, too."""
    yield from _served(tickets=60, closed=60, compat=True)


@contextmanager
def serving(simulator: Simulator, clock: SimClock, **server: Any) -> Iterator[Desk]:
    """Serve *simulator* on a thread of its own; *server* are options of `SimulatorServer`."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    url: list[str] = []

    async def run() -> None:
        async with SimulatorServer(simulator, port=0, **server) as running:
            url.append(running.url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert ready.wait(10)
        headers = {"clientId": "any"}
        tls = server.get("tls")
        trusted = tls.for_client() if tls else True
        login = ("training+public", "private")
        with httpx.Client(base_url=url[0], auth=login, headers=headers, verify=trusted) as client:
            yield Desk(client, clock, url[0])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def _served(tickets: int, closed: int, **options: Any) -> Iterator[Desk]:
    clock = SimClock(FRIDAY_AFTERNOON, speed=0)
    with serving(Simulator(7, tickets, closed, clock=clock, **options), clock) as desk:
        yield desk
