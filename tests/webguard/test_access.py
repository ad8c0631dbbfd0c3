"""Passwords in front of the port: who has none learns nothing, and guessing is slow."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from slamon.hints import HintDesk
from slamon.hooks import callback_route
from slamon.serving import serving
from slamon.web import build_app
from slamon.webguard import Guarded, Keeper
from slamon.webguard.tries import MOST_ADDRESSES, MOST_TRIES, WINDOW_SECONDS, Tries
from tests.outputs.test_metrics import make
from tests.outputs.test_web import Doctor
from tests.webguard.conftest import PASSWORD, Site, ask, served

RIGHT = ("prometheus", PASSWORD)


def test_without_a_file_nobody_is_asked() -> None:
    async def scenario() -> int:
        async with served(Keeper()) as address:
            return (await ask(address)).status_code

    assert asyncio.run(scenario()) == 200


@pytest.mark.parametrize(
    "auth",
    [
        None,
        ("prometheus", "wrong"),
        ("prometheus", ""),
        ("nobody", PASSWORD),
        ("PROMETHEUS", PASSWORD),
        ("prometheus", "nul\0"),
        ("prometheus", "x" * 500),
        ("prömetheus", "ключ"),
    ],
)
def test_a_stranger_is_turned_away_everywhere_but_from_healthy(site: Site, auth: tuple[str, str] | None) -> None:
    site.write(tls=False)

    async def scenario() -> list[httpx.Response]:
        async with served(Keeper(str(site.file))) as address:
            paths = ("/metrics", "/", "/-/ready", "/nothing", "/-/healthy", "/-/healthy/../ready", "//metrics")
            return [await ask(address, path, auth=auth) for path in paths]

    *closed, healthy, climbed, doubled = asyncio.run(scenario())
    assert [answer.status_code for answer in [*closed, climbed, doubled]] == [401] * 6
    assert {answer.text for answer in closed} == {"unauthorized\n"}
    assert closed[0].headers["www-authenticate"].startswith("Basic ")
    assert healthy.text == "ok\n"


def test_a_callback_is_judged_by_its_signature_instead(site: Site) -> None:
    site.write(tls=False)
    keeper = Keeper(str(site.file))
    hooks = HintDesk(make())

    async def scenario() -> int:
        app = Guarded(build_app(make(), Doctor(), more=[callback_route(hooks)]), keeper.access)
        async with serving(app, "127.0.0.1", 0) as address, httpx.AsyncClient() as client:
            return (await client.get(f"{address}/connectwise/callbacks/main")).status_code

    assert asyncio.run(scenario()) == 405  # its route answers, and takes POST only


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer abc", "Basic " + "QQ" * 2000, "Basic bm9jb2xvbg=="])
def test_a_header_that_is_no_login_is_none(site: Site, header: str) -> None:
    site.write(tls=False)

    async def scenario() -> int:
        async with served(Keeper(str(site.file))) as address:
            return (await ask(address, headers={"Authorization": header})).status_code

    assert asyncio.run(scenario()) == 401


def test_the_right_password_reads_and_keeps_reading_while_somebody_guesses(site: Site) -> None:
    site.write(tls=False, more="http_server_config:\n  headers:\n    X-Frame-Options: deny\n")

    async def scenario() -> tuple[httpx.Response, list[int], httpx.Response, httpx.Response]:
        async with served(Keeper(str(site.file))) as address:
            first = await ask(address, auth=RIGHT)
            guesses = [await ask(address, auth=("prometheus", f"guess {n}")) for n in range(MOST_TRIES + 2)]
            return first, [g.status_code for g in guesses], guesses[-1], await ask(address, auth=RIGHT)

    first, guesses, last, after = asyncio.run(scenario())
    assert (first.status_code, after.status_code) == (200, 200)
    assert "slamon_up" in first.text
    assert first.headers["x-frame-options"] == "deny"
    assert guesses == [401] * MOST_TRIES + [429, 429]
    assert 0 < int(last.headers["retry-after"]) <= WINDOW_SECONDS


def test_guesses_side_by_side_are_counted_too(site: Site) -> None:
    site.write(tls=False)

    async def scenario() -> list[int]:
        async with served(Keeper(str(site.file))) as address:
            tries = [ask(address, auth=("prometheus", f"guess {n}")) for n in range(4 * MOST_TRIES)]
            return [answer.status_code for answer in await asyncio.gather(*tries)]

    codes = asyncio.run(scenario())
    assert codes.count(401) == MOST_TRIES
    assert codes.count(429) == 3 * MOST_TRIES


def test_tries_end_with_their_minute_and_addresses_are_bounded() -> None:
    tries = Tries()
    for _ in range(MOST_TRIES):
        tries.began("a", 0.0)

    assert tries.wait_seconds("a", 1.0) == WINDOW_SECONDS - 1.0
    assert tries.wait_seconds("b", 1.0) == 0.0
    assert tries.wait_seconds("a", WINDOW_SECONDS) == 0.0
    for number in range(MOST_ADDRESSES + 5):
        tries.began(str(number), 1.0)
    assert len(tries._failed) == MOST_ADDRESSES


def test_a_changed_password_counts_at_once_and_the_old_one_no_more(site: Site) -> None:
    site.write(tls=False)
    keeper = Keeper(str(site.file))

    async def scenario() -> list[int]:
        async with served(keeper) as address:
            before = await ask(address, auth=RIGHT)
            site.file.write_text(site.file.read_text().replace("prometheus", "grafana"))
            keeper.renew()
            return [
                before.status_code,
                (await ask(address, auth=RIGHT)).status_code,
                (await ask(address, auth=("grafana", PASSWORD))).status_code,
            ]

    assert asyncio.run(scenario()) == [200, 401, 200]


def test_a_request_that_never_ends_its_head_is_cut_off(site: Site) -> None:
    site.write(tls=False)

    async def scenario() -> bytes:
        async with served(Keeper(str(site.file))) as address:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
            writer.write(b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100_000)
            answer = await reader.read(100)
            writer.close()
            return answer

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 400")
