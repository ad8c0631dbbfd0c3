"""Write-back on a simulated ConnectWise: looked first, written once, nothing in a dry run or without the right."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from msgspec import structs
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from slamon.channels.writeback import Actions, WritebackChannel, mark
from slamon.connectwise import Credentials
from slamon.connectwise.desk import ClientDesk, client_desk
from slamon.connectwise.discovery import Connection
from slamon.errors import ChannelDownError, DeliveryError
from slamon.ports import Channel, Notification
from slamon.ports.event import Event
from slamon.serving import serving
from slamon.simulator import SimClock, Simulator
from slamon.simulator.app import create_app
from slamon.wiring import tenant_settings
from tests.channels.samples import committed, event, note
from tests.config.samples import good, only
from tests.faults.desk import HASTY

_contract: type[Channel] = WritebackChannel  # mypy compares the two
NOON = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
KEYS = Credentials("training", "public", "private", "any")


@dataclass
class Guard:
    """The simulator behind something that counts what is written, and may refuse or swallow it."""

    app: ASGIApp
    written: Counter[str] = field(default_factory=Counter)
    refuse: int = 0
    swallow: int = 0  # so many writes are done and not answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET":
            await self.app(scope, receive, send)
            return
        self.written[scope["method"]] += 1
        if self.refuse:
            await PlainTextResponse("no", self.refuse)(scope, receive, send)
        elif self.swallow:
            self.swallow -= 1

            async def silent(_message: Any) -> None: ...

            await self.app(scope, receive, silent)
            raise ConnectionAbortedError  # the server closes the connection without an answer
        else:
            await self.app(scope, receive, send)


@dataclass
class Site:
    """A simulated ConnectWise at `url`, served from a thread of its own."""

    url: str
    guard: Guard
    simulator: Simulator

    @property
    def ticket_id(self) -> int:
        return min(number for number, ticket in self.simulator.world.tickets.items() if not ticket.row["closedFlag"])

    @property
    def row(self) -> dict[str, Any]:
        return self.simulator.world.tickets[self.ticket_id].row

    @property
    def notes(self) -> list[dict[str, Any]]:
        return self.simulator.world.tickets[self.ticket_id].notes

    def event(self) -> Event:
        told = event()
        return structs.replace(told, ticket=structs.replace(told.ticket, id=self.ticket_id))

    def channel(self, actions: Actions) -> WritebackChannel:
        limits = replace(HASTY, deadline_seconds=30.0, tries=2)
        return WritebackChannel("main", lambda: _desk(Connection(self.url, KEYS, limits=limits)), actions)

    def deliver(self, actions: Actions, told: Notification | None = None) -> str:
        with self.channel(actions).session() as session:
            return session.deliver(told or note(self.event()), committed) or ""


@asynccontextmanager
async def _desk(connection: Connection) -> AsyncIterator[ClientDesk]:
    async with client_desk(connection) as desk:
        yield desk


@pytest.fixture
def site() -> Iterator[Site]:
    simulator = Simulator(tickets=20, closed=5, clock=SimClock(NOON, 0))
    guard = Guard(create_app(simulator, "http"))
    url: list[str] = []
    ready, stop = Flag(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with serving(guard, "127.0.0.1", 0) as address:
            url.append(address)
            ready.set()
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield Site(url[0], guard, simulator)
    loops[0].call_soon_threadsafe(stop.set)
    thread.join()


def test_a_note_and_fields_are_written_once_however_often_it_is_tried(site: Site) -> None:
    priority = next(
        row for row in site.simulator.world.tables["priorities"].values() if row["name"] != site.row["priority"]["name"]
    )
    actions = Actions(note=True, changes={"priority": priority["name"], "owner": "lnguyen"}, dry_run=False)
    owner = next(iter(site.simulator.world.tables["members"].values()))["identifier"]
    actions = replace(actions, changes={**actions.changes, "owner": owner})
    before = len(site.notes)

    words = site.deliver(actions)
    again = site.deliver(actions)

    assert words.startswith("add an internal note; set priority to")
    assert again == "nothing is left to do"
    assert site.row["priority"]["name"] == priority["name"]
    assert site.row["owner"]["identifier"] == owner
    (written,) = site.notes[before:]
    assert written["internalAnalysisFlag"]
    assert not written["detailDescriptionFlag"]
    assert written["text"].endswith(mark(site.event()))
    assert "goal is breached" in written["text"]
    assert site.guard.written == {"POST": 1, "PATCH": 1}


def test_a_dry_run_writes_nothing_and_says_what_it_would(site: Site) -> None:
    words = site.deliver(Actions(changes={"priority": "Priority 1 - Critical", "status": "Closed"}))

    assert words.startswith("dry run: would add an internal note; set priority to 'Priority 1 - Critical', now '")
    assert site.guard.written == {}


def test_nothing_is_written_without_the_commit(site: Site) -> None:
    def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError), site.channel(Actions(dry_run=False)).session() as session:
        session.deliver(note(site.event()), refuse)

    assert site.guard.written == {}


def test_a_note_that_nobody_knows_the_fate_of_is_looked_for_before_another(site: Site) -> None:
    site.guard.swallow = 1
    before = len(site.notes)
    with pytest.raises(DeliveryError) as caught:
        site.deliver(Actions(dry_run=False))
    assert (caught.value.permanent, type(caught.value)) == (False, DeliveryError)

    assert site.deliver(Actions(dry_run=False)) == "nothing is left to do"
    assert len(site.notes) == before + 1


@pytest.mark.parametrize("status", [401, 403, 405])
def test_a_member_that_may_not_write_blames_no_alert(site: Site, status: int) -> None:
    site.guard.refuse = status
    with pytest.raises(ChannelDownError, match="rights"):
        site.deliver(Actions(dry_run=False))

    assert site.notes == [each for each in site.notes if "[slamon" not in each["text"]]


def test_what_cannot_be_is_given_up_with_the_reason(site: Site) -> None:
    unknown = event()
    with pytest.raises(DeliveryError) as gone:
        site.deliver(Actions(dry_run=False), note(unknown))
    with pytest.raises(DeliveryError, match="unheard-of") as odd:
        site.deliver(Actions(note=False, changes={"status": "unheard-of"}, dry_run=False))

    assert gone.value.permanent
    assert odd.value.permanent
    assert site.guard.written["PATCH"] == 0


def test_an_alert_of_another_tenant_is_not_written_into_this_ones_ticket(site: Site) -> None:
    """Both have a ticket of that number."""
    other = structs.replace(site.event(), tenant="other")
    with pytest.raises(DeliveryError, match="of tenant other") as caught:
        site.deliver(Actions(dry_run=False), note(other))

    assert caught.value.permanent
    assert site.guard.written == {}


def test_a_connectwise_that_is_down_blames_no_alert() -> None:
    channel = WritebackChannel("main", lambda: _desk(Connection("http://127.0.0.1:9", KEYS, limits=HASTY)), Actions())
    with pytest.raises(ChannelDownError), channel.session() as session:
        session.deliver(note(), committed)


BLOCK = '[channel.desk]\nkind = "connectwise"\n'


def test_it_is_off_and_then_dry_and_bound_to_one_tenant() -> None:
    config = good(f'{BLOCK}tenant = "main"\n[alerts]\nchannels = ["desk"]\n')
    channel = config.channel["desk"]
    (use,) = tenant_settings(config, "main").channels

    assert good().channel == {}
    assert (channel.kind, getattr(channel, "dry_run", None), use.lasts) == ("connectwise", True, False)
    assert only(f'{BLOCK}tenant = "other"\n').key == "channel.desk.tenant"


@pytest.mark.parametrize(
    ("text", "key"),
    [('public_key = "x"\n', "channel.desk.private_key"), ("note = false\n", "channel.desk.note")],
)
def test_settings_that_cannot_be_meant_are_refused(text: str, key: str) -> None:
    assert only(f'{BLOCK}tenant = "main"\n{text}').key == key
