"""PagerDuty: one incident for each event, opened once however often it is told, and closed by its key."""

from __future__ import annotations

from typing import Any

import pytest

from slamon.channels.http import HttpSender
from slamon.channels.pagerduty import PagerDutyChannel
from slamon.core.alert_key import AlertKey
from slamon.core.ticket import Stage
from slamon.core.transition import Change
from slamon.errors import ChannelDownError, DeliveryError
from slamon.ports import Channel, Notification
from slamon.reporting.event import event_of
from tests.channels.pagerduty import ROUTING_KEY, PagerDuty
from tests.channels.samples import committed, ended, event, note
from tests.channels.servers import receiving
from tests.outputs.samples import HOSTILE, breach, ticket

_contract: type[Channel] = PagerDutyChannel  # mypy compares the two


def deliver(url: str, *notes: Notification, routing_key: str = ROUTING_KEY) -> None:
    channel = PagerDutyChannel(HttpSender(url, allow_private=True, timeout_seconds=30.0), routing_key)
    with channel.session() as session:
        session.connect()
        for each in notes:
            session.deliver(each, committed)


def test_an_event_opens_one_incident_and_its_end_closes_it() -> None:
    pagerduty = PagerDuty()
    near, late = note(event(Change.NEAR_BREACH)), note()
    with receiving(pagerduty) as receiver:
        deliver(receiver.url, near, near, late, late)
        assert pagerduty.opened == ["main/1042/resolve/near_breach/1", "main/1042/resolve/breached/1"]
        severities = [each["payload"]["severity"] for each in pagerduty.open.values()]
        deliver(receiver.url, ended(event(Change.NEAR_BREACH)))
        assert list(pagerduty.open) == ["main/1042/resolve/breached/1"]
        deliver(receiver.url, ended(), ended())

    assert severities == ["warning", "critical"]
    assert (pagerduty.open, pagerduty.refused) == ({}, [])


def test_two_installations_that_share_an_integration_do_not_close_each_others_incidents() -> None:
    pagerduty = PagerDuty()
    with receiving(pagerduty) as receiver:
        sender = HttpSender(receiver.url, allow_private=True, timeout_seconds=30.0)
        for installation, each in (("one", note()), ("two", note()), ("two", ended())):
            with PagerDutyChannel(sender, ROUTING_KEY, installation).session() as session:
                session.deliver(each, committed)

    assert list(pagerduty.open) == ["one/main/1042/resolve/breached/1"]


def test_the_incident_says_what_a_person_needs() -> None:
    pagerduty = PagerDuty()
    with receiving(pagerduty) as receiver:
        deliver(receiver.url, note())

    (incident,) = pagerduty.open.values()
    assert incident["payload"]["summary"] == "Ticket 1042 (Acme): resolve due in 25 min of business time"
    assert incident["payload"]["custom_details"]["ticket"]["company"] == "Acme"
    assert incident["links"] == [{"href": "https://psa.example.com/service?recid=1042", "text": "Ticket"}]


def test_whatever_a_ticket_holds_it_is_taken() -> None:
    pagerduty = PagerDuty()

    mail = breach(ticket=ticket(summary=HOSTILE, company=None, owner=HOSTILE), why_lines=(HOSTILE,) * 10)
    told = event_of(mail, AlertKey("main", 1042, Stage.RESOLVE, Change.BREACHED, 1))
    with receiving(pagerduty) as receiver:
        deliver(receiver.url, note(told, subject="x" * 5000))

    assert pagerduty.refused == []
    assert len(pagerduty.open) == 1


@pytest.mark.parametrize("routing_key", ["short", "f" * 32])
def test_a_wrong_routing_key_blames_no_message_and_is_not_repeated(routing_key: str) -> None:
    with receiving(PagerDuty()) as receiver, pytest.raises(ChannelDownError, match="routing key") as caught:
        deliver(receiver.url, note(), routing_key=routing_key)

    assert routing_key not in str(caught.value)


def test_what_it_refuses_is_given_up_and_what_it_throttles_waits() -> None:
    echo: Any = (400, {}, f"Event object is invalid, key {ROUTING_KEY}".encode())
    with receiving(echo) as receiver, pytest.raises(DeliveryError, match="invalid") as refused:
        deliver(receiver.url, note())
    with receiving((429, {"Retry-After": "30"}, b"")) as receiver, pytest.raises(DeliveryError) as throttled:
        deliver(receiver.url, note())

    assert (refused.value.permanent, ROUTING_KEY in str(refused.value)) == (True, False)
    assert (throttled.value.permanent, throttled.value.retry_after_seconds) == (False, 30)


def test_no_answer_is_not_in_doubt_since_telling_it_again_does_no_harm() -> None:
    pagerduty = PagerDuty()
    with receiving(None) as receiver:
        with pytest.raises(DeliveryError) as caught:
            deliver(receiver.url, note())
        receiver.answers = [pagerduty]
        deliver(receiver.url, note())

    assert type(caught.value) is DeliveryError
    assert not caught.value.permanent
    assert len(pagerduty.opened) == 1
