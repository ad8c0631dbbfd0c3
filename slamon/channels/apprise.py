"""Whatever apprise knows: chats, text messages, push services. Its address is a secret, and so is all it logs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from slamon.channels.single import OneByOne, one_by_one
from slamon.errors import DeliveryError, DeliveryUnknownError
from slamon.ports import Notification

# What they say of a failure names the address, token and all.
TALKATIVE = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib")
TYPES = {"breached": "failure", "near_breach": "warning", "ended": "success"}


class AppriseChannel:
    """One service behind an address of apprise. It gets the subject as title and the text of the mail as body."""

    def __init__(self, url: str, timeout_seconds: float = 30.0) -> None:
        self._url = url
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return "AppriseChannel(...)"

    def session(self) -> AbstractContextManager[OneByOne]:
        return one_by_one(self)

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        """Return once the service has accepted it, as far as apprise can tell.

        Raises:
            DeliveryUnknownError: It took longer than is waited; it may still arrive.
            DeliveryError: It did not; apprise does not say whether another try helps, so there will be one.
        """
        apprise = load_apprise()
        service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="slamon", app_desc="slamon", secure_logging=True))
        if not service.add(self._url):
            raise DeliveryError("apprise does not know the address of this channel", permanent=True)
        commit()
        kind = apprise.NotifyType(TYPES.get(notification.kind, "info"))
        outcome = service.notify(
            body=notification.text or notification.subject,
            title=notification.subject,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=self._timeout,
        )
        if not outcome:
            if outcome.timeout_count:
                raise DeliveryUnknownError(f"apprise: not in {self._timeout:g} s; it may still arrive")
            raise DeliveryError("apprise: not accepted", permanent=False)


def load_apprise() -> Any:  # noqa: ANN401  (a module)
    """Return the module, its loggers silenced. It comes with the extra `notify`."""
    import apprise

    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    return apprise


def is_understood(url: str) -> bool:
    """Say whether apprise knows what to do with *url*."""
    return load_apprise().Apprise.instantiate(url, suppress_exceptions=True) is not None
