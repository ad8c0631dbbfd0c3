from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import ssl
import traceback
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.discovery import Connection
from slamon.connectwise.exchange import UntrustedCertificateError
from slamon.connectwise.limits import Limits
from slamon.connectwise.transport import Transport
from slamon.errors import ConfigError, PayloadError, SourceError, SourceRefusedError, SourceUnavailableError

from .conftest import CANARY, CANARY_CLIENT, CANARY_PUBLIC, Counts
from .server import Reply, Server, script, serving

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parent / "data"
BOARDS = "/service/boards"
THROTTLED = {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds."}


async def ask(server: Server, credentials: Credentials, limits: Limits, counts: Counts | None = None) -> bytes:
    async with Transport(server.url, credentials, limits=limits, tenant="main", observer=counts) as transport:
        return (await transport.get(BOARDS)).body


async def test_a_request_carries_the_three_headers_and_asks_for_gzip(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply([{"id": 1}]))) as server:
        assert await ask(server, credentials, quick) == b'[{"id": 1}]'

    headers = server.requests[0].headers
    pair = f"acme+{CANARY_PUBLIC}:{CANARY}".encode()
    assert headers["authorization"] == "Basic " + base64.b64encode(pair).decode()
    assert headers["clientid"] == CANARY_CLIENT
    assert headers["accept"] == "application/vnd.connectwise.com+json"
    assert headers["accept-encoding"] == "gzip"


async def test_ids_and_parameters_are_quoted_into_the_address(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply([]))) as server, Transport(server.url, credentials, limits=quick) as transport:
        await transport.get("/x/{name}/y", {"name": "a/b?c"}, {"conditions": 'name = "R&D #1 + 50%"'})

    assert server.requests[0].path.endswith("/x/a%2Fb%3Fc/y")
    assert server.requests[0].query == {"conditions": 'name = "R&D #1 + 50%"'}


async def test_retry_after_is_waited_for_to_the_letter_and_counted(
    credentials: Credentials, quick: Limits, counts: Counts
) -> None:
    limited = Reply(dict(THROTTLED), 429, {"Retry-After": "0.7"})
    async with serving(script(limited, Reply([]))) as server:
        await ask(server, credentials, quick, counts)

    first, second = server.requests
    assert 0.7 <= second.at - first.at < 1.5
    assert ("slamon_api_throttled_seconds_total", 0.7, {"tenant": "main"}) in counts.counted
    assert [labels["code"] for name, _, labels in counts.counted if name == "slamon_api_requests_total"] == [
        "4xx",
        "2xx",
    ]


async def test_other_requests_keep_the_silence_that_one_was_asked_for(credentials: Credentials, quick: Limits) -> None:
    limited = Reply(dict(THROTTLED), 429, {"Retry-After": "0.5"})
    async with (
        serving(script(limited, Reply([]))) as server,
        Transport(server.url, credentials, limits=replace(quick, parallel=1)) as transport,
    ):
        await asyncio.gather(*(transport.get(BOARDS) for _ in range(4)))

    first, *others = server.requests
    assert len(others) == 4
    assert all(other.at - first.at >= 0.5 for other in others)


async def test_a_wait_beyond_the_limit_is_handed_to_the_caller_and_the_server_left_alone(
    credentials: Credentials, quick: Limits
) -> None:
    async with (
        serving(script(Reply(dict(THROTTLED), 429, {"Retry-After": "300"}))) as server,
        Transport(server.url, credentials, limits=quick) as transport,
    ):
        with pytest.raises(SourceUnavailableError, match="Too many requests") as caught:
            await transport.get(BOARDS)
        with pytest.raises(SourceUnavailableError, match="not sent") as again:
            await transport.get(BOARDS)

    assert caught.value.retry_after == 300
    assert again.value.retry_after is not None
    assert 290 < again.value.retry_after <= 300
    assert len(server.requests) == 1


