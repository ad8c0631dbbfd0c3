"""Notify: take what waits in the outbox to its recipients; a failure is tried again, later and later."""

from __future__ import annotations

from datetime import timedelta

from slamon.errors import DeliveryError
from slamon.log import get_logger
from slamon.ports import Mailer, Notification, Observer, Store, WallTime

log = get_logger(__name__)

AT_ONCE = 5  # so few that even a server that hangs on each is done within the lease
LEASE = timedelta(minutes=5)
PAUSES = (1, 5, 15, 30, 60, 120, 240)  # minutes; the last one repeats
GIVE_UP_AFTER = timedelta(hours=48)


def deliver_waiting(store: Store, mailer: Mailer, observer: Observer, wall: WallTime) -> int:
    """Deliver up to a batch of waiting notifications; return how many were tried."""
    claimed = store.claim_notifications(wall.now(), limit=AT_ONCE, lease=LEASE)
    for notification in claimed:
        result = _deliver(store, mailer, wall, notification)
        observer.count(
            "slamon_notifications_total", channel=notification.channel, kind=notification.kind, result=result
        )
        if result == "sent":
            took = (wall.now() - notification.created_at).total_seconds()
            observer.observe(
                "slamon_notification_latency_seconds", took, channel=notification.channel, kind=notification.kind
            )
    return len(claimed)


def _deliver(store: Store, mailer: Mailer, wall: WallTime, notification: Notification) -> str:
    assert notification.id is not None
    try:
        mailer.deliver(notification)
    except DeliveryError as error:
        return _put_back(store, wall, notification, str(error), permanent=error.permanent)
    except Exception as error:  # one message that the mailer cannot take must not hold up those behind it
        log.exception("delivery failed", key=notification.key)
        return _put_back(store, wall, notification, f"{type(error).__name__}: {error}", permanent=False)
    store.mark_sent(notification.id, wall.now())
    return "sent"


def _put_back(store: Store, wall: WallTime, notification: Notification, error: str, *, permanent: bool) -> str:
    assert notification.id is not None
    now = wall.now()
    late = now - notification.created_at > GIVE_UP_AFTER
    pause = PAUSES[min(max(notification.attempts, 1), len(PAUSES)) - 1]
    retry_at = None if permanent or late else now + timedelta(minutes=pause)
    store.mark_failed(notification.id, now, error=error, retry_at=retry_at)
    log.warning("mail not accepted", key=notification.key, error=error, retry_at=retry_at)
    return "rejected" if retry_at is None else "retry"
