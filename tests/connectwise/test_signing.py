"""Signatures of callbacks, and the addresses their keys may come from."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

import pytest

from slamon.connectwise.callbacks import read_callback
from slamon.connectwise.signing import FETCHES_A_MINUTE, KEYS, KeyRing, is_signed, pinned, sign
from slamon.errors import SourceUnavailableError

from .server import Reply, Request, script, serving

SITE, API_SITE = "https://eu.myconnectwise.net", "https://api-eu.myconnectwise.net"
PATH = "/v2026_1//system/callbackkey/index.rails"
QUERY = "companyName=acme&id=0f3c"
KEY = "the key of acme"


@dataclass
class Clock:
    """A monotonic clock set by hand."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def posted(key_url: str, number: object = 4711, **changes: object) -> bytes:
    document = {
        "MessageId": "1b",
        "CompanyId": "acme",
        "Action": "updated",
        "Type": "ticket",
        "ID": number,
        "Entity": json.dumps({"id": 999, "summary": "never looked at"}),
        "Metadata": {"key_url": key_url},
        **changes,
    }
    return json.dumps(document).encode()


def test_the_signature_is_that_of_the_description() -> None:
    """base64 of HMAC-SHA256 over the bytes as sent, under the SHA-256 of the key."""
    body = b'{ "ID" : 1 }'
    expected = base64.b64encode(hmac.digest(hashlib.sha256(b"k\xc3\xa9y").digest(), body, "sha256")).decode()

    assert sign(body, "kéy") == expected
    assert is_signed(body, expected, "kéy")
    for wrong in (expected[:-1], expected.lower(), "", "é" * 44, "\udcff"):
        assert not is_signed(body, wrong, "kéy")


@pytest.mark.parametrize("url", [SITE, API_SITE, f"{API_SITE}/v4_6_release/apis/3.0"])
def test_both_hosts_of_a_region_are_the_configured_one(url: str) -> None:
    ring = KeyRing(url, "acme")

    assert set(ring.sites) == {SITE, API_SITE}
    assert pinned(f"{SITE}{PATH}?{QUERY}", ring.sites, "acme") == (SITE, PATH, {"companyName": "acme", "id": "0f3c"})


@pytest.mark.parametrize(
    "key_url",
    [
        f"{SITE}{PATH}?{QUERY}",
        f"{API_SITE}:443{PATH}?{QUERY}",
        f"HTTPS://EU.myConnectWise.net{PATH}?companyname=ACME&id=1",
        f"{SITE}/v4_6_release/system/CallbackKey/index.rails?id=1&companyName=acme",
    ],
)
def test_addresses_of_keys_that_are_asked(key_url: str) -> None:
    assert pinned(key_url, (SITE, API_SITE), "acme") is not None


@pytest.mark.parametrize(
    "key_url",
    [
        "",
        "nonsense",
        f"https://evil.example{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net@evil.example{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net:x@evil.example{PATH}?{QUERY}",
        f"https://user@eu.myconnectwise.net{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net.evil.example{PATH}?{QUERY}",
        f"https://evil.example/https://eu.myconnectwise.net{PATH}?{QUERY}",
        f"https://evil.example#@eu.myconnectwise.net{PATH}?{QUERY}",
        f"https://evil.example\\@eu.myconnectwise.net{PATH}?{QUERY}",
        f"https://evil.example?@eu.myconnectwise.net{PATH}?{QUERY}",
        f"https://na.myconnectwise.net{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net.{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net:8443{PATH}?{QUERY}",
        f"https://eu.myconnectwise.net:99999{PATH}?{QUERY}",
        f"http://eu.myconnectwise.net{PATH}?{QUERY}",
        f"http://eu.myconnectwise.net:443{PATH}?{QUERY}",
        f"ftp://eu.myconnectwise.net{PATH}?{QUERY}",
        f"//eu.myconnectwise.net{PATH}?{QUERY}",
        f"file://{PATH}?{QUERY}",
        f"https://[::1]{PATH}?{QUERY}",
        f"https://[::1{PATH}?{QUERY}",
        f"https://127.0.0.1{PATH}?{QUERY}",
        f"{SITE}/v2026_1/apis/3.0/service/tickets?{QUERY}",  # another thing the site answers
        f"{SITE}/v2026_1/system/callbackkey/../../service/x?{QUERY}",
        f"{SITE}/v2026_1/system/callbackkey/%2e%2e/x?{QUERY}",
        f"{SITE}/v2026_1/system/callbackkey/{{x}}?{QUERY}",
        f"{SITE}/v2026_1/system/callbackkey/?{QUERY}",
        f"{SITE}{PATH}?{QUERY}#x",
        f"{SITE}{PATH}",
        f"{SITE}{PATH}?id=0f3c",
        f"{SITE}{PATH}?companyName=other&id=0f3c",  # another customer of the same cloud has keys of his own
        f"{SITE}{PATH}?companyName=acme&companyName=other&id=0f3c",
        f"{SITE}{PATH}?companyName=acme&COMPANYNAME=other&id=0f3c",
        f"{SITE}{PATH}?companyName=acme%00&id=0f3c",
        f"{SITE}{PATH}?{QUERY}&a=1&b=2&c=3&d=4&e=5&f=6&g=7",
        f"{SITE}{PATH}?{QUERY}&{'a' * 1000}=1",
        f" {SITE}{PATH}?{QUERY}",
        f"{SITE}{PATH}?{QUERY}\n",
        f"https://eu.my\tconnectwise.net{PATH}?{QUERY}",
        f"https://eu.myconnectwise。net{PATH}?{QUERY}",
    ],
)
def test_addresses_of_keys_that_are_never_asked(key_url: str) -> None:
    assert pinned(key_url, (SITE, API_SITE), "acme") is None


