"""Pages under way at once, against a server that keeps to conditions on ids and takes its time."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from msgspec import Struct

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.listing import Listing
from slamon.connectwise.paging import Span, forward_pages, keyset_pages, steady_pages
from slamon.connectwise.query import ListQuery, contains, is_in
from slamon.connectwise.ranges import FILL, divide, parts_of, ranged_pages, spans_like
from slamon.connectwise.transport import Transport
from slamon.errors import InputError, PayloadError, SourceUnavailableError

from .server import Handler, Reply, Request, script, serving

pytestmark = pytest.mark.anyio

TICKETS = "/service/tickets"


class Row(Struct):
    id: int


@dataclass
class Slow:
    """Rows behind a wait for each page. `change` runs ahead of each answer; `under_way` counts requests."""

    ids: set[int]
    seconds: float = 0.0
    change: Callable[[Slow], None] = lambda _: None
    under_way: int = 0
    most: int = 0
    cap: int = 1000
    lists: int = 0
    counts: bool = True
    full_together: int = 0  # full pages served while two more were under way

    async def __call__(self, request: Request) -> Reply:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.seconds)
        self.change(self)
        together = self.under_way
        self.under_way -= 1
        chosen = self._chosen(request.query.get("conditions", ""))
        if request.path.endswith("/count"):
            return Reply({"count": len(chosen)}) if self.counts else Reply(b"", 404)
        self.lists += 1
        chosen.sort(reverse=request.query["orderBy"] == "id desc")
        size = min(int(request.query["pageSize"]), self.cap)
        self.full_together += len(chosen) > size > 1 and together > 2
        links = {"Link": '<http://x/?page=2>; rel="next"'} if len(chosen) > size else {}
        return Reply([{"id": n} for n in chosen[:size]], headers=links)

    def _chosen(self, conditions: str) -> list[int]:
        above = re.search(r"id > (\d+)", conditions)
        upto = re.search(r"id <= (\d+)", conditions)
        low, high = int(above[1]) if above else 0, int(upto[1]) if upto else 10**9
        return [n for n in self.ids if low < n <= high]


async def read(
    handler: Handler, credentials: Credentials, limits: Limits, *, size: int = 10, parallel: int = 8
) -> list[int]:
    listing = Listing(Row, TICKETS, query=ListQuery(page_size=size))
    async with serving(handler) as server, Transport(server.url, credentials, limits=limits) as transport:
        return [row.id async for page in ranged_pages(transport, listing, parallel) for row in page.good]


@pytest.fixture
def busy(quick: Limits) -> Limits:
    """Limits with a budget that no test here comes near."""
    return replace(quick, requests_per_minute=60_000)


async def test_pages_that_take_their_time_are_under_way_together(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 301)), seconds=0.1)

    assert sorted(await read(slow, credentials, busy)) == list(range(1, 301))
    assert slow.most == busy.parallel
    assert slow.lists < 60  # 30 full pages; what dividing costs is bounded


async def test_no_more_are_under_way_than_was_asked_for(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 200)), seconds=0.01)

    assert sorted(await read(slow, credentials, busy, parallel=2)) == list(range(1, 200))
    assert slow.most == 2


async def test_full_pages_are_asked_for_where_ids_are_dense(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 1001)))

    assert sorted(await read(slow, credentials, busy)) == list(range(1, 1001))
    assert slow.lists == 100 + 2  # and the largest id, and whether anything came after it


@pytest.mark.parametrize("spread", [2, 10, 1000])
async def test_nearly_full_pages_are_asked_for_where_ids_are_scattered(
    spread: int, credentials: Credentials, busy: Limits
) -> None:
    dice = random.Random(spread)
    ids = [place * spread + dice.randrange(1, spread + 1) for place in range(4000)]
    slow = Slow(set(ids))

    assert sorted(await read(slow, credentials, busy, size=100)) == sorted(ids)
    assert slow.lists <= 40 / FILL + 4


async def test_the_plan_is_made_while_pages_are_under_way(credentials: Credentials, busy: Limits) -> None:
    slow, planned = Slow(set(range(1, 1001))), asyncio.Event()

    async def handler(request: Request) -> Reply:
        reply = await slow(request)
        if request.path.endswith("/count"):
            await planned.wait()  # set only by a page that is asked for before the count is known
        if "id <= " in request.query.get("conditions", ""):
            planned.set()
        return reply

    assert sorted(await read(handler, credentials, replace(busy, tries=1))) == list(range(1, 1001))


async def test_a_list_of_one_page_costs_one_request(credentials: Credentials, busy: Limits) -> None:
    slow = Slow({3, 5})

    assert await read(slow, credentials, busy) == [3, 5]
    assert slow.lists == 1


async def test_a_span_that_is_fuller_than_thought_is_divided_again(credentials: Credentials, busy: Limits) -> None:
    slow = Slow({*range(1, 12), *range(2_000_000, 2_000_300)}, seconds=0.02)

    assert sorted(await read(slow, credentials, busy)) == sorted(slow.ids)
    assert slow.full_together > 5


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("cap", [4, 1000])
async def test_uneven_ids_small_pages_and_a_server_that_does_not_count(
    counts: bool, cap: int, credentials: Credentials, busy: Limits
) -> None:
    ids = {*range(1, 60, 7), *range(1_000_000, 1_000_150), *range(900_000_000, 900_000_015)}

    assert sorted(await read(Slow(ids, cap=cap, counts=counts), credentials, busy)) == sorted(ids)


@pytest.mark.parametrize("seed", range(6))
async def test_T82_rows_that_come_and_go_hide_no_other_and_none_comes_twice(
    seed: int, credentials: Credentials, busy: Limits
) -> None:
    dice = random.Random(seed)
    staying = set(dice.sample(range(1, 5000), 300))
    fleeting = set(dice.sample(sorted(set(range(1, 5000)) - staying), 200))

    def stir(slow: Slow) -> None:
        for row_id in dice.sample(sorted(fleeting), 40):
            slow.ids ^= {row_id}
        slow.ids.add(5000 + slow.lists)

    seen = await read(Slow(staying | set(list(fleeting)[:100]), change=stir), credentials, busy)

    assert len(seen) == len(set(seen))
    assert staying <= set(seen)
    assert max(seen) > 5000  # what came meanwhile is in the last span


async def test_all_rows_gone_after_the_first_page(credentials: Credentials, busy: Limits) -> None:
    def vanish(slow: Slow) -> None:
        if slow.lists:
            slow.ids.clear()

    assert await read(Slow(set(range(1, 50)), change=vanish), credentials, busy) == list(range(1, 11))


async def test_a_reader_that_stops_leaves_no_request_behind(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 2000)), seconds=0.01)
    listing = Listing(Row, TICKETS, query=ListQuery(page_size=10))
    async with serving(slow) as server, Transport(server.url, credentials, limits=busy) as transport:
        pages = ranged_pages(transport, listing, 6)
        taken = [await anext(pages) for _ in range(5)]
        asked = slow.lists
        await pages.aclose()
        left = {task for task in asyncio.all_tasks() if "fetch_page" in repr(task)}

    assert len(taken) == 5
    assert asked <= 5 + 2 * busy.parallel  # nothing is fetched far ahead of its reader
    assert not left


async def test_a_reader_that_stops_does_not_wait_for_answers_that_never_come(
    credentials: Credentials, busy: Limits
) -> None:
    slow, gone = Slow(set(range(1, 2000))), asyncio.Event()

    async def handler(request: Request) -> Reply:
        if slow.lists > 4:
            await gone.wait()
        return await slow(request)

    listing = Listing(Row, TICKETS, query=ListQuery(page_size=10))
    async with serving(handler) as server, Transport(server.url, credentials, limits=busy) as transport:
        pages = ranged_pages(transport, listing, 6)
        _ = [await anext(pages) for _ in range(2)]
        async with asyncio.timeout(3):  # far less than the deadline of the requests that hang
            await pages.aclose()
        gone.set()


async def test_a_page_that_fails_ends_the_whole_list(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 200)))

    async def handler(request: Request) -> Reply:
        return Reply(b"oops", 500) if "id <= " in request.query.get("conditions", "") else await slow(request)

    with pytest.raises(SourceUnavailableError, match="500"):
        await read(handler, credentials, replace(busy, tries=1))


async def test_a_server_that_ignores_an_upper_bound_is_refused(credentials: Credentials, busy: Limits) -> None:
    slow = Slow(set(range(1, 200)))

    async def handler(request: Request) -> Reply:
        query = {**request.query, "conditions": re.sub(r"id <= \d+", "", request.query.get("conditions", ""))}
        return await slow(replace(request, query=query))

    with pytest.raises(PayloadError, match="rows with id <="):
        await read(handler, credentials, busy)


@pytest.mark.parametrize("span", [Span(), Span(4), Span(4, 11), Span(None, 3), Span(100, None), Span(7, 8)])
def test_parts_of_a_span_neither_overlap_nor_leave_a_gap(span: Span) -> None:
    for parts in range(-1, 9):
        divided = divide(span, parts, largest=50)
        for number in range(1, 120):
            inside = [p for p in divided if (p.after or 0) < number and (p.until is None or number <= p.until)]
            whole = (span.after or 0) < number and (span.until is None or number <= span.until)
            assert len(inside) == whole
        assert len(divided) <= max(1, parts)


def test_early_spans_are_as_wide_as_the_ids_before_suggest() -> None:
    assert spans_like([1, 2, 3], 2, 3) == [Span(3, 6), Span(6, 9), Span(9)]
    assert spans_like([10, 35, 109], 1, 3) == [Span(109, 199), Span(199)]  # 100 ids a page, nine tenths of them
    assert spans_like([5], 0, 3) == spans_like([5], -1, 3) == [Span(5)]


@pytest.mark.parametrize(
    ("rest", "left", "largest", "parts"),
    [
        (Span(10), 90, 100, 9),  # no gaps: ten ids hold no more than ten rows
        (Span(10), 90, 910, 10),  # scattered: nine rows a page are planned
        (Span(460), 90, 910, 5),  # half of the ids are still to come, so half of the rows
        (Span(100), 0, 100, 1),
        (Span(200), 90, 100, 1),  # what the early spans have not brought is new
        (Span(10), -3, 0, 1),
    ],
)
def test_parts_by_count_and_largest_id(rest: Span, left: int, largest: int, parts: int) -> None:
    assert parts_of(rest, left, 10, largest, 10) == parts


@dataclass
class Forward:
    """A server of forward-only pages; `known` False makes it one that has never heard of them."""

    ids: list[int]
    known: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request.query)
        size = int(request.query["pageSize"])
        if not self.known or "pageId" not in request.query:
            above = re.search(r"id > (\d+)", request.query.get("conditions", ""))
            left = [n for n in self.ids if n > int(above[1] if above else 0)]
            if "orderBy" not in request.query:
                left.reverse()
            links = {"Link": '<http://x/?page=2&pageSize=9>; rel="next"'} if len(left) > size else {}
            return Reply([{"id": n} for n in left[:size]], headers=links)
        assert request.headers["pagination-type"] == "forward-only"
        assert "orderBy" not in request.query
        left = [n for n in self.ids if n > int(request.query["pageId"])]
        last = left[:size][-1] if left else ""
        return Reply(
            [{"id": n} for n in left[:size]],
            headers={"Link": f'<http://x/y?pageSize=9&pageId={last}>; rel="next"'},
        )


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 25])
async def test_forward_only_pages(known: bool, count: int, credentials: Credentials, quick: Limits) -> None:
    listing = Listing(Row, TICKETS, query=ListQuery(page_size=10))
    server_of = Forward(list(range(5, 5 + count)), known)
    async with serving(server_of) as server, Transport(server.url, credentials, limits=quick) as transport:
        ids = [row.id async for page in forward_pages(transport, listing) for row in page.good]

    assert sorted(ids) == server_of.ids
    assert server_of.asked[0]["pageId"] == "0"


@pytest.mark.parametrize("cut", [b'[{"id": 1}, {"id"', b'[{"id": 1}', b"["])
async def test_a_page_that_is_cut_is_asked_for_again(cut: bytes, credentials: Credentials, quick: Limits) -> None:
    answer = script(Reply(cut), Reply([{"id": 1}, {"id": 2}]))

    assert await read(answer, credentials, quick) == [1, 2]


@pytest.mark.parametrize("body", [b"hello", b"[1] [2]", b'[{"id": NaN}]', b'{"id": 1}'])
async def test_a_page_that_is_no_list_is_an_error_that_names_it(
    body: bytes, credentials: Credentials, quick: Limits
) -> None:
    asked = 0

    def answer(_: Request) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(body)

    with pytest.raises(PayloadError, match=f"GET {TICKETS}: .*not (JSON|the expected)"):
        await read(answer, credentials, quick)
    assert asked == 1


class Line(Struct):
    text: str


async def test_broken_characters_do_not_lose_a_page(credentials: Credentials, quick: Limits) -> None:
    body = b'\xef\xbb\xbf[{"id": 1, "text": "a\\ud800"}, {"id": 2, "text": "b\xff"}, {"id": 3}]'
    async with serving(script(Reply(body))) as server, Transport(server.url, credentials, limits=quick) as transport:
        (page,) = [page async for page in keyset_pages(transport, Listing(Line, TICKETS))]

    assert [row.text for row in page.good] == ["a", "b\ufffd"]
    assert ([bad.ticket_id for bad in page.bad], page.ids) == ([3], [1, 2, 3])


@pytest.mark.parametrize("grown", [0, 1, 2])
async def test_T82_a_trail_that_grows_at_its_front_is_read_without_shift(
    grown: int, credentials: Credentials, quick: Limits
) -> None:
    lines = [f"line {n}" for n in range(25, 0, -1)]
    asked = 0

    def handler(request: Request) -> Reply:
        nonlocal asked
        if asked in (1, 5)[:grown]:
            lines.insert(0, f"line {len(lines) + 1}")
        asked += 1
        start = (int(request.query.get("page", "1")) - 1) * 10
        date = f"Tue, 24 Nov 2026 10:00:{asked:02} GMT"  # that time passes is no change of the list
        return Reply([{"text": line} for line in lines[start : start + 10]], headers={"Date": date})

    listing = Listing(Line, "/system/audittrail", query=ListQuery(page_size=10), params={"type": "Ticket"})
    async with serving(handler) as server, Transport(server.url, credentials, limits=quick) as transport:
        read = [row.text async for page in steady_pages(transport, listing) for row in page.good]

    assert read == [f"line {n}" for n in range(25 + grown, 0, -1)]
    assert {request.query["type"] for request in server.requests} == {"Ticket"}


async def test_a_trail_that_never_rests_is_tried_again_later(credentials: Credentials, quick: Limits) -> None:
    asked = 0

    def handler(_: Request) -> Reply:
        nonlocal asked
        asked += 1
        return Reply([{"text": f"{asked}"}] * (1 if asked % 3 == 2 else 2))

    listing = Listing(Line, "/system/audittrail", query=ListQuery(page_size=2))
    async with serving(handler) as server, Transport(server.url, credentials, limits=quick) as transport:
        with pytest.raises(SourceUnavailableError, match="changed each time"):
            _ = [page async for page in steady_pages(transport, listing)]


LONG = is_in("id", range(1_000_000, 1_000_300))


async def test_a_selection_too_long_for_an_address_is_posted(credentials: Credentials, quick: Limits) -> None:
    listing = Listing(Row, TICKETS, query=ListQuery(LONG, ("summary",), page_size=50), search=f"{TICKETS}/search")
    async with (
        serving(lambda _: Reply([{"id": 7}])) as server,
        Transport(server.url, credentials, limits=quick) as transport,
    ):
        pages = [page async for page in keyset_pages(transport, listing, Span(5))]

    assert [page.ids for page in pages] == [[7]]
    (asked,) = server.requests
    assert (asked.method, asked.path.removeprefix("/v4_6_release/apis/3.0")) == ("POST", "/service/tickets/search")
    assert asked.query == {"fields": "id,summary", "pageSize": "50"}
    assert asked.json == {"conditions": f"({LONG}) and (id > 5)", "orderBy": "id asc"}


def test_a_selection_too_long_for_a_list_without_search_is_refused() -> None:
    listing = Listing(Row, "/company/companies", query=ListQuery(LONG))
    with pytest.raises(InputError, match=r"GET /company/companies: the address would have \d{4} characters"):
        listing.request(listing.query)
    with pytest.raises(InputError, match="too long to count by"):
        listing.count_request()


def test_the_whole_query_of_a_list() -> None:
    query = ListQuery(child_conditions=contains("communicationItems/value", "@"), page=3, order_by=("id",))
    assert query.params() == {
        "childConditions": 'communicationItems/value contains "@"',
        "orderBy": "id asc",
        "page": 3,
        "pageSize": 1000,
    }
    assert "page" not in replace(query, page_id=9).params()


async def test_a_kind_of_row_that_does_not_keep_its_id_is_paged_all_the_same(
    credentials: Credentials, quick: Limits
) -> None:
    class Summary(Struct):
        summary: str = ""

    slow = Slow(set(range(1, 8)))
    kinds: tuple[type[Any], ...] = (Summary, dict)
    for kind in kinds:
        listing = Listing(kind, TICKETS, query=ListQuery(page_size=3))
        async with serving(slow) as server, Transport(server.url, credentials, limits=quick) as transport:
            pages = [page async for page in keyset_pages(transport, listing)]
        assert [page.ids for page in pages] == [[1, 2, 3], [4, 5, 6], [7]]
