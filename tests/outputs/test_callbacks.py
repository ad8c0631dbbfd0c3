"""Callbacks over real HTTP: a site that serves keys, the daemon's port, and a watch that takes hints."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from slamon import log
from slamon.connectwise.signing import KeyRing, sign
from slamon.hints import HintDesk, Hinted
from slamon.hooks import LARGEST_BODY, MOST_AT_ONCE, RESULTS, callback_route
from slamon.metrics import Metrics
from slamon.metrics.catalog import CALLBACK_RESULTS
from slamon.serving import serving
from slamon.web import build_app
from tests.connectwise.server import Reply, Server, script
from tests.connectwise.server import serving as serving_keys
from tests.outputs.test_web import Doctor

KEY = "the signing key of training"
PATH = "/connectwise/callbacks/main"


@dataclass
class Listener:
    """A watch, as far as hints go: it takes so many tickets."""

    room: int = 1000
    hinted: list[int] = field(default_factory=list)

    def hint(self, ticket_id: int) -> bool:
        if len(self.hinted) >= self.room:
            return False
        self.hinted.append(ticket_id)
        return True


@dataclass
class Door:
    """The daemon's port with one tenant that takes callbacks, and one that does not."""

    client: httpx.AsyncClient
    metrics: Metrics
    listener: Listener
    keys: Server
    key_url: str

    def body(self, number: int = 4711, **changes: object) -> bytes:
        document = {
            "MessageId": "1b",
            "CompanyId": "training",
            "Action": "updated",
            "Type": "ticket",
            "ID": number,
            "Entity": json.dumps({"id": 1}),
            "Metadata": {"key_url": self.key_url},
        }
        return json.dumps({**document, **changes}).encode()

    async def post(self, body: bytes, signature: str | None = None, path: str = PATH) -> int:
        headers = {"x-content-signature": sign(body, KEY) if signature is None else signature}
        answer = await self.client.post(path, content=body, headers={k: v for k, v in headers.items() if v})
        assert answer.content == b""  # whatever went wrong, nothing is told
        return answer.status_code

    async def until(self, status: int) -> None:
        """Post until the answer is *status*."""
        for _ in range(3000):
            if await self.post(self.body()) == status:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never answered with {status}")

    def counted(self) -> dict[str, float]:
        values = {
            result: self.metrics.registry.get_sample_value(
                "slamon_callbacks_total", {"tenant": "main", "result": result}
            )
            for result in RESULTS
        }
        return {result: value for result, value in values.items() if value}


@asynccontextmanager
async def door(handler: Any = None, room: int = 1000) -> AsyncIterator[Door]:
    metrics = Metrics(version="0", tzdata_version="0", tenants=["main"], strict=True)
    desk, listener = HintDesk(metrics), Listener(room)
    async with serving_keys(handler or script(Reply({"signing_key": KEY}))) as keys:
        ring = KeyRing(keys.url, "training")
        desk.serve({"main": Hinted(ring, listener)})
        key_url = f"{ring.sites[0]}/v2026_1//system/callbackkey/index.rails?companyName=training&id=0f3c"
        app = build_app(metrics, Doctor(), more=[callback_route(desk)])
        async with serving(app, "127.0.0.1", 0) as address, httpx.AsyncClient(base_url=address) as client:
            yield Door(client, metrics, listener, keys, key_url)


def test_the_metric_knows_every_result() -> None:
    assert CALLBACK_RESULTS == RESULTS


@pytest.mark.anyio
async def test_a_signed_callback_is_a_hint_and_nothing_else() -> None:
    async with door() as at:
        assert await at.post(at.body()) == 204
        assert await at.post(at.body(4712, Action="deleted", Entity=None)) == 204
        assert await at.post(at.body(9, Type="company")) == 204

        assert at.listener.hinted == [4711, 4712]
        assert at.counted() == {"accepted": 2, "ignored": 1}
        assert len(at.keys.requests) == 1


@pytest.mark.anyio
async def test_a_replay_is_harmless() -> None:
    async with door() as at:
        body = at.body()
        assert [await at.post(body) for _ in range(5)] == [204] * 5
        assert set(at.listener.hinted) == {4711}


