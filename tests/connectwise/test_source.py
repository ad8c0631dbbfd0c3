"""The source against a list of tickets on a real socket, which keeps to `id > n`, `orderBy` and `pageSize`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest

from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.source import ConnectWiseSource
from slamon.errors import PayloadError, SourceError, SourceRefusedError
from slamon.ports import TicketSource
from tests.batches import together

from .server import Handler, Reply, Request, script, serving

pytestmark = pytest.mark.anyio


def row(ticket_id: int, **changes: object) -> dict[str, Any]:
    return {
        "id": ticket_id,
        "summary": f"Ticket {ticket_id}",
        "board": {"id": 1, "name": "Help Desk"},
        "status": {"id": 16, "name": "New"},
        "_info": {"dateEntered": "2026-01-01T09:00:00Z", "lastUpdated": "2026-01-01T09:00:00Z"},
        **changes,
    }


@dataclass
class Desk:
    """Tickets in pages of at most `cap`. `before` runs ahead of each page, to let the list change."""

    rows: list[dict[str, Any]]
    cap: int = 1000
    before: Callable[[int], None] = lambda _: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.before(len(self.asked))
        conditions = request.query.get("conditions", "")
        self.asked.append(conditions)
        assert request.query["orderBy"] == "id asc"
        beyond = re.search(r"\(id > (\d+)\)", conditions)
        left = [r for r in self.rows if int(r["id"]) > int(beyond[1] if beyond else 0)]
        size = min(int(request.query["pageSize"]), self.cap)
        links = {"Link": f'<http://x{request.path}?page=2>; rel="next"'} if len(left) > size else {}
        return Reply(sorted(left, key=lambda r: int(r["id"]))[:size], headers=links)


async def poll(handler: Handler, credentials: Credentials, quick: Limits, *, page_size: int = 3) -> list[int]:
    """Return the ids of all open tickets, one page at a time."""
    async with serving(handler) as server:
        client = Client.open(server.url, credentials, limits=replace(quick, parallel=1), page_size=page_size)
        source: TicketSource = ConnectWiseSource(client)
        batch = await together(source.fetch_tickets(since=None))
        await client.aclose()
    assert batch.rejections == []
    return [ticket.id for ticket in batch.tickets]


async def test_all_pages_are_read_by_id(credentials: Credentials, quick: Limits) -> None:
    desk = Desk([row(n) for n in range(10, 18)])

    assert await poll(desk, credentials, quick) == list(range(10, 18))
    assert desk.asked == [
        "closedFlag = false",
        "(closedFlag = false) and (id > 12)",
        "(closedFlag = false) and (id > 15)",
    ]


async def test_a_full_last_page_is_followed_by_one_more_question(credentials: Credentials, quick: Limits) -> None:
    desk = Desk([row(n) for n in range(1, 7)])

    assert await poll(desk, credentials, quick) == list(range(1, 7))
    assert len(desk.asked) == 3


async def test_a_server_that_gives_smaller_pages_than_asked_loses_nothing(
    credentials: Credentials, quick: Limits
) -> None:
    desk = Desk([row(n) for n in range(1, 12)], cap=2)

    assert await poll(desk, credentials, quick, page_size=5) == list(range(1, 12))


async def test_tickets_that_come_and_go_between_pages_hide_no_other(credentials: Credentials, quick: Limits) -> None:
    desk = Desk([row(n) for n in range(1, 10)])

    def shift(page: int) -> None:
        if page == 1:
            desk.rows = [r for r in desk.rows if r["id"] not in (1, 2)] + [row(100)]

    desk.before = shift

    assert await poll(desk, credentials, quick) == [*range(1, 10), 100]


async def test_ids_as_texts_are_paged_as_numbers(credentials: Credentials, quick: Limits) -> None:
    rows = [row(n) | {"id": str(n)} for n in (8, 9, 10, 11)]

    assert await poll(Desk(rows), credentials, quick) == [8, 9, 10, 11]


async def test_a_bad_row_is_rejected_and_its_page_and_the_next_go_on(credentials: Credentials, quick: Limits) -> None:
    rows = [row(1), row(2, status="New"), row(3, board=None), row(4), row(5, _info={})]
    async with serving(Desk(rows)) as server, Client.open(server.url, credentials, limits=quick) as client:
        batch = await together(ConnectWiseSource(client).fetch_tickets(since=None))

    assert [ticket.id for ticket in batch.tickets] == [1, 4]
    assert sorted((r.ticket_id, r.reason) for r in batch.rejections) == [
        (2, "bad_shape"),
        (3, "no_board"),
        (5, "no_date_entered"),
    ]


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([[row(3), row(1), row(2)]], "id 1 came after 3"),
        ([[row(1), row(2), row(3)], [row(1), row(2), row(3)]], "id 1 came after 3"),
        ([[row(1), row(2), row(3)], [row(3), row(4)]], "id 3 came after 3"),
        ([[{"id": None}, {"id": "x"}, 5]], "a full page without a single id"),
        ([{"items": []}], "got `object`"),
        (["hello"], "got `str`"),
    ],
)
async def test_a_server_that_would_make_us_skip_or_run_in_circles_is_refused(
    replies: list[Any], message: str, credentials: Credentials, quick: Limits
) -> None:
    with pytest.raises(PayloadError, match=re.escape(message)):
        await poll(script(*(Reply(reply) for reply in replies)), credentials, quick)


async def test_a_failure_in_a_later_page_fails_the_fetch(credentials: Credentials, quick: Limits) -> None:
    with pytest.raises(SourceError, match="GET /service/tickets: 500"):
        await poll(script(Reply([row(1), row(2), row(3)]), Reply(b"", 500)), credentials, quick)


async def test_the_conditions_of_each_question(credentials: Credentials, quick: Limits) -> None:
    async with serving(Desk([])) as server, Client.open(server.url, credentials, limits=quick) as client:
        source = ConnectWiseSource(client)
        since = datetime(2026, 1, 1, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
        await together(source.fetch_tickets(since=since, board_ids={2, 1}))
        await together(source.fetch_tickets(since=None, board_ids={2, 1}))
        await together(source.fetch_tickets(since=since, with_open=True, board_ids={2, 1}))
        await together(source.fetch_tickets_by_id([5, 3, 5]))
        assert (await together(source.fetch_tickets_by_id([]))).tickets == []

    queries = [request.query for request in server.requests]
    assert [query["conditions"] for query in queries] == [
        "(lastUpdated >= [2026-01-01T09:00:00Z]) and (board/id in (1, 2))",
        "(closedFlag = false) and (board/id in (1, 2))",
        "((lastUpdated >= [2026-01-01T09:00:00Z]) or (closedFlag = false)) and (board/id in (1, 2))",
        "id in (3, 5)",
    ]
    fields = queries[0]["fields"].split(",")
    assert {"id", "status/id", "board/name", "_info", "customFields", "resolutionGoalUTC"} <= set(fields)
    assert queries[0]["pageSize"] == "1000"


async def test_many_ids_are_asked_for_in_addresses_of_a_bearable_length(
    credentials: Credentials, quick: Limits
) -> None:
    lengths: list[int] = []
    ids = range(2_000_000, 2_000_250)

    def handler(request: Request) -> Reply:
        asked = [int(n) for n in re.findall(r"\d{7}", request.query["conditions"])]
        lengths.append(len(asked))
        return Reply([row(n) for n in asked if n != 2_000_100])

    async with serving(handler) as server, Client.open(server.url, credentials, limits=quick) as client:
        batch = await together(ConnectWiseSource(client).fetch_tickets_by_id(ids))

    assert [ticket.id for ticket in batch.tickets] == [n for n in ids if n != 2_000_100]
    assert lengths == [100, 100, 50]


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404),
        Reply({"code": "Unauthorized", "message": "no"}, 401),
        Reply({"code": "SecurityPermissionsFailure", "message": "no"}, 403),
        Reply(b"<html>Not Found</html>", 404),
        Reply(b"", 404),
    ],
    ids=["unknown route", "credentials", "rights", "web page", "nothing"],
)
async def test_no_other_refusal_proves_that_a_ticket_is_deleted(
    reply: Reply, credentials: Credentials, quick: Limits
) -> None:
    async with serving(lambda _: reply) as server, Client.open(server.url, credentials, limits=quick) as client:
        with pytest.raises(SourceRefusedError):
            await ConnectWiseSource(client).is_deleted(5)


async def test_a_page_tells_the_servers_own_clock(credentials: Credentials, quick: Limits) -> None:
    dated = Reply([row(1)], headers={"Date": "Tue, 24 Nov 2026 10:00:00 GMT"})
    async with serving(lambda _: dated) as server, Client.open(server.url, credentials, limits=quick) as client:
        pages = [page async for page in ConnectWiseSource(client).fetch_tickets(since=None)]

    assert [page.answered_at for page in pages] == [datetime(2026, 11, 24, 10, tzinfo=UTC)]


async def test_an_audit_trail_is_read_in_pages(credentials: Credentials, quick: Limits) -> None:
    newest_first = [
        {"text": f"entry {n}", "enteredDate": f"2026-01-01T09:00:0{n}Z", "enteredBy": "jdoe"} for n in range(5, 0, -1)
    ]

    def handler(request: Request) -> Reply:
        assert (request.query["type"], request.query["id"]) == ("Ticket", "77")
        start = (int(request.query.get("page", "1")) - 1) * 2
        return Reply(list(newest_first[start : start + 2]))

    async with serving(handler) as server, Client.open(server.url, credentials, limits=quick, page_size=2) as client:
        trail = await ConnectWiseSource(client).fetch_audit_trail(77)

    assert [entry.text for entry in trail] == [f"entry {n}" for n in range(1, 6)]
    assert trail[0].at == datetime(2026, 1, 1, 9, 0, 1, tzinfo=UTC)
    assert [request.query.get("page", "1") for request in server.requests] == ["1", "2", "3", "1"]


class Site:
    """A site whose API is below a codebase that may change."""

    def __init__(self, codebase: str) -> None:
        self.codebase = codebase

    def __call__(self, request: Request) -> Reply:
        if request.path == "/login/companyinfo/acme":
            assert "authorization" not in request.headers
            assert "clientid" not in request.headers
            return Reply({"CompanyName": "Acme", "Codebase": self.codebase, "VersionCode": "v2026.1", "Extra": 1})
        if request.path == f"/{self.codebase}apis/3.0/service/tickets":
            return Reply([row(1)])
        return Reply({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404)


def site_of(url: str) -> str:
    return f"http://{urlsplit(url).netloc}"


async def test_the_codebase_is_asked_for_once_and_again_when_it_moved(credentials: Credentials, quick: Limits) -> None:
    site = Site("v2025_1/")
    async with serving(site) as server, Client.open(site_of(server.url), credentials, limits=quick) as client:
        source = ConnectWiseSource(client)
        for _ in range(2):
            assert len((await together(source.fetch_tickets(since=None))).tickets) == 1
        site.codebase = "v2026_1/"
        assert len((await together(source.fetch_tickets(since=None))).tickets) == 1
        with pytest.raises(SourceRefusedError, match="The endpoint does not exist"):
            await source.fetch_audit_trail(1)

    assert [request.path for request in server.requests] == [
        "/login/companyinfo/acme",
        "/v2025_1/apis/3.0/service/tickets",
        "/v2025_1/apis/3.0/service/tickets",
        "/v2025_1/apis/3.0/service/tickets",
        "/login/companyinfo/acme",
        "/v2026_1/apis/3.0/service/tickets",
        "/v2026_1/apis/3.0/system/audittrail",
        "/login/companyinfo/acme",
    ]


async def test_a_record_that_is_not_there_is_no_reason_to_ask_where_the_api_is(
    credentials: Credentials, quick: Limits
) -> None:
    def handler(request: Request) -> Reply:
        if request.path.startswith("/login"):
            return Reply({"Codebase": "v2025_1/"})
        return Reply({"code": "NotFound", "message": "Service Ticket 9 not found"}, 404)

    async with serving(handler) as server, Client.open(site_of(server.url), credentials, limits=quick) as client:
        with pytest.raises(SourceRefusedError, match="Service Ticket 9 not found"):
            await client.tickets.get(9)

    assert [request.path for request in server.requests] == [
        "/login/companyinfo/acme",
        "/v2025_1/apis/3.0/service/tickets/9",
    ]


async def test_a_move_is_noticed_by_all_who_ask_at_the_same_time(credentials: Credentials, quick: Limits) -> None:
    site = Site("v2025_1/")
    async with (
        serving(site) as server,
        Client.open(site_of(server.url), credentials, limits=quick) as client,
    ):
        source = ConnectWiseSource(client)
        await together(source.fetch_tickets(since=None))
        site.codebase = "v2026_1/"
        batches = await asyncio.gather(*(together(source.fetch_tickets(since=None)) for _ in range(20)))

    assert [len(batch.tickets) for batch in batches] == [1] * 20


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (b"null", SourceRefusedError, "knows no company 'acme'"),
        (b'{"Codebase": "https://evil.example/"}', PayloadError, "names the codebase 'https://evil.example/'"),
        (b'{"Codebase": "v1/../../x"}', PayloadError, "names the codebase"),
        (b'{"Codebase": "../"}', PayloadError, "names the codebase"),
        (b'{"CompanyName": "Acme"}', PayloadError, "names the codebase"),
        (b"[]", PayloadError, "not the expected document"),
        (b"<html>", PayloadError, "web page"),
    ],
)
async def test_a_site_that_does_not_say_where_its_api_is(
    answer: bytes, error: type[SourceError], message: str, credentials: Credentials, quick: Limits
) -> None:
    async with (
        serving(script(Reply(answer))) as server,
        Client.open(site_of(server.url), credentials, limits=quick) as client,
    ):
        with pytest.raises(error, match=message):
            await together(ConnectWiseSource(client).fetch_tickets(since=None))


def test_cloud_hosts_change_their_name_for_the_api() -> None:
    from slamon.connectwise.discovery import api_root, login_root, names_api

    for url in ("https://na.myconnectwise.net", "https://api-na.myconnectwise.net/"):
        assert login_root(url) == "https://na.myconnectwise.net"
        assert api_root(url, "v2026_1") == "https://api-na.myconnectwise.net/v2026_1/apis/3.0"
    assert login_root("https://psa.example:8443/x") == "https://psa.example:8443"
    assert api_root("https://psa.example:8443", "v4_6_release") == "https://psa.example:8443/v4_6_release/apis/3.0"
    assert names_api("https://psa.example/v4_6_release/apis/3.0/")
    assert not names_api("https://psa.example/v4_6_release")