async def test_a_500_is_tried_again(credentials: Credentials, quick: Limits, counts: Counts) -> None:
    async with serving(script(Reply(b"oops", 500), Reply(b"", 503), Reply([{"id": 7}]))) as server:
        assert await ask(server, credentials, quick, counts) == b'[{"id": 7}]'

    assert [labels for name, _, labels in counts.counted if name == "slamon_api_requests_total"] == [
        {"tenant": "main", "endpoint": BOARDS, "code": code} for code in ("5xx", "5xx", "2xx")
    ]
    assert [(name, labels) for name, _, labels in counts.observed] == [
        ("slamon_api_request_duration_seconds", {"endpoint": BOARDS})
    ] * 3


async def test_tries_end(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply(b"oops", 502))) as server:
        with pytest.raises(SourceUnavailableError, match="502"):
            await ask(server, credentials, quick)

    assert len(server.requests) == quick.tries


async def test_a_server_that_never_answers_meets_the_deadline(credentials: Credentials, quick: Limits) -> None:
    gone = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await gone.wait()

    async with serving(script(hang)) as server:
        with pytest.raises(SourceUnavailableError, match=r"no complete answer within 0\.3 s"):
            await ask(server, credentials, replace(quick, deadline_seconds=0.3, tries=1))
        gone.set()


async def test_a_server_that_drips_meets_the_deadline_too(credentials: Credentials, quick: Limits) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n[")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(script(drip)) as server:
        async with asyncio.timeout(3):
            with pytest.raises(SourceUnavailableError, match=r"no complete answer within 0\.4 s"):
                await ask(server, credentials, replace(quick, deadline_seconds=0.4, tries=1))


async def test_nobody_listening_is_unavailable(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply([]))) as server:
        url = server.url
    async with Transport(url, credentials, limits=quick) as transport:
        with pytest.raises(SourceUnavailableError, match="could not be reached"):
            await transport.get(BOARDS)


async def test_gzip_is_unpacked(credentials: Credentials, quick: Limits) -> None:
    body = b"[" + b" " * 300_000 + b'{"id": 5}]'
    packed = gzip.compress(body[:1000]) + gzip.compress(body[1000:])  # two members are one body
    async with serving(script(Reply(packed, headers={"Content-Encoding": "gzip"}))) as server:
        assert await ask(server, credentials, quick) == body


async def test_a_gzip_bomb_neither_fills_the_memory_nor_is_read_to_its_end(
    credentials: Credentials, quick: Limits
) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(bytes(2**20)) for _ in range(200)) + squeeze.flush()
    async with serving(script(Reply(bomb, headers={"Content-Encoding": "gzip"}))) as server:
        tracemalloc.start()
        with pytest.raises(PayloadError, match="more than 1000000 bytes") as caught:
            await ask(server, credentials, replace(quick, body_bytes=1_000_000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert caught.value.reason == "too_big"
    assert peak < 8 * 2**20
    assert len(server.requests) == 1  # the same bomb again would help nobody


async def test_a_plain_body_is_capped_as_well(credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply(b"[" + b" " * 50_000 + b"]"))) as server:
        with pytest.raises(PayloadError, match="more than 10000 bytes"):
            await ask(server, credentials, replace(quick, body_bytes=10_000))


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(Reply(b'[{"id": 1}, {"id"', length=None), id="connection closed, no length"),
        pytest.param(Reply(b'[{"id": 1}, {"id"', length=500), id="shorter than its length"),
        pytest.param(Reply(b"", length=None), id="empty"),
        pytest.param(
            Reply(gzip.compress(b'[{"id": 2}]')[:-4], headers={"Content-Encoding": "gzip"}),
            id="gzip cut in its trailer, all JSON there",
        ),
        pytest.param(Reply(b"\x1f\x8bnot gzip at all", headers={"Content-Encoding": "gzip"}), id="gzip damaged"),
    ],
)
async def test_a_body_cut_short_is_asked_for_again(cut: Reply, credentials: Credentials, quick: Limits) -> None:
    async with serving(script(cut, Reply([{"id": 1}]))) as server:
        assert await ask(server, credentials, quick) == b'[{"id": 1}]'

    assert len(server.requests) == 2


