"""Callbacks: registered over HTTP, delivered to a real receiver, signed with a key that the receiver fetches."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from slamon.simulator import SimClock, Simulator
from tests.simulator.conftest import API, FRIDAY_AFTERNOON, Desk, serving

PLACE = "/system/callbacks"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST as it came in."""

    target: str
    signature: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON of the body."""
        found: dict[str, Any] = json.loads(self.raw)
        return found


@dataclass
class Receiver:
    """A server that takes deliveries and answers each with the next of *statuses*, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    came: "queue.Queue[Delivery]" = field(default_factory=queue.Queue)

    def next(self) -> Delivery:
        """Return the next delivery."""
        return self.came.get(timeout=10)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.came.put(Delivery(self.path, self.headers["x-content-signature"], raw))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?recordId="
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver for one test."""
    with receiving() as running:
        yield running


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Serve a desk on which nothing happens by itself, and which waits for nothing."""
    clock = SimClock(FRIDAY_AFTERNOON, speed=0)
    simulator = Simulator(7, 0, 20, clock=clock, arrivals_a_day=0)
    with serving(simulator, clock, retry_seconds=(0.0, 0.0)) as running:
        yield running


def _register(desk: Desk, receiver: Receiver, **changes: object) -> Any:
    return desk.post(PLACE, {"url": receiver.url, "objectId": 0, "type": "ticket", "level": "owner", **changes})


def _ticket(desk: Desk, **changes: object) -> int:
    return int(desk.post("/service/tickets", {"summary": "x", "company": {"id": 250}, **changes})["id"])


def test_a_change_is_told_and_signed_with_the_key_at_its_address(desk: Desk, receiver: Receiver) -> None:
    entry = _register(desk, receiver)
    assert (entry["objectId"], entry["payloadVersion"], entry["inactiveFlag"]) == (1, "3.0.0", False)
    number = _ticket(desk)
    delivery = receiver.next()
    body = delivery.body
    assert delivery.target == f"/hook?recordId={number}&action=added"
    assert (body["Action"], body["Type"], body["ID"], body["CompanyId"]) == ("added", "ticket", number, "training")
    assert body["CallbackObjectRecId"] == entry["id"]
    assert json.loads(body["Entity"]) == desk.client.get(f"/v2026_1/apis/3.0/service/tickets/{number}").json()
    key_url = body["Metadata"]["key_url"]
    assert key_url.startswith(desk.url)
    key = desk.client.get(key_url, auth=("", "")).json()["signing_key"]
    digest = hmac.new(hashlib.sha256(key.encode()).digest(), delivery.raw, hashlib.sha256).digest()
    assert delivery.signature == base64.b64encode(digest).decode()


def test_updates_and_deletions_are_told_and_silence_is_kept(desk: Desk, receiver: Receiver) -> None:
    number = _ticket(desk)
    _register(desk, receiver)
    place = f"/service/tickets/{number}"
    desk.change(place, summary="quiet", skipCallback=True)
    desk.change(place, summary="loud")
    updated = receiver.next().body
    assert (updated["Action"], json.loads(updated["Entity"])["summary"]) == ("updated", "loud")
    assert desk.delete(place) == 204
    deleted = receiver.next().body
    assert (deleted["Action"], deleted["Entity"]) == ("deleted", None)


def test_a_level_narrows_what_is_told(desk: Desk, receiver: Receiver) -> None:
    _register(desk, receiver, level="board", objectId=12)
    _ticket(desk)
    wanted = _ticket(desk, board={"id": 12})
    assert receiver.next().body["ID"] == wanted
    assert receiver.came.empty()


def test_companies_are_told_too(desk: Desk, receiver: Receiver) -> None:
    _register(desk, receiver, type="company")
    desk.change("/company/companies/250", name="Larkspur")
    assert json.loads(receiver.next().body["Entity"])["name"] == "Larkspur"


