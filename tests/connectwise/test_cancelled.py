"""Requests that end at their deadline, again and again, must neither use up the connections nor leave any behind."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from dataclasses import replace

import httpcore
import httpx
import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.request import Request as Asked
from slamon.connectwise.transport import Transport
from slamon.errors import SourceUnavailableError
from tests.connectwise.server import Reply, Request, serving

pytestmark = pytest.mark.anyio


def _connections() -> int:
    gc.collect()
    return sum(isinstance(one, httpcore.AsyncHTTPConnection) for one in gc.get_objects())


def _open_clients() -> int:
    return sum(isinstance(one, httpx.AsyncClient) and not one.is_closed for one in gc.get_objects())


async def test_a_client_whose_requests_were_cut_off_at_any_moment_still_works(
    credentials: Credentials, quick: Limits
) -> None:
    def answer(_: Request) -> Reply:
        return Reply([{"id": 1}], headers={"Connection": "keep-alive"})

    limits = replace(quick, parallel=1, tries=1, requests_per_minute=10_000_000)
    async with serving(answer) as server, Transport(server.url, credentials, limits=limits) as transport:
        for turn in range(400):
            transport._exchange.limits = replace(limits, deadline_seconds=0.0001 * (turn % 60))
            with suppress(SourceUnavailableError):
                await transport.send(Asked("GET", "/service/boards"))
        transport._exchange.limits = limits

        assert (await transport.send(Asked("GET", "/service/boards"))).body
        assert _connections() <= 1  # where httpx is left to itself: one for some of those cut off


async def test_fifty_requests_cut_off_leave_one_client(credentials: Credentials, quick: Limits) -> None:
    limits, before = replace(quick, deadline_seconds=0.05, tries=1, parallel=5), _open_clients()

    async def hang(_: Request) -> Reply:
        await asyncio.sleep(60)
        return Reply([])

    async with serving(hang) as server, Transport(server.url, credentials, limits=limits) as transport:
        asked = [transport.send(Asked("GET", "/service/boards")) for _ in range(50)]
        ends = await asyncio.gather(*asked, return_exceptions=True)

        assert [type(end) for end in ends] == [SourceUnavailableError] * 50
        assert _open_clients() == before + 1


async def test_requests_under_way_while_another_is_cut_off_are_answered(
    credentials: Credentials, quick: Limits
) -> None:
    arrived, answers, before = asyncio.Event(), asyncio.Event(), _open_clients()

    async def handler(request: Request) -> Reply:
        if request.path.endswith("/info"):
            return Reply({"id": 2})
        arrived.set()
        await answers.wait()
        return Reply([{"id": 1}])

    async with serving(handler) as server, Transport(server.url, credentials, limits=quick) as transport:
        kept = asyncio.create_task(transport.send(Asked("GET", "/service/boards")))
        await arrived.wait()
        arrived.clear()
        cut_off = asyncio.create_task(transport.send(Asked("GET", "/service/boards")))
        await arrived.wait()
        cut_off.cancel()
        await asyncio.gather(cut_off, return_exceptions=True)

        assert (await transport.send(Asked("GET", "/system/info"))).body == b'{"id": 2}'
        assert not kept.done()
        answers.set()
        assert (await kept).body == b'[{"id": 1}]'
        assert _open_clients() == before + 1
