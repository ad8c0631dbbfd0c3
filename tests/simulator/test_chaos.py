"""The chaos switch: each fault as a plain client meets it, and that a seed repeats a run."""

import asyncio
import gzip
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from slamon.simulator import Chaos, Fault, SimClock, Simulator, SimulatorServer
from slamon.simulator.chaos import read_weights
from tests.simulator.conftest import API, FRIDAY_AFTERNOON

pytestmark = pytest.mark.anyio

LIST = f"{API}/service/tickets?conditions=id > 0&orderBy=id asc&pageSize=20&fields=id,summary,closedFlag,_info"
SPARE = {"latency_seconds": 0.0, "drip_seconds": 0.0, "retry_after_seconds": 7, "skew_seconds": 90}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Spoilt:
    """A served desk whose answers can be spoilt, and a client that knows nothing of it."""

    server: SimulatorServer
    client: httpx.AsyncClient
    clock: SimClock

    async def get(self, target: str = LIST) -> httpx.Response:
        return await self.client.get(target)

    async def calm(self, target: str = LIST) -> httpx.Response:
        """Ask as if there were no chaos; what was answered before stays remembered."""
        assert self.server.faults is not None
        chaos, self.server.faults.chaos = self.server.faults.chaos, Chaos(rate=0)
        answer = await self.client.get(target)
        self.server.faults.chaos = chaos
        assert answer.status_code == 200
        return answer

    def hits(self) -> Counter[Fault]:
        assert self.server.faults is not None
        return self.server.faults.counts


@asynccontextmanager
async def spoilt(*faults: Fault, rate: float = 1.0, seed: int = 7, **options: Any) -> AsyncIterator[Spoilt]:
    clock = SimClock(FRIDAY_AFTERNOON, speed=0)
    chaos = Chaos(seed, rate, dict.fromkeys(faults, 1.0), **{**SPARE, **options})
    async with (
        SimulatorServer(Simulator(7, 60, 60, clock=clock), chaos=chaos) as server,
        httpx.AsyncClient(
            base_url=server.url, auth=("training+public", "private"), headers={"clientId": "x"}, timeout=10
        ) as client,
    ):
        yield Spoilt(server, client, clock)


def ids(answer: httpx.Response) -> list[int]:
    return [row["id"] for row in answer.json()]


async def test_without_a_hit_the_proxy_changes_nothing() -> None:
    async with spoilt(Fault.ERROR, rate=0.0) as desk:
        through = await desk.get()
        assert desk.server._server is not None
        inner = desk.server._server.servers[0].sockets[0].getsockname()
        direct = await desk.client.get(
            f"http://127.0.0.1:{inner[1]}{LIST}", headers={"host": f"127.0.0.1:{desk.server.port}"}
        )

        assert through.content == direct.content
        assert through.headers["link"] == direct.headers["link"]
        assert through.headers["content-encoding"] == "gzip"
        assert not desk.hits()


async def test_a_write_passes_and_the_connection_is_kept() -> None:
    async with spoilt(Fault.ERROR, rate=0.0) as desk:
        first = ids(await desk.get())[0]
        body = [{"op": "replace", "path": "summary", "value": "Printer on fire"}]
        changed = await desk.client.patch(f"{API}/service/tickets/{first}", json=body)
        assert (changed.status_code, changed.json()["summary"]) == (200, "Printer on fire")
        assert (await desk.get(f"{API}/service/tickets/{first}?fields=summary")).json() == {
            "summary": "Printer on fire"
        }


# --- answers that are not the server's -------------------------------------------------------------------------------


async def test_throttle_names_the_wait_and_has_the_other_body() -> None:
    async with spoilt(Fault.THROTTLE) as desk:
        answer = await desk.get()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    message = "Too many requests. Please try again in 7 seconds."
    assert answer.json() == {"error": "ConnectWiseAPI", "message": message}


async def test_error_is_a_500_with_a_json_body_and_a_write_was_not_done() -> None:
    async with spoilt(Fault.ERROR) as desk:
        first = ids(await desk.calm())[0]
        body = [{"op": "replace", "path": "summary", "value": "Printer on fire"}]
        answer = await desk.client.patch(f"{API}/service/tickets/{first}", json=body)
        assert answer.status_code == 500
        assert answer.json()["code"] == "ConnectWiseApi"
        assert "Printer on fire" not in (await desk.calm(f"{API}/service/tickets/{first}")).text


async def test_gateway_is_a_502_web_page() -> None:
    async with spoilt(Fault.GATEWAY) as desk:
        answer = await desk.get()
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<html>")


async def test_html_is_a_login_page_with_status_200() -> None:
    async with spoilt(Fault.HTML) as desk:
        answer = await desk.get()
    assert answer.status_code == 200
    assert "sign in" in answer.text


