"""Requests that write: what is sent, and when one may be sent again."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import replace
from typing import Literal

import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.request import Request
from slamon.connectwise.transport import Transport
from slamon.errors import InputError, OutcomeUnknownError, SourceError, SourceRefusedError, SourceUnavailableError

from .conftest import CANARY, CANARY_CLIENT, CANARY_PUBLIC, Counts
from .server import Handler, Reply, Server, script, serving

pytestmark = pytest.mark.anyio

TICKETS = "/service/tickets"
CREATE = Request("POST", TICKETS, body=b'{"summary": "x"}', repeatable=False)
SEARCH = Request("POST", "/service/tickets/search", body=b'{"conditions": "id > 1"}')
DELETE = Request("DELETE", "/service/tickets/{ticket}", {"ticket": 7})
GONE = Reply({"code": "NotFound", "message": "Service Ticket 7 not found"}, 404)
THROTTLED = Reply({"error": "ConnectWiseAPI", "message": "Too many requests."}, 429, {"Retry-After": "0.05"})


async def _break_off(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def send(server: Server, request: Request, credentials: Credentials, limits: Limits) -> bytes:
    async with Transport(server.url, credentials, limits=limits) as transport:
        return (await transport.send(request)).body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_body_goes_as_json_with_the_headers_asked_for(
    method: Literal["POST", "PUT", "PATCH"], credentials: Credentials, quick: Limits
) -> None:
    request = Request(method, TICKETS, body=b'{"a": 1}', headers={"pagination-type": "forward-only"})
    async with serving(script(Reply({"id": 1}, 201))) as server:
        assert await send(server, request, credentials, quick) == b'{"id": 1}'

    arrived = server.requests[0]
    assert (arrived.method, arrived.json) == (method, {"a": 1})
    assert arrived.headers["content-type"] == "application/json"
    assert arrived.headers["pagination-type"] == "forward-only"
    assert arrived.headers["accept"] == "application/vnd.connectwise.com+json"


@pytest.mark.parametrize("status", [200, 204])
async def test_a_deletion_is_answered_with_nothing(status: int, credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply(b"", status))) as server:
        assert await send(server, DELETE, credentials, quick) == b""

    assert (server.requests[0].method, server.requests[0].body) == ("DELETE", b"")


@pytest.mark.parametrize("first", [Reply(b"", 503), Reply(b"[", length=9), THROTTLED, _break_off])
@pytest.mark.parametrize("request_", [SEARCH, replace(CREATE, method="PUT", repeatable=True), DELETE], ids=str)
async def test_what_may_be_done_twice_is_sent_again(
    first: Reply, request_: Request, credentials: Credentials, quick: Limits
) -> None:
    async with serving(script(first, Reply([]))) as server:
        await send(server, request_, credentials, quick)

    assert len(server.requests) == 2


@pytest.mark.parametrize("first", [Reply(b"", 500), Reply(b"", 503), Reply(b"{", 201, length=9), _break_off])
async def test_a_creation_that_may_have_been_carried_out_is_not_sent_again(
    first: Reply, credentials: Credentials, quick: Limits
) -> None:
    async with serving(script(first, Reply({"id": 1}, 201))) as server:
        with pytest.raises(OutcomeUnknownError, match="may or may not have been carried out") as caught:
            await send(server, CREATE, credentials, quick)

    assert len(server.requests) == 1
    assert isinstance(caught.value, SourceUnavailableError)


async def test_a_creation_refused_for_haste_is_sent_again(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(THROTTLED, Reply({"id": 1}, 201))) as server:
        assert await send(server, CREATE, credentials, quick) == b'{"id": 1}'

    assert len(server.requests) == 2


async def test_a_creation_that_met_nobody_is_surely_not_done(
    credentials: Credentials, quick: Limits, counts: Counts
) -> None:
    async with serving(script(Reply([]))) as server:
        url = server.url
    async with Transport(url, credentials, limits=quick, observer=counts) as transport:
        with pytest.raises(SourceUnavailableError, match="could not be reached") as caught:
            await transport.send(CREATE)

    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.surely_not_done
    assert [labels["code"] for name, _, labels in counts.counted] == ["error"] * quick.tries


async def test_a_deadline_leaves_a_creation_in_doubt(credentials: Credentials, quick: Limits) -> None:
    gone = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await gone.wait()

    async with serving(script(hang)) as server:
        with pytest.raises(OutcomeUnknownError, match=r"within 0\.3 s; it may or may not"):
            await send(server, CREATE, credentials, replace(quick, deadline_seconds=0.3))
        gone.set()
    assert len(server.requests) == 1


async def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_left(
    credentials: Credentials, quick: Limits
) -> None:
    async with serving(script(_break_off, GONE)) as server:
        assert await send(server, DELETE, credentials, quick) == b""


@pytest.mark.parametrize("handler", [script(GONE), script(THROTTLED, GONE)])
async def test_a_deletion_of_nothing_is_refused(handler: Handler, credentials: Credentials, quick: Limits) -> None:
    async with serving(handler) as server:
        with pytest.raises(SourceRefusedError, match="Service Ticket 7 not found") as caught:
            await send(server, DELETE, credentials, quick)

    assert (caught.value.status, caught.value.code) == (404, "NotFound")


async def test_a_redirect_of_a_write_is_not_followed(credentials: Credentials, quick: Limits) -> None:
    for status in (301, 302, 307, 308):
        async with serving(script(Reply(b"", status, {"Location": "/elsewhere"}))) as server:
            with pytest.raises(SourceRefusedError, match="not followed"):
                await send(server, CREATE, credentials, quick)
            assert len(server.requests) == 1


async def test_a_body_beyond_the_limit_is_never_sent(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply([]))) as server:
        with pytest.raises(InputError, match="the body has 16 bytes; at most 10"):
            await send(server, CREATE, credentials, replace(quick, sent_bytes=10))

    assert server.requests == []


async def test_a_refusal_keeps_the_servers_codes_and_fields(credentials: Credentials, quick: Limits) -> None:
    fault = {"code": "NotFound", "message": "company 19299 not found", "resource": "ticket", "field": "company/id"}
    body = {"code": "InvalidObject", "message": "ticket object is invalid", "errors": [fault, "odd", {"code": None}]}
    async with serving(script(Reply(body, 400))) as server:
        with pytest.raises(SourceRefusedError) as caught:
            await send(server, CREATE, credentials, quick)

    assert caught.value.code == "InvalidObject"
    first, second = caught.value.faults
    assert (first.code, first.message, first.field) == ("NotFound", "company 19299 not found", "company/id")
    assert (second.code, second.message, second.field) == ("", "", "")


async def test_a_secret_in_the_place_redirected_to_is_not_told(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply(b"", 302, {"Location": f"/login/{CANARY}?key={CANARY_PUBLIC}"}))) as server:
        with pytest.raises(SourceRefusedError, match=r"here to '/login/\*\*\*'") as caught:
            await send(server, CREATE, credentials, quick)

    assert CANARY_PUBLIC not in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_no_secret_in_what_any_verb_leaves_behind(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    credentials: Credentials,
    quick: Limits,
    counts: Counts,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = " ".join([*credentials.headers().values(), CANARY, CANARY_PUBLIC, CANARY_CLIENT])
    fault = {"code": echo, "message": echo, "field": echo}
    told: list[str] = []
    body = None if method in ("GET", "DELETE") else b"{}"
    for status in (302, 400, 401, 403, 404, 409, 429, 500):
        reply = Reply({"code": echo, "message": echo, "errors": [fault]}, status)
        async with (
            serving(script(reply)) as server,
            Transport(server.url, credentials, limits=quick, tenant="main", observer=counts) as transport,
        ):
            with pytest.raises(SourceError) as caught:
                await transport.send(Request(method, TICKETS, body=body, repeatable=False))
        told += [repr(caught.value), repr(vars(caught.value)), *traceback.format_exception(caught.value)]
    told += [caplog.text, *capsys.readouterr(), repr(counts)]

    basic = credentials.headers()["Authorization"].removeprefix("Basic ")
    text = "\n".join(told)
    assert f"{method} /service/tickets: 400" in text
    assert [secret for secret in (CANARY, CANARY_PUBLIC, CANARY_CLIENT, basic) if secret in text] == []
