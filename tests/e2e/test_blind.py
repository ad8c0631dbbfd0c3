"""Never green when blind: a real daemon that is paused, and a ConnectWise that hangs and goes away."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.processes import get, running, sample, slamon, wait_for
from tests.e2e.test_daemon import address, ready, write_config
from tests.outputs.servers import SECRET, Inbox, listening, switch

pytestmark = pytest.mark.xdist_group("blind")

UP = 'slamon_up{tenant="acme"}'
SINCE = 'slamon_blind_since_timestamp_seconds{tenant="acme"}'
SEEN = 'slamon_last_successful_poll_timestamp_seconds{tenant="acme"}'
SPEED = 20  # three periods of five seconds pass in less than one


def _page(url: str) -> tuple[float | None, float | None, float | None]:
    page = get(f"{url}/metrics")[1]
    return sample(page, UP), sample(page, SINCE), sample(page, SEEN)


def _both(url: str) -> tuple[float | None, float | None, float | None, int, str] | None:
    """Return page and readiness if no poll ended between them."""
    page, found = _page(url), get(f"{url}/-/ready")
    return (*page, *found) if _page(url)[2] == page[2] and page[0] == 0 else None


def _polls(url: str, more: int) -> None:
    """Wait for *more* polls that work: the first, or one that had to wait, takes longer than the others."""
    name = 'slamon_polls_total{result="ok",tenant="acme"}'
    before = sample(get(f"{url}/metrics")[1], name) or 0
    wait_for("polls", lambda: (sample(get(f"{url}/metrics")[1], name) or 0) >= before + more or None)


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str], Inbox, str]]:
    """A mail server and a dead man's switch: the settings that name the one, what the other heard, and its address."""
    inbox = Inbox()
    with listening(inbox) as port, switch() as (url, heard):
        mail = f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        canary = '[canary]\nenabled = true\nrecipient = "canary@example.org"\nevery_minutes = 1\nwithin_minutes = 1\n'
        yield mail + canary, heard, inbox, url


def test_a_paused_daemon_and_a_source_that_hangs_are_never_green(
    tmp_path: Path, outside: tuple[str, list[str], Inbox, str]
) -> None:
    settings, heard, inbox, ping_url = outside
    anchor = datetime.now(UTC).replace(microsecond=0).isoformat()
    clock = f'[simulation]\nspeed = {SPEED}\nanchor = "{anchor}"\n' + settings
    log, said = tmp_path / "log", tmp_path / "simulator.log"
    timing = ("--speed", str(SPEED), "--anchor", anchor)
    numbers = ("--port", "0", "--tickets", "20", "--closed", "5", "--requests-per-minute", "0")
    with running("simulate", *numbers, *timing, cwd=tmp_path, log=said) as source:
        found = wait_for("the simulator's line", lambda: said.read_text() or None)
        write_config(tmp_path, next(word for word in found.split() if word.startswith("http://")), extra=clock)
        with running("run", cwd=tmp_path, log=log, SLAMON_CANARY__PING_URL=ping_url) as daemon:
            url = wait_for("the daemon's address", lambda: address(log))
            wait_for("readiness", lambda: ready(url))
            _polls(url, 2)
            wait_for("a canary", lambda: sample(get(f"{url}/metrics")[1], "slamon_canary_ok") or None)
            wait_for("a ping", lambda: f"/{SECRET}" in heard or None)
            assert inbox.envelopes[0].rcpt_tos == ["canary@example.org"]
            tickets = get(f"{url}/metrics")[1].count("slamon_tickets{")

            # The source hangs first, so that no poll can come before the scrape.
            source.send_signal(signal.SIGSTOP)
            daemon.send_signal(signal.SIGSTOP)
            time.sleep(6)  # two minutes of the daemon's clock
            daemon.send_signal(signal.SIGCONT)
            # An answer that had come before all stood still may end one poll.
            up, since, seen, status, why = wait_for("a scrape between two polls", lambda: _both(url))

            assert up == 0
            assert since == seen
            assert since
            instant = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            assert status == 503
            assert why.startswith(f"tenant acme: blind since {instant}: no successful poll for ")
            assert get(f"{url}/metrics")[1].count("slamon_tickets{") == tickets  # the last counts are kept

            source.send_signal(signal.SIGCONT)
            wait_for("sight", lambda: _page(url)[:2] == (1, 0) or None)
            assert ready(url)

            _polls(url, 2)
            source.kill()
            wait_for("blindness", lambda: _page(url)[1] or None)
            assert get(f"{url}/-/ready")[0] == 503
            wait_for("the alarm", lambda: heard[-1] == f"/{SECRET}/fail" or None)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=60) == 0
    assert SECRET not in log.read_text()
    shown = json.loads(slamon("status", "--json", cwd=tmp_path, SLAMON_CANARY__PING_URL=ping_url))["tenants"][0]
    assert (shown["outlook"], shown["read_at"]) == ("blind", shown["blind_since"])