async def test_garbage_is_no_json() -> None:
    async with spoilt(Fault.GARBAGE) as desk:
        bodies = {(await desk.get()).content for _ in range(12)}
    assert len(bodies) > 2
    for body in bodies:
        with pytest.raises(ValueError, match=r".*"):
            httpx.Response(200, content=body).json(parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(name)


# --- the wire --------------------------------------------------------------------------------------------------------


async def test_reset_comes_before_any_byte() -> None:
    async with spoilt(Fault.RESET) as desk:
        with pytest.raises(ConnectionResetError):
            await _raw(desk)


async def test_reset_within_the_body() -> None:
    async with spoilt(Fault.RESET_WITHIN) as desk:
        with pytest.raises(httpx.ReadError):
            await desk.get()


@pytest.mark.parametrize("fault", [Fault.CUT_LENGTH, Fault.CUT_CHUNK])
async def test_a_cut_body_is_seen_as_cut(fault: Fault) -> None:
    async with spoilt(fault) as desk:
        with pytest.raises(httpx.RemoteProtocolError):
            await desk.get()


async def test_cut_close_is_half_a_json_that_http_takes_for_whole() -> None:
    async with spoilt(Fault.CUT_CLOSE) as desk:
        desk.client.headers["accept-encoding"] = "identity"
        whole = (await desk.calm()).content
        answer = await desk.get()
    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]
    assert "content-length" not in answer.headers


async def test_cut_gzip_ends_too_early_with_a_right_length() -> None:
    async with spoilt(Fault.CUT_GZIP) as desk, desk.client.stream("GET", LIST) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert len(raw) == int(answer.headers["content-length"])
    assert not (unpacker := zlib.decompressobj(31)).decompress(raw) or not unpacker.eof
    with pytest.raises(EOFError):
        gzip.decompress(raw)


async def test_drip_sends_a_byte_at_a_time_and_all_of_it_in_the_end() -> None:
    async with spoilt(Fault.DRIP, drip_seconds=0.001) as desk:
        whole = await desk.calm(f"{API}/system/info")
        target = f"{API}/system/info"
        async with desk.client.stream("GET", target) as answer:
            pieces = [piece async for piece in answer.aiter_raw()]
    assert b"".join(pieces) == whole.content
    assert len(pieces) > len(whole.content) / 2


async def test_a_drip_ends_when_the_client_has_gone() -> None:
    async with spoilt(Fault.DRIP, drip_seconds=0.01) as desk:
        async with desk.client.stream("GET", LIST) as answer:
            await anext(answer.aiter_raw())
        assert desk.server.faults is not None
        await asyncio.gather(*desk.server.faults._serving)  # else this test never ends


async def test_latency_holds_the_right_answer_back() -> None:
    async with spoilt(Fault.LATENCY, latency_seconds=0.3) as desk:
        right = ids(await desk.calm())
        began = asyncio.get_running_loop().time()
        answer = await desk.get()
        assert asyncio.get_running_loop().time() - began >= 0.3
    assert ids(answer) == right


async def _raw(desk: Spoilt) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        return await reader.read()
    finally:
        writer.close()


# --- lists that are wrong --------------------------------------------------------------------------------------------


async def test_empty_is_an_empty_list() -> None:
    async with spoilt(Fault.EMPTY) as desk:
        answer = await desk.get()
    assert (answer.status_code, answer.json(), answer.headers["link"]) == (200, [], "")


async def test_types_changes_one_field_of_one_row() -> None:
    async with spoilt(Fault.TYPES) as desk:
        right, wrong = (await desk.calm()).json(), (await desk.get()).json()
    differ = [(one, other) for one, other in zip(right, wrong, strict=True) if one != other]
    assert len(differ) == 1
    assert sum(differ[0][0][key] != differ[0][1][key] for key in differ[0][0]) == 1


async def test_twice_shows_one_row_twice() -> None:
    async with spoilt(Fault.TWICE) as desk:
        right, answer = ids(await desk.calm()), ids(await desk.get())
        (row,) = (Counter(answer) - Counter(right)).elements()
        assert sorted([*right, row]) == answer


async def test_left_out_is_a_page_without_one_of_its_rows() -> None:
    async with spoilt(Fault.LEFT_OUT) as desk:
        right, answer = ids(await desk.calm()), ids(await desk.get())
        assert len(set(right) - set(answer)) == 1
        assert answer == [n for n in right if n in answer]


async def test_moved_puts_a_row_at_the_head_of_the_next_page() -> None:
    async with spoilt(Fault.MOVED) as desk:
        right, answer = ids(await desk.calm()), ids(await desk.get())
        (gone,) = set(right) - set(answer)
        following = LIST.replace("id > 0", f"id > {answer[-1]}")
        assert ids(await desk.calm(following))[0] == gone
        assert gone not in ids(await desk.calm(following))


async def test_repeat_gives_the_page_before_again() -> None:
    async with spoilt(Fault.REPEAT) as desk:
        first = ids(await desk.calm())
        answer = await desk.get(LIST.replace("id > 0", f"id > {first[-1]}"))
    assert ids(answer) == first


async def test_stale_gives_what_the_address_answered_before() -> None:
    async with spoilt(Fault.STALE) as desk:
        old = (await desk.calm()).json()
        number = old[3]["id"]
        body = [{"op": "replace", "path": "summary", "value": "Printer on fire"}]
        await desk.client.patch(f"{API}/service/tickets/{number}", json=body)
        assert (await desk.get()).json() == old
        assert desk.hits() == {Fault.STALE: 1}


