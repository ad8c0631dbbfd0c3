"""apprise: one of its services, its address kept out of whatever is read, and a clear word where it is missing."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from slamon.channels.apprise import TALKATIVE, AppriseChannel
from slamon.errors import DeliveryError, DeliveryUnknownError
from slamon.ports import Channel
from tests.channels.samples import committed, ended, note
from tests.channels.servers import receiving
from tests.config.samples import good, only

_contract: type[Channel] = AppriseChannel  # mypy compares the two
TOKEN = "t0ken-in-the-path"
CHAT = '[channel.chat]\nkind = "apprise"\n'
URL = "SLAMON_CHANNEL__CHAT__URL"


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    """Let every library speak up, as a log at debug would."""
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in TALKATIVE}
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)
    for name, (old, propagate) in before.items():
        logging.getLogger(name).setLevel(old)
        logging.getLogger(name).propagate = propagate


def address(url: str) -> str:
    return url.replace("http://", "json://") + f"/{TOKEN}"


def deliver(url: str, timeout_seconds: float = 60.0) -> None:
    with AppriseChannel(address(url), timeout_seconds).session() as session:
        session.connect()
        session.deliver(note(text="It is late.\n"), committed)


def test_a_service_gets_subject_and_text() -> None:
    with receiving() as receiver:
        deliver(receiver.url)
        with AppriseChannel(address(receiver.url)).session() as session:
            session.deliver(ended(), committed)

    told, over = receiver.requests
    assert told.path == f"/{TOKEN}"
    assert told.json["title"] == "Ticket 1042 (Acme): resolve due in 25 min of business time"
    assert (told.json["message"].strip(), told.json["type"]) == ("It is late.", "failure")
    assert over.json["type"] == "success"


def test_its_address_stands_nowhere(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(503) as receiver, pytest.raises(DeliveryError) as caught:
        deliver(receiver.url)

    assert len(receiver.requests) == 1
    assert not caught.value.permanent
    shown = [caplog.text, *capfd.readouterr(), str(caught.value), repr(AppriseChannel(address(receiver.url)))]
    assert [text for text in shown if TOKEN in text] == []


def test_what_takes_too_long_may_have_arrived() -> None:
    go_on = threading.Event()

    def wait(_request: object) -> int:
        go_on.wait(60)
        return 200

    with receiving(wait) as receiver:
        try:
            with pytest.raises(DeliveryUnknownError, match="may still arrive"):
                deliver(receiver.url, 0.5)
        finally:
            go_on.set()


def test_nothing_is_sent_without_the_commit() -> None:
    def refuse() -> None:
        raise LookupError

    with receiving() as receiver:
        with pytest.raises(LookupError), AppriseChannel(address(receiver.url)).session() as session:
            session.deliver(note(), refuse)
        assert receiver.requests == []


def test_its_address_is_a_secret_and_looked_at_beforehand() -> None:
    config = good(CHAT, {URL: f"json://hooks.example.org/{TOKEN}"})
    written = only(f'{CHAT}url = "json://hooks.example.org/{TOKEN}"\n')
    unknown = only(CHAT, {URL: f"nonsense://{TOKEN}"})

    assert TOKEN not in str(config.masked())
    assert f"json://hooks.example.org/{TOKEN}" in config.secret_values()
    assert "does not belong in this file" in written.remedy
    assert (unknown.key, "apprise knows" in unknown.remedy) == ("channel.chat.url", True)
    assert TOKEN not in f"{written} {unknown}"


def test_without_the_extra_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    problem = only(CHAT, {URL: "json://hooks.example.org/"})

    assert (problem.key, problem.remedy) == (
        "channel.chat.kind",
        "needs the extra notify: pip install 'slamon[notify]'",
    )