async def test_a_web_page_with_status_200_is_named_and_not_asked_for_again(
    credentials: Credentials, quick: Limits
) -> None:
    for reply in (
        Reply(b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"}),
        Reply(b"\r\n <html>proxy</html>"),
    ):
        async with serving(script(reply)) as server:
            with pytest.raises(PayloadError, match="answered with a web page, not JSON"):
                await ask(server, credentials, quick)
            assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"hello", b"[1,]", b'{"a": NaN}', b"[1] [2]", b"[" * 100_000 + b"]" * 100_000])
async def test_what_is_not_json_is_a_payload_error(body: bytes, credentials: Credentials, quick: Limits) -> None:
    async with serving(script(Reply(body))) as server:
        with pytest.raises(PayloadError, match="not JSON"):
            await ask(server, credentials, quick)
        assert len(server.requests) == 1


async def test_lone_surrogates_and_broken_utf8_do_not_lose_the_answer(credentials: Credentials, quick: Limits) -> None:
    body = b'\xef\xbb\xbf[{"id": 1, "summary": "a\\ud800"}, {"id": 2, "summary": "b\xff"}]'
    async with serving(script(Reply(body))) as server:
        answer = await ask(server, credentials, quick)

    assert answer.decode() == '[{"id": 1, "summary": "a"}, {"id": 2, "summary": "b�"}]'


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, 401),
            "GET /service/boards: 401 (UserNotAuthenticated); the credentials are not accepted: check SLAMON_ACME_KEYS",
        ),
        (
            Reply(b"", 403),
            (
                "GET /service/boards: 403; not allowed: check client_id (SLAMON_ACME_KEYS)"
                " and the API member's right to inquire here"
            ),
        ),
        (
            Reply({"code": "NotFound", "message": "Service Ticket 404 not found"}, 404),
            (
                "GET /service/boards: 404 (Service Ticket 404 not found); there is no such record,"
                " or the API member may not see it"
            ),
        ),
        (
            Reply({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404),
            (
                "GET /service/boards: 404 (The endpoint does not exist.); not found: check `url`,"
                " and SLAMON_ACME_KEYS, for the cloud says 404 to wrong credentials too"
            ),
        ),
        (
            Reply(
                {
                    "code": "InvalidObject",
                    "message": "ticket object is\r\ninvalid",
                    "errors": [
                        {"code": "NotFound", "message": "company 19299 not found", "field": "company/id"},
                        {"code": "MissingRequiredField", "message": "The board field is required."},
                    ],
                },
                400,
            ),
            (
                "GET /service/boards: 400 (ticket object is invalid; company 19299 not found [company/id];"
                " The board field is required.)"
            ),
        ),
        (Reply(b"<html>x", 400), "GET /service/boards: 400 (a web page)"),
        (
            Reply(b"", 302, {"Location": "https://elsewhere.example/login?token=1"}),
            (
                "GET /service/boards: 302; redirects (here to 'https://elsewhere.example/login')"
                " are not followed: put the API's own address in `url`"
            ),
        ),
        (Reply(b'{"errors": null, "message": 5}', 408), "GET /service/boards: 408 (5)"),
    ],
)
async def test_a_refusal_says_why_and_what_to_do_and_is_final(
    reply: Reply, said: str, credentials: Credentials, quick: Limits
) -> None:
    async with serving(script(reply)) as server:
        with pytest.raises(SourceRefusedError) as caught:
            await ask(server, credentials, quick)

    assert str(caught.value) == said
    assert caught.value.status == reply.status
    assert len(server.requests) == 1


def test_a_retry_after_date_is_read_against_the_servers_own_clock() -> None:
    from slamon.connectwise.answers import retry_after

    date = "Sun, 01 Mar 2026 10:00:00 GMT"
    assert retry_after({"retry-after": "Sun, 01 Mar 2026 10:00:20 GMT", "date": date}) == 20
    assert retry_after({"retry-after": "Sun, 01 Mar 2026 09:00:00 GMT", "date": date}) is None
    assert retry_after({"retry-after": "Sun, 01 Mar 2026 10:00:20 GMT"}) is None
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "-3"}) is None
    assert retry_after({"retry-after": "99999999"}) == 900


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "localhost.crt", DATA / "localhost.key")
    return context