@pytest.mark.anyio
async def test_a_key_is_fetched_once_without_credentials_and_kept_for_an_hour() -> None:
    clock = Clock()
    async with serving(script(Reply({"signing_key": KEY}))) as server:
        ring = KeyRing(server.url, "acme", now=clock)
        key_url = f"{ring.sites[0]}{PATH}?{QUERY}"
        assert [await ring.find(key_url) for _ in range(3)] == [KEY] * 3
        clock.at += 3601
        assert await ring.find(key_url) == KEY

    assert [request.path for request in server.requests] == [PATH] * 2
    assert server.requests[0].query == {"companyName": "acme", "id": "0f3c"}
    assert not {"authorization", "clientid", "cookie"} & set(server.requests[0].headers)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply",
    [
        Reply({"code": "NotFound"}, 404),
        Reply(b"", 401),
        Reply(b"", 302, {"Location": "http://127.0.0.1:1/system/callbackkey/x"}),
        Reply({"signing_key": ""}),
        Reply({"signing_key": "x" * 5000}),
        Reply({"key": KEY}),
        Reply([KEY]),
        Reply(b'{"signing_key": "' + b"x" * 70_000 + b'"}'),
        Reply(b"<!doctype html>"),
    ],
)
async def test_an_address_without_a_usable_key_is_not_asked_again_soon(reply: Reply) -> None:
    clock = Clock()
    async with serving(script(reply)) as server:
        ring = KeyRing(server.url, "acme", now=clock)
        key_url = f"{ring.sites[0]}{PATH}?{QUERY}"
        assert [await ring.find(key_url) for _ in range(3)] == [None] * 3
        assert len(server.requests) == 1
        clock.at += 301
        assert await ring.find(key_url) is None
        assert len(server.requests) == 2


@pytest.mark.anyio
async def test_a_key_in_json_that_is_labelled_as_a_page_is_read() -> None:
    async with serving(script(Reply({"signing_key": KEY}, headers={"Content-Type": "text/html"}))) as server:
        ring = KeyRing(server.url, "acme")

        assert await ring.find(f"{ring.sites[0]}{PATH}?{QUERY}") == KEY


@pytest.mark.anyio
async def test_many_made_up_addresses_make_few_requests_and_push_no_key_out() -> None:
    def answer(request: Request) -> Reply:
        return Reply({"signing_key": KEY}) if request.query["id"] == "0f3c" else Reply({"code": "NotFound"}, 404)

    async with serving(answer) as server:
        ring = KeyRing(server.url, "acme", now=Clock())
        true_url = f"{ring.sites[0]}{PATH}?{QUERY}"
        assert await ring.find(true_url) == KEY
        refused = 0
        for number in range(100):
            try:
                assert await ring.find(f"{ring.sites[0]}{PATH}?companyName=acme&id={number}") is None
            except SourceUnavailableError:
                refused += 1

        assert len(server.requests) == FETCHES_A_MINUTE
        assert refused == 100 - (FETCHES_A_MINUTE - 1)
        assert await ring.find(true_url) == KEY


