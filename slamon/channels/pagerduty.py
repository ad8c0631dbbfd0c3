"""PagerDuty, Events API v2: an incident while the goal stands as told, known by the event's key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from slamon.channels.http import Answer, HttpSender, require_good
from slamon.channels.single import OneByOne, event_in, one_by_one
from slamon.core.instants import format_instant
from slamon.errors import ChannelDownError, DeliveryError, DeliveryUnknownError
from slamon.ports import Notification
from slamon.ports.event import Event

PATH = "/v2/enqueue"
MAX_SUMMARY = 1024  # characters; PagerDuty cuts or refuses longer ones
MAX_KEY = 255
SEVERITIES = {"breached": "critical", "near_breach": "warning"}


class PagerDutyChannel:
    """One integration of PagerDuty, named by its routing key.

    The *installation* stands before the event's key: two of them may share the
    integration, and have tenants and tickets of the same names.
    """

    def __init__(self, sender: HttpSender, routing_key: str, installation: str = "") -> None:
        self._sender = sender
        self._routing_key = routing_key
        self._prefix = f"{installation}/" if installation else ""

    def session(self) -> AbstractContextManager[OneByOne]:
        return one_by_one(self)

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        """Return once the event is accepted. Twice is as good as once: PagerDuty knows it by its `dedup_key`.

        Raises:
            ChannelDownError: Also where the routing key is not known: no message is to blame.
            DeliveryError: As in `http.require_good`.
        """
        event = event_in(notification)
        body = msgspec.json.encode(self._event(event, notification.subject))
        try:
            answer = self._sender.post(body, {}, commit, path=PATH)
        except DeliveryUnknownError as error:
            raise DeliveryError(str(error), permanent=False, closing=True) from None
        if answer.status == 400 and "routing" in answer.text.lower():
            raise ChannelDownError(f"{self._sender.where}: 400, the routing key is not taken: {self._said(answer)}")
        require_good(Answer(answer.status, self._said(answer), answer.retry_after_seconds), self._sender.where)

    def _said(self, answer: Answer) -> str:
        return answer.text.replace(self._routing_key, "***")

    def _event(self, event: Event, subject: str) -> dict[str, Any]:
        head = {"routing_key": self._routing_key, "dedup_key": f"{self._prefix}{event.key}"[:MAX_KEY]}
        if event.ended is not None:
            return {**head, "event_action": "resolve"}
        links = [(event.links.ticket, "Ticket"), (event.links.explanation, "Why")]
        return {
            **head,
            "event_action": "trigger",
            "client": "slamon",
            "links": [{"href": href, "text": text} for href, text in links if href],
            "payload": {
                "summary": subject[:MAX_SUMMARY],
                "source": event.tenant,
                "severity": SEVERITIES.get(event.kind, "info"),
                "timestamp": format_instant(event.at),
                "component": f"ticket {event.ticket.id}",
                "group": event.ticket.board or event.tenant,
                "class": f"{event.stage} {event.kind}",
                "custom_details": msgspec.to_builtins(event),
            },
        }