async def test_a_certificate_nobody_vouches_for_is_refused_and_ca_file_mends_it(
    credentials: Credentials, quick: Limits, counts: Counts
) -> None:
    async with serving(script(Reply([])), tls=tls()) as server:
        async with Transport(server.url, credentials, limits=quick, tenant="main", observer=counts) as transport:
            with pytest.raises(UntrustedCertificateError, match="name the file of the authority"):
                await transport.get(BOARDS)
        assert server.requests == []
        labels = {"tenant": "main", "endpoint": BOARDS, "code": "error"}
        assert counts.counted == [("slamon_api_requests_total", 1, labels)]  # one try, not three
        async with Transport(server.url, credentials, limits=quick, ca_file=DATA / "localhost.crt") as transport:
            assert (await transport.get(BOARDS)).body == b"[]"


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://psa.example/v4_6_release/apis/3.0", "use https"),
        ("ftp://psa.example", "must be an address"),
        ("psa.example", "must be an address"),
        ("https://", "must be an address"),
        ("https://[::1/apis/3.0", "is not an address"),
        ("https://psa.example:port/apis/3.0", "is not an address"),
        (f"https://me:{CANARY}@psa.example/apis/3.0", "must not hold a user name"),
        ("https://psa.example/apis/3.0?x=1", "must end before"),
    ],
)
async def test_addresses_that_cannot_be_used(url: str, remedy: str, credentials: Credentials) -> None:
    with pytest.raises(ConfigError, match=remedy) as caught:
        Connection(url, credentials)
    assert CANARY not in str(caught.value)


async def test_a_ca_file_that_is_none_is_a_configuration_error(tmp_path: Path, credentials: Credentials) -> None:
    with pytest.raises(ConfigError, match="ca_file"):
        Transport("https://psa.example/apis/3.0", credentials, ca_file=tmp_path / "missing.pem")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
async def test_plain_http_is_for_this_machine(host: str, credentials: Credentials) -> None:
    await Transport(f"http://{host}:1/apis/3.0", credentials).aclose()


async def test_a_proxy_in_the_environment_never_sees_loopback(
    credentials: Credentials, quick: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with serving(script(Reply([]))) as server:
        assert await ask(server, credentials, quick) == b"[]"


@pytest.mark.parametrize("spoilt", ["", " key", "ke\ny", "schlüssel"])
def test_credentials_that_fit_no_header_are_refused_without_being_shown(spoilt: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials("acme", "public", spoilt, "id\r\nX-Injected: 1")
    assert [problem.key for problem in caught.value.problems] == ["private_key", "client_id"]
    assert "X-Injected" not in str(caught.value)
    assert not spoilt.strip() or spoilt not in str(caught.value)


async def test_no_secret_in_any_repr_exception_traceback_or_log(
    credentials: Credentials, quick: Limits, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = " ".join([*credentials.headers().values(), CANARY, CANARY_PUBLIC, CANARY_CLIENT, "x" * 900])
    told: list[str] = [repr(credentials), str(credentials)]
    replies = [
        *(Reply({"message": echo, "errors": [{"message": echo}]}, status) for status in (400, 401, 403, 404, 429)),
        Reply({"message": echo}, 500),
        Reply(b"nope", 200),
        Reply(b"[", length=None),
        Reply(b"garbage", headers={"Content-Encoding": "gzip"}),
        Reply(b"<html>"),
    ]
    for reply in replies:
        async with serving(script(reply)) as server, Transport(server.url, credentials, limits=quick) as transport:
            told.append(repr(transport))
            with pytest.raises(SourceError) as caught:
                await transport.get(BOARDS)
        told += [repr(caught.value), *traceback.format_exception(caught.value)]
    told += [caplog.text, *capsys.readouterr()]

    basic = credentials.headers()["Authorization"].removeprefix("Basic ")
    text = "\n".join(told)
    assert "GET /service/boards" in text
    assert [secret for secret in (CANARY, CANARY_PUBLIC, CANARY_CLIENT, basic) if secret in text] == []