@pytest.mark.anyio
async def test_only_a_few_keys_are_kept() -> None:
    clock = Clock()
    async with serving(script(Reply({"signing_key": KEY}))) as server:
        ring = KeyRing(server.url, "acme", now=clock)
        urls = [f"{ring.sites[0]}{PATH}?companyName=acme&id={n}" for n in range(KEYS + 1)]
        for url in [*urls, urls[-1], urls[0]]:
            clock.at += 11
            assert await ring.find(url) == KEY

    assert [request.query["id"] for request in server.requests] == [*map(str, range(KEYS + 1)), "0"]


@pytest.mark.anyio
async def test_a_site_that_hangs_costs_one_wait_not_one_for_each_callback() -> None:
    hanging = asyncio.Event()
    calls = 0

    async def hang(_: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await hanging.wait()

    async with serving(script(hang)) as server:
        ring = KeyRing(server.url, "acme", now=Clock())
        found = await asyncio.gather(
            *(ring.find(f"{ring.sites[0]}{PATH}?companyName=acme&id={n}") for n in range(5)), return_exceptions=True
        )
        hanging.set()

    assert [type(each) for each in found] == [SourceUnavailableError] * 5
    assert calls == 1


# --- whole callbacks


@pytest.mark.anyio
async def test_a_callback_is_read_only_if_its_bytes_are_signed() -> None:
    async with serving(script(Reply({"signing_key": KEY}))) as server:
        ring = KeyRing(server.url, "acme")
        key_url = f"{ring.sites[0]}{PATH}?{QUERY}"
        body = posted(key_url)

        async def read(body: bytes, signature: str) -> tuple[str, int | None]:
            reading = await read_callback(body, signature, ring)
            return reading.result, reading.ticket_id

        assert await read(body, sign(body, KEY)) == ("accepted", 4711)
        assert await read(body, sign(body, KEY)) == ("accepted", 4711)  # again: a hint, and no more
        assert await read(body, sign(body, "another key")) == ("forged", None)
        assert await read(body, "") == ("unsigned", None)
        assert await read(body, "x" * 10_000) == ("forged", None)
        again = json.dumps(json.loads(body), indent=1).encode()  # the same document, other bytes
        assert await read(again, sign(body, KEY)) == ("forged", None)
        assert await read(again, sign(again, KEY)) == ("accepted", 4711)
        other = posted("https://evil.example/system/callbackkey/x?companyName=acme")
        assert await read(other, sign(other, KEY)) == ("forged", None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "result", "number"),
    [
        ({"ID": "4711"}, "accepted", 4711),
        ({"Action": "deleted", "Entity": None}, "accepted", 4711),
        ({"Type": "Ticket"}, "accepted", 4711),
        ({"Type": "company"}, "ignored", None),
        ({"Entity": "{not json"}, "accepted", 4711),
        ({"ID": None}, "malformed", None),
        ({"ID": -1}, "malformed", None),
        ({"ID": 2**40}, "malformed", None),
        ({"ID": [1]}, "malformed", None),
        ({"Type": None}, "malformed", None),
        ({"Metadata": None}, "malformed", None),
        ({"Metadata": {}}, "forged", None),
    ],
)
async def test_what_a_callback_names(changes: dict[str, object], result: str, number: int | None) -> None:
    async with serving(script(Reply({"signing_key": KEY}))) as server:
        ring = KeyRing(server.url, "acme")
        body = posted(f"{ring.sites[0]}{PATH}?{QUERY}", **changes)
        reading = await read_callback(body, sign(body, KEY), ring)

    assert (reading.result, reading.ticket_id) == (result, number)


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 100_000, b'{"ID": 1e999}'])
async def test_junk_is_malformed_and_asks_nobody(body: bytes) -> None:
    async with serving(script(Reply({"signing_key": KEY}))) as server:
        reading = await read_callback(body, "signed", KeyRing(server.url, "acme"))

    assert (reading.result, server.requests) == ("malformed", [])


@pytest.mark.anyio
async def test_a_key_that_cannot_be_had_now_is_no_forgery() -> None:
    body = posted(f"http://127.0.0.1:9{PATH}?{QUERY}")

    reading = await read_callback(body, sign(body, KEY), KeyRing("http://127.0.0.1:9", "acme"))

    assert reading.result == "no_key"