@pytest.mark.anyio
async def test_what_is_not_signed_by_connectwise_is_refused_without_a_word() -> None:
    async with door() as at:
        body = at.body()
        assert await at.post(body, "") == 401
        assert await at.post(body, sign(body, "guess")) == 401
        assert await at.post(json.dumps(json.loads(body), indent=1).encode(), sign(body, KEY)) == 401
        for evil in ("http://127.0.0.1:9", f"{at.keys.url}@evil.example", at.keys.url.replace("http:", "https:")):
            other = at.body(Metadata={"key_url": f"{evil}/system/callbackkey/x?companyName=training"})
            assert await at.post(other) == 401
        assert await at.post(b"{") == 400

        assert at.listener.hinted == []
        assert at.counted() == {"unsigned": 1, "forged": 5, "malformed": 1}
        assert len(at.keys.requests) == 1  # only the true address was ever asked


@pytest.mark.anyio
async def test_tenants_that_take_none_and_tenants_there_are_not_look_alike() -> None:
    async with door() as at:
        body = at.body()
        for tenant in ("other", "nobody", "main.", "MAIN"):
            assert await at.post(body, path=f"/connectwise/callbacks/{tenant}") == 404
        assert (await at.client.get(PATH)).status_code == 405
        assert at.counted() == {}


@pytest.mark.anyio
async def test_more_than_a_megabyte_is_not_read() -> None:
    async with door() as at:
        assert await at.post(b"x" * (10 * LARGEST_BODY), "signed") == 413

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield b"x" * 65_536

        headers = {"x-content-signature": "signed"}  # in chunks: no length is announced
        assert (await at.client.post(PATH, content=endless(), headers=headers)).status_code == 413
        assert at.counted() == {"too_large": 2}
        padded = at.body(Entity="x" * (LARGEST_BODY - 1000))
        assert await at.post(padded) == 204


@pytest.mark.anyio
async def test_too_many_at_once_are_sent_away_and_slow_ones_block_no_page() -> None:
    async with door() as at:
        url = urlsplit(str(at.client.base_url))
        assert url.hostname is not None
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nx-content-signature: s\r\nContent-Length: 100\r\n\r\n".encode()
        slow = [socket.create_connection((url.hostname, url.port or 0)) for _ in range(MOST_AT_ONCE)]
        for connection in slow:
            connection.sendall(head)
        await at.until(429)  # all of them are inside
        assert (await at.client.get("/-/healthy")).status_code == 200
        for connection in slow:
            connection.close()
        await at.until(204)  # they were noticed to be gone
        assert at.counted()["malformed"] == MOST_AT_ONCE


@pytest.mark.anyio
async def test_a_key_server_that_hangs_delays_its_callbacks_and_nothing_else() -> None:
    release = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await release.wait()

    async with door(script(hang)) as at:
        waiting = [asyncio.create_task(at.post(at.body(number))) for number in range(3)]
        assert (await at.client.get("/metrics")).status_code == 200
        assert await asyncio.gather(*waiting) == [429] * 3
        release.set()
        assert at.counted() == {"no_key": 3}


@pytest.mark.anyio
async def test_a_flood_of_signed_callbacks_is_bounded() -> None:
    async with door(room=10) as at:
        codes = [await at.post(at.body(number)) for number in range(1, 40)]

        assert codes == [204] * 39
        assert at.listener.hinted == list(range(1, 11))
        assert at.counted() == {"accepted": 10, "dropped": 29}


@pytest.mark.anyio
async def test_the_log_names_the_first_of_each_kind_and_no_secret() -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)
    try:
        async with door() as at:
            for _ in range(5):
                await at.post(at.body(), "")
                await at.post(at.body(), "guess")
                await at.post(at.body())
    finally:
        log.configure("info", "json")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["result"]) for line in lines] == [
        ("callback not taken", "unsigned"),
        ("callback not taken", "forged"),
    ]
    assert KEY not in stream.getvalue()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
