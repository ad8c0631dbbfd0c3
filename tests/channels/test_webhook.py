"""Webhook: the bytes of the outbox, signed; what each answer means; what is in doubt and what is not."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from typing import Any

import pytest

from slamon.channels.http import MAX_BODY, MAX_LINE, HttpSender
from slamon.channels.webhook import WebhookChannel, sign
from slamon.errors import ChannelDownError, DeliveryError, DeliveryUnknownError
from slamon.ports import Channel
from slamon.redact import register_secret
from tests.channels.samples import committed, note
from tests.channels.servers import Receiver, receiving
from tests.outputs.servers import closed

SECRET = "a shared secret"
_contract: type[Channel] = WebhookChannel  # mypy compares the two


def webhook(url: str, **options: Any) -> WebhookChannel:
    sender = HttpSender(url, allow_private=True, **{"timeout_seconds": 30.0, **options})
    return WebhookChannel(sender, SECRET)


def delivered(receiver: Receiver, **options: Any) -> None:
    with webhook(receiver.url, **options).session() as session:
        session.connect()
        session.deliver(note(), committed)


def test_the_receiver_gets_what_stands_in_the_outbox_and_can_prove_who_sent_it() -> None:
    sent = replace(note(), attempts=3)
    with receiving() as receiver, webhook(receiver.url + "/hooks/7?team=x").session() as session:
        session.deliver(sent, committed)

    (request,) = receiver.requests
    assert request.path == "/hooks/7?team=x"
    assert request.body == sent.data.encode()
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers["x-slamon-signature"])
    assert found is not None
    expected = hmac.new(SECRET.encode(), found[1].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(found[2], expected)
    assert request.headers["x-slamon-delivery"] == "0123456789abcdef"
    assert (request.headers["x-slamon-attempt"], request.headers["x-slamon-kind"]) == ("3", "breached")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == receiver.url.removeprefix("http://")
    assert request.json["ticket"]["id"] == 1042


def test_a_signature_is_of_this_form() -> None:
    """So that a receiver's author has something to hold their own against."""
    assert sign("secret", b"{}", 1_700_000_000) == (
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    )


@pytest.mark.parametrize(
    ("answer", "kind", "permanent", "closing"),
    [
        (400, DeliveryError, True, False),
        (413, DeliveryError, True, False),
        (422, DeliveryError, True, False),
        (401, ChannelDownError, False, True),
        (404, ChannelDownError, False, True),
        (410, ChannelDownError, False, True),
        (429, DeliveryError, False, True),
        (500, DeliveryError, False, False),
        (503, ChannelDownError, False, True),
    ],
)
def test_an_answer_speaks_of_the_message_or_of_us(
    answer: int, kind: type[DeliveryError], permanent: bool, closing: bool
) -> None:
    with receiving((answer, {"Retry-After": "90"}, b"no\r\nthank you")) as receiver, pytest.raises(kind) as caught:
        delivered(receiver)

    error = caught.value
    assert (type(error), error.permanent, error.closing) == (kind, permanent, closing)
    assert f"{answer} no thank you" in str(error)
    assert error.retry_after_seconds == (
        90 if not permanent and answer not in (401, 404, 410) else error.retry_after_seconds
    )


def test_a_redirect_is_not_followed_wherever_it_leads() -> None:
    with receiving() as inside, receiving((302, {"Location": inside.url + "/latest/meta-data"}, b"")) as receiver:
        with pytest.raises(ChannelDownError, match="redirect, which is not followed"):
            delivered(receiver)
        assert inside.requests == []


def test_no_answer_leaves_it_in_doubt_but_no_connection_does_not() -> None:
    with receiving(None) as receiver, pytest.raises(DeliveryUnknownError, match="no answer came"):
        delivered(receiver)
    with closed() as port, pytest.raises(ChannelDownError, match="no connection"):
        delivered(Receiver(f"http://127.0.0.1:{port}"))


def test_an_answer_that_comes_too_late_leaves_it_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    go_on = threading.Event()

    def wait(_request: object) -> int:
        go_on.wait(60)
        return 200

    with receiving(wait) as receiver:
        try:
            with pytest.raises(DeliveryUnknownError, match="not in time"):
                delivered(receiver, timeout_seconds=0.5)
        finally:
            go_on.set()


def test_nothing_is_sent_before_the_commit_nor_without_it() -> None:
    class RefusedError(Exception): ...

    def refuse() -> None:
        assert receiver.requests == []
        raise RefusedError

    with receiving() as receiver, webhook(receiver.url).session() as session:
        with pytest.raises(RefusedError):
            session.deliver(note(), refuse)
        assert receiver.requests == []


def test_a_flood_of_an_answer_is_not_read_to_its_end() -> None:
    with receiving((500, {}, b"x" * 10_000_000)) as receiver, pytest.raises(DeliveryError) as caught:
        delivered(receiver)

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("data", ["", "{}", '{"schema":1', "x" * (MAX_BODY + 1)])
def test_what_cannot_be_sent_is_given_up_at_once(data: str) -> None:
    with receiving() as receiver, webhook(receiver.url).session() as session:
        with pytest.raises(DeliveryError) as caught:
            session.deliver(note(data=data), committed)
        assert receiver.requests == []

    assert caught.value.permanent


@pytest.mark.parametrize("before", [0, MAX_LINE - 8])
def test_a_secret_that_the_answer_repeats_is_masked_though_it_be_cut(before: int) -> None:
    register_secret("s3cr3t-of-the-hook")
    body = b"x" * before + b" s3cr3t-of-the-hook"

    with receiving((500, {}, body)) as receiver, pytest.raises(DeliveryError) as raised:
        delivered(receiver)

    assert "s3c" not in str(raised.value)
