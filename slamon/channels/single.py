"""Channels that need no connection of their own: each message is one exchange."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from slamon.errors import DeliveryError
from slamon.ports import Notification
from slamon.ports.event import Event, decode_event


class Single(Protocol):
    """What delivers one message, and says what it did if that is worth keeping."""

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> str | None: ...


class OneByOne:
    """The `Session` of such a channel."""

    def __init__(self, single: Single) -> None:
        self._single = single

    def connect(self) -> None:
        """Be ready: whether the other side is there shows with the first message."""

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> str | None:
        return self._single.deliver(notification, commit)


@contextlib.contextmanager
def one_by_one(single: Single) -> Iterator[OneByOne]:
    yield OneByOne(single)


def event_in(notification: Notification) -> Event:
    """Return the event that *notification* carries.

    Raises:
        DeliveryError: It carries none that is understood; for good.
    """
    try:
        return decode_event(notification.data)
    except ValueError as error:  # msgspec's errors are ValueErrors
        raise DeliveryError(f"the message holds no event that can be read: {error}", permanent=True) from error


def delivery_id(notification: Notification) -> str:
    """Return what is the same for every attempt to deliver *notification*, and for no other."""
    return notification.message_id.strip("<>").partition("@")[0]