@pytest.mark.parametrize("statuses", [[404, 429], [409], [419, 409]])
def test_some_answers_are_tried_again(desk: Desk, receiver: Receiver, statuses: list[int]) -> None:
    receiver.statuses = [*statuses]
    _register(desk, receiver)
    number = _ticket(desk)
    seen = [receiver.next() for _ in range(len(statuses) + 1)]
    assert {delivery.body["ID"] for delivery in seen} == {number}
    assert len({delivery.raw for delivery in seen}) == 1


@pytest.mark.parametrize("statuses", [[500], [302], [401], [404, 404, 404]])
def test_others_are_not_and_three_tries_are_all(desk: Desk, receiver: Receiver, statuses: list[int]) -> None:
    receiver.statuses = [*statuses]
    _register(desk, receiver)
    first = _ticket(desk)
    assert [receiver.next().body["ID"] for _ in statuses] == [first] * len(statuses)
    second = _ticket(desk)
    assert receiver.next().body["ID"] == second


def test_three_failing_days_make_an_entry_inactive(desk: Desk, receiver: Receiver) -> None:
    place = f"{PLACE}/{_register(desk, receiver, type='company')['id']}"
    receiver.statuses = [500, 500, 500]
    for days in (0, 2, 2):
        assert desk.get(place)["inactiveFlag"] is False
        desk.clock.advance(days * 86_400)
        desk.change("/company/companies/250", name=f"Larkspur {days}")
        receiver.next()
    _until_inactive(desk, place)
    desk.change(place, inactiveFlag=False)
    desk.change("/company/companies/251", name="Told")
    assert receiver.next().body["ID"] == 251


def _until_inactive(desk: Desk, place: str) -> None:
    """Return when the answer to the last delivery has come back to the simulator."""
    for _ in range(1_000):
        if desk.get(place)["inactiveFlag"]:
            return
    pytest.fail("the entry stayed active")


@pytest.mark.parametrize(
    ("changes", "code", "name"),
    [
        ({"url": "http://192.0.2.7/x"}, "InvalidField", "url"),
        ({"url": "http://localhost.example/x"}, "InvalidField", "url"),
        ({"url": "http://[::1"}, "InvalidField", "url"),
        ({"url": "file:///etc/passwd"}, "InvalidField", "url"),
        ({"url": "http://127.0.0.1:99999/"}, "InvalidField", "url"),
        ({"type": "Ticket"}, "InvalidField", "type"),
        ({"level": "planet"}, "InvalidField", "level"),
        ({"type": "schedule", "level": "board"}, "InvalidField", "level"),
        ({"objectId": 7}, "InvalidField", "objectId"),
        ({"url": None}, "MissingRequiredField", "url"),
    ],
)
def test_entries_that_are_refused(shared: Desk, changes: dict[str, object], code: str, name: str) -> None:
    body = {"url": "http://127.0.0.1:9/?recordId=", "objectId": 1, "type": "ticket", "level": "owner", **changes}
    assert shared.reasons("POST", PLACE, body) == [(code, name)]


def test_the_same_entry_twice(desk: Desk, receiver: Receiver) -> None:
    entry = _register(desk, receiver)
    body = {name: entry[name] for name in ("url", "objectId", "type", "level")}
    refused = desk.post(PLACE, body, status=400)["errors"][0]
    assert (refused["code"], refused["message"]) == ("ObjectExists", "A matching callback entry already exists")
    assert desk.delete(f"{PLACE}/{entry['id']}") == 204
    assert desk.post(PLACE, body)["id"] == entry["id"]


def test_a_key_is_nobodys_without_its_name(desk: Desk, receiver: Receiver) -> None:
    _register(desk, receiver)
    answer = desk.client.get("/v2026_1//system/callbackkey/index.rails?companyName=training&id=guess")
    assert answer.status_code == 404
    assert desk.client.get(f"{API}/system/callbackkey/index.rails?id=").status_code == 404
