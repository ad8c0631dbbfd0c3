"""What slamon's client sends: each request, and each answer to it, has to fit the description.

Every public method is called once and more; the server in between keeps what went over the wire.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from slamon.connectwise import probe
from slamon.connectwise.api.collection import Collection, Editable
from slamon.connectwise.changes import Patch, by_id, by_name
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.discovery import Connection
from slamon.connectwise.drafts import NewCallback, NewCompany, NewNote, NewTicket
from slamon.connectwise.limits import Limits
from slamon.connectwise.query import all_of, compare, contains, custom_field, descending, equals, is_in
from slamon.connectwise.source import ConnectWiseSource
from slamon.errors import SourceRefusedError
from tests.contract.groups import UNDESCRIBED, groups, is_described
from tests.contract.servers import FRIDAY_AFTERNOON, HEADERS, Desk, Exchange, desk

pytestmark = pytest.mark.anyio

CREDENTIALS = Credentials("training", "public", "private", HEADERS["clientId"])
IDS = {"board": 1, "sla": 1, "list": 1, "company": 250}


@pytest.fixture(scope="module")
def served() -> Iterator[Desk]:
    with desk() as running:
        yield running


@asynccontextmanager
async def judged(served: Desk, *, page_size: int = 1000) -> AsyncIterator[Client]:
    """Yield a client; what it asked, and what it was answered, is judged at the end."""
    seen = len(served.recorder.exchanges)
    limits = Limits(deadline_seconds=20, tries=1, requests_per_minute=0)
    async with Client.open(served.url, CREDENTIALS, limits=limits, page_size=page_size) as client:
        yield client
    exchanges = served.recorder.exchanges[seen:]
    assert exchanges
    for exchange in exchanges:
        _judge(exchange)


def _judge(exchange: Exchange) -> None:
    """Judge an exchange, if the description, a part of the whole one, knows its path."""
    if is_described(exchange.method, exchange.path):
        exchange.judge()
    else:
        assert re.search("|".join(UNDESCRIBED), exchange.path, re.IGNORECASE), exchange.path


async def _read(pages: AsyncIterator[Any]) -> list[Any]:
    return [row for page in [page async for page in pages] for row in page.good]


async def _first_id(group: Collection[Any]) -> int:
    row = (await group.of(dict).page(size=1)).good[0]
    return int(row["id"])


# --- what every group can do -----------------------------------------------------------------------------------------

ENDPOINTS = tuple(groups(Client.open("https://example.org", CREDENTIALS), IDS | {"ticket": 1}))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_every_group_is_listed_counted_and_fetched(served: Desk, endpoint: str) -> None:
    async with judged(served, page_size=3) as client:
        group = groups(client, IDS | {"ticket": await _first_id(client.tickets)})[endpoint]
        whole = [row.id if hasattr(row, "id") else row["id"] for row in await group.all()]
        assert len(await _read(group.pages())) == len(whole)
        assert len(await _read(group.pages(compare("id", ">", 0), in_order=True))) == len(whole)
        assert len(await _read(group.pages(forward=True))) == len(whole)
        assert len((await group.page(equals("id", -1), fields=("id",), order_by=(descending("id"),))).good) == 0
        assert await group.count() == len(whole)
        for number in whole[:2]:
            await group.get(number)
            await group.get(number, fields=("id", "_info"))
        assert len(await _read(group.of(dict).pages())) == len(whole)


# --- what some can do ------------------------------------------------------------------------------------------------


async def tickets(client: Client) -> None:
    made = await client.tickets.create(
        NewTicket(
            summary="Disk full",
            board=by_id(1),
            company={"identifier": "larkspur"},
            priority=by_id(6),
            severity="High",
            required_date=FRIDAY_AFTERNOON + timedelta(days=1),
            initial_description="Nobody can print.",
            process_notifications=False,
        )
    )
    await client.tickets.patch(made.id, {"status": by_name("In Progress"), "summary": "Disk is full"})
    await client.tickets.patch(made.id, Patch().replace("priority", by_id(15)).remove("owner"))
    await client.tickets.put(made.id, await client.tickets.of(dict).get(made.id))
    await client.tickets.delete(made.id)


async def found_tickets(client: Client) -> None:
    where = all_of(equals("closedFlag", False), is_in("board/id", [1, 12]), contains("summary", "a"))
    assert await _read(client.tickets.found(where, fields=("id", "status/name")))
    assert await _read(client.tickets.calculated(where))
    assert await _read(client.tickets.pages(is_in("id", range(10_000, 11_000))))  # too long for an address


async def notes(client: Client) -> None:
    group = client.tickets.notes(await _first_id(client.tickets))
    made = await group.create(NewNote(text="Called back", internal_analysis_flag=True))
    await group.patch(made.id, {"text": "Called back twice"})
    await group.put(made.id, await group.of(dict).get(made.id))
    await group.delete(made.id)


async def companies(client: Client) -> None:
    made = await client.companies.create(
        NewCompany(identifier="walkers", name="Walkers", types=(by_id(1),), status=by_id(1), address_line1="1 Long Way")
    )
    await client.companies.patch(made.id, {"phoneNumber": "555 0100"})
    await client.companies.put(made.id, await client.companies.of(dict).get(made.id))
    await client.companies.set_inactive(made.id)
    await client.companies.delete(made.id)
    with pytest.raises(SourceRefusedError):
        await client.companies.delete(250)


async def companies_with(client: Client) -> None:
    assert await _read(client.companies.pages(child=equals("types/id", 1)))
    assert await client.companies.count(custom=custom_field("SLA Tier", "Gold"))


async def custom_fields(client: Client) -> None:
    tier = (await client.companies.custom_fields(250))[0]
    assert tier.caption == "SLA Tier"
    await client.companies.set_custom_fields(250, {"SLA Tier": "Silver"})


async def sites(client: Client) -> None:
    group = client.companies.sites(250)
    made = await group.create({"name": "Annex"})
    await group.patch(made.id, {"city": "Riga"})
    await group.put(made.id, await group.of(dict).get(made.id))
    await group.delete(made.id)


async def type_associations(client: Client) -> None:
    await client.companies.type_associations(250).create({"type": by_id(3), "company": by_id(250)})


async def related(client: Client) -> None:
    for group in (client.companies.contacts(250), client.companies.tickets(250), client.companies.agreements(250)):
        await group.all()
    assert await client.companies.usages(250)


async def undescribed(client: Client) -> None:
    for group in (client.configurations, client.companies.configurations(250), client.companies.projects(250)):
        with suppress(SourceRefusedError):
            await group.page()


async def callbacks(client: Client) -> None:
    url = "http://127.0.0.1:9/hook?recordId="
    made = await client.callbacks.create(NewCallback(url=url, object_id=1, type="ticket", level="owner"))
    await client.callbacks.patch(made.id, {"description": "slamon"})
    await client.callbacks.put(made.id, await client.callbacks.of(dict).get(made.id))
    await client.callbacks.delete(made.id)


async def system(client: Client) -> None:
    assert (await client.company_info()).codebase
    assert (await client.system_info()).version
    assert await client.company_defaults()
    assert await _read(client.audit_trail(await _first_id(client.tickets)))
    assert await client.at("/company/companies/{company}/notes", {"company": 250}).count() >= 0


SCENARIOS: tuple[Callable[[Client], Awaitable[None]], ...] = (
    *(tickets, found_tickets, notes, companies, companies_with, custom_fields, sites, type_associations),
    *(related, undescribed, callbacks, system),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_what_a_client_does_fits(served: Desk, scenario: Callable[[Client], Awaitable[None]]) -> None:
    async with judged(served) as client:
        await scenario(client)


def test_no_method_of_the_client_is_forgotten() -> None:
    """Each is called somewhere above: by its name, on a group of its kind."""
    client = Client.open("https://example.org", CREDENTIALS)
    common = {name for name, _ in inspect.getmembers(Editable, inspect.isfunction)}
    source = inspect.getsource(inspect.getmodule(test_no_method_of_the_client_is_forgotten) or tickets)
    source += inspect.getsource(groups)
    for owner in (client, *(value for value in vars(client).values() if isinstance(value, Collection))):
        named = {name for name, _ in inspect.getmembers(type(owner)) if not name.startswith("_")}
        special = named - common - {"open", "aclose", *getattr(owner, "__dataclass_fields__", ())}
        assert [name for name in sorted(special) if f".{name}" not in source] == [], owner


# --- what the daemon does --------------------------------------------------------------------------------------------


async def test_what_the_daemon_asks_fits(served: Desk) -> None:
    async with judged(served, page_size=7) as client:
        source = ConnectWiseSource(client)
        assert (await source.fetch_reference()).boards
        batches = [batch async for batch in source.fetch_tickets(since=None)]
        changed = [batch async for batch in source.fetch_tickets(since=FRIDAY_AFTERNOON - timedelta(days=9))]
        assert batches
        assert changed
        ids = [ticket.id for batch in batches for ticket in batch.tickets]
        assert [sightings async for sightings in source.fetch_open(board_ids=[1, 12])]
        assert [batch async for batch in source.fetch_tickets_by_id(ids)]
        assert await source.fetch_audit_trail(ids[0])
        assert not await source.is_deleted(ids[0])


async def test_what_the_live_check_asks_fits(served: Desk) -> None:
    seen = len(served.recorder.exchanges)
    connection = Connection(served.url, CREDENTIALS, limits=Limits(tries=1))
    try:
        outcomes = await probe.try_endpoints(connection)
    finally:
        await connection.aclose()
    assert [(outcome.probe.endpoint, outcome.detail) for outcome in outcomes if outcome.state != "ok"] == []
    for exchange in served.recorder.exchanges[seen:]:
        _judge(exchange)
