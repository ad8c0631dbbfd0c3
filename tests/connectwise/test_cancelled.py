"""Requests that end at their deadline, again and again, must not use up the connections."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.request import Request as Asked
from slamon.connectwise.transport import Transport
from slamon.errors import SourceUnavailableError
from tests.connectwise.server import Reply, Request, serving

pytestmark = pytest.mark.anyio


async def test_a_client_whose_requests_were_cut_off_at_any_moment_still_works(
    credentials: Credentials, quick: Limits
) -> None:
    def answer(_: Request) -> Reply:
        return Reply([{"id": 1}], headers={"Connection": "keep-alive"})

    limits = replace(quick, parallel=1, tries=1, requests_per_minute=10_000_000)
    async with serving(answer) as server, Transport(server.url, credentials, limits=limits) as transport:
        for turn in range(400):
            transport._limits = replace(limits, deadline_seconds=0.0001 * (turn % 60))
            with suppress(SourceUnavailableError):
                await transport.send(Asked("GET", "/service/boards"))
        transport._limits = limits

        assert (await transport.send(Asked("GET", "/service/boards"))).body