async def test_lag_gives_rows_of_a_new_list_as_they_were() -> None:
    async with spoilt(Fault.LAG) as desk:
        old = (await desk.calm()).json()
        body = [{"op": "replace", "path": "summary", "value": "Printer on fire"}]
        await desk.client.patch(f"{API}/service/tickets/{old[3]['id']}", json=body)
        answer = await desk.get(LIST.replace("id > 0", "id > 1"))
    assert answer.json() == old


async def test_nothing_is_remembered_across_a_calm() -> None:
    async with spoilt(Fault.STALE) as desk:
        number = ids(await desk.get())[3]
        assert desk.server.faults is not None
        chaos, desk.server.faults.chaos = desk.server.faults.chaos, None
        body = [{"op": "replace", "path": "summary", "value": "Printer on fire"}]
        await desk.client.patch(f"{API}/service/tickets/{number}", json=body)
        desk.server.faults.chaos = chaos
        assert (await desk.get()).json()[3]["summary"] == "Printer on fire"
        assert not desk.hits()


async def test_skew_shifts_date_and_every_stamp_alike() -> None:
    async with spoilt(Fault.SKEW) as desk:
        right, wrong = await desk.calm(), await desk.get()
    (off,) = {_stamp(b) - _stamp(a) for a, b in zip(right.json(), wrong.json(), strict=True)}
    assert off in (timedelta(seconds=90), timedelta(seconds=-90))
    assert parsedate_to_datetime(wrong.headers["date"]) - parsedate_to_datetime(right.headers["date"]) == off


async def test_future_moves_one_stamp_years_ahead() -> None:
    async with spoilt(Fault.FUTURE) as desk:
        right, wrong = (await desk.calm()).json(), (await desk.get()).json()
    ahead = [_stamp(b) for a, b in zip(right, wrong, strict=True) if a != b]
    assert len(ahead) == 1
    assert ahead[0] > datetime(2035, 1, 1, tzinfo=UTC)


def _stamp(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["_info"]["lastUpdated"])


async def test_what_has_no_rows_is_not_spoilt_by_a_fault_of_rows() -> None:
    async with spoilt(Fault.EMPTY, Fault.TWICE, Fault.MOVED, Fault.LEFT_OUT) as desk:
        assert (await desk.get(f"{API}/service/tickets/count")).json()["count"] > 0
        assert not desk.hits()


# --- the plan --------------------------------------------------------------------------------------------------------


def test_a_seed_and_a_number_decide_and_the_rate_is_kept() -> None:
    plan = [Chaos(seed=3).faults(number)[:1] for number in range(4_000)]
    assert plan == [Chaos(seed=3).faults(number)[:1] for number in range(4_000)]
    assert plan != [Chaos(seed=4).faults(number)[:1] for number in range(4_000)]
    bad = Counter(kinds[0] for kinds in plan if kinds)
    assert 0.27 < bad.total() / 4_000 < 0.33
    assert set(bad) == set(Fault)


def test_weights_tip_the_choice_and_zero_forbids() -> None:
    chaos = Chaos(rate=1, weights=read_weights("all,error=50,drip=0"))
    first = Counter(chaos.faults(number)[0] for number in range(1_000))
    assert first[Fault.ERROR] > 500
    assert first[Fault.DRIP] == 0


@pytest.mark.parametrize(
    ("spec", "said"),
    [("explode", "no fault"), ("error=x", "number"), ("error=-1", "number"), ("all,all=0", "left"), ("", "left")],
)
def test_a_spec_that_means_nothing_is_refused(spec: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_weights(spec)


def test_a_rate_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Chaos(rate=1.5)


async def test_the_same_seed_spoils_the_same_requests_the_same_way() -> None:
    async def run() -> list[str]:
        async with spoilt(*[f for f in Fault if f is not Fault.DRIP], rate=0.5, seed=11) as desk:
            for number in range(60):
                with suppress(httpx.HTTPError):
                    await desk.get(LIST.replace("id > 0", f"id > {10_000 + number % 7}"))
            assert desk.server.faults is not None
            return [str(hit) for hit in desk.server.faults.hits]

    first = await run()
    assert len(first) > 20
    assert await run() == first


def test_every_fault_is_documented_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/commands.md").read_text("utf-8")
    table = page.partition("| kind | the client gets |")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(Fault)


# --- as a command ----------------------------------------------------------------------------------------------------


def _simulate(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "slamon", "simulate", "--port", "0", "--tickets", "5", "--closed", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_spoils_and_prints_each_hit() -> None:
    process = _simulate("--chaos", "throttle", "--chaos-rate", "1")
    try:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        assert httpx.get(f"{url}/login/companyinfo/training").status_code == 429
        assert process.stdout.readline() == "chaos 1 throttle: GET /login/companyinfo/training\n"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_command_refuses_an_unknown_fault() -> None:
    _, said = _simulate("--chaos", "explode").communicate(timeout=20)
    assert "'explode' is no fault; there are: all, latency" in said
