"""A house of one tenant with a life behind it, and its pages over a test client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from slamon.core.sight import Outlook, Sight
from slamon.pages import House, Room, page_routes
from slamon.ports import Store, WallTime
from tests.cli.served import threaded
from tests.jobs.conftest import store  # noqa: F401
from tests.jobs.desk import Desk, HandTime, settings_of
from tests.jobs.world import Life, at, ticket, worlds_of
from tests.outputs.samples import HOSTILE

LINK = "https://psa.example.org/{id}"


@dataclass
class Cottage:
    """A House that stands still."""

    store: Store
    wall: WallTime
    room: Room
    told: list[str] = field(default_factory=list)
    has_mailbox: bool = False

    def rooms(self) -> Mapping[str, Room]:
        return {self.room.settings.name: self.room}

    def reasons(self) -> list[str]:
        return self.told

    def look(self, now: datetime, outlook: Outlook = Outlook.CLEAR, seen_at: datetime | None = None) -> None:
        """Have the tenant be seen so at *now*."""
        assert isinstance(self.wall, HandTime)
        self.wall.moment = now
        self.room = replace(self.room, sight=Sight(now, outlook, seen_at or now, now))


_contract: type[House] = Cottage  # mypy compares the two


@pytest.fixture
def house(store: Store) -> Cottage:  # noqa: F811
    """Five open tickets at 11:30: urgent ones, one that waits, one that is lost, one with a hostile summary."""
    lives = [
        Life(ticket(1, summary="Server room is hot", owner="ann", entered_at=at("09:00"), last_updated_at=at("09:00"))),
        Life(ticket(2, summary="Cannot print")).then(at("10:10"), status="Assigned"),
        Life(ticket(3, summary="Waits for a part")).then(at("10:05"), status="In Progress"),
        Life(ticket(4, summary="Nobody looked", entered_at=at("06:00"), last_updated_at=at("06:00"))),
        Life(ticket(5, summary=HOSTILE, owner='<img src=x onerror="alert(1)">')),
    ]
    lives[0].then(at("09:30"), status="In Progress")
    lives[2].then(at("10:20"), status="Waiting Customer")
    lives[4].then(at("10:30"), status="Assigned")
    desk = Desk(store, worlds_of(*lives), settings_of(ticket_url=LINK))
    for moment in ("06:01", "08:01", "09:01", "09:31", "10:01", "10:21", "10:31", "11:30"):
        desk.poll(moment)
    room = Room(desk.settings, ZoneInfo("UTC"), Sight(at("11:30"), Outlook.CLEAR, at("11:30"), at("11:33")))
    return Cottage(store, HandTime(at("11:30")), replace(room, unmapped={}, unpromised={}, findings=()))


Visit = Callable[[House], httpx.Client]


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Serves the pages of a house over a real socket, and gives a client for it."""
    with ExitStack() as stack:

        def visit(house: House) -> httpx.Client:
            app = Starlette(routes=list(page_routes(house, {"127.0.0.1"})))
            address = stack.enter_context(threaded(app))
            return stack.enter_context(httpx.Client(base_url=address, trust_env=False, timeout=60))

        yield visit


@pytest.fixture
def visitor(house: Cottage, visit: Visit) -> httpx.Client:
    return visit(house)
