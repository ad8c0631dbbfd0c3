"""Webhook: the event, or the report, as it stands in the outbox, posted and signed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from slamon.channels.http import HttpSender, require_good
from slamon.channels.single import OneByOne, delivery_id, event_in, one_by_one
from slamon.ports import Notification


def sign(secret: str, body: bytes, at: int) -> str:
    """Return the signature of *body* sent at *at*, epoch seconds, as the header holds it."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class WebhookChannel:
    """Posts to one address. The bytes of every attempt are the same; signature and attempt are headers."""

    def __init__(self, sender: HttpSender, secret: str, now: Callable[[], float] = time.time) -> None:
        self._sender = sender
        self._secret = secret
        self._now = now

    def session(self) -> AbstractContextManager[OneByOne]:
        return one_by_one(self)

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        """Return once the receiver has answered with a 2xx.

        Raises:
            DeliveryUnknownError: It may have been taken: the receiver knows it again by its delivery id.
            DeliveryError: As in `http.require_good`.
        """
        if notification.kind != "report":  # whose data is the report
            event_in(notification)
        body = notification.data.encode()
        headers = {
            "X-Slamon-Signature": sign(self._secret, body, int(self._now())),
            "X-Slamon-Delivery": delivery_id(notification),
            "X-Slamon-Attempt": str(max(1, notification.attempts)),
            "X-Slamon-Kind": notification.kind,
        }
        require_good(self._sender.post(body, headers, commit), self._sender.where)
