"""An event to deliver, and the notification that carries it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from slamon.core.alert_key import AlertKey
from slamon.core.transition import Change
from slamon.ports import Notification
from slamon.ports.event import Ending, Event, encode_event
from slamon.reporting.event import event_of
from tests.outputs.samples import NOW, breach, near_breach, notification


def event(change: Change = Change.BREACHED, **changes: Any) -> Event:
    mail = breach() if change is Change.BREACHED else near_breach()
    key = AlertKey("main", mail.ticket.id, mail.stage, change, mail.transition.version)
    return structs.replace(event_of(mail, key), **changes)


def note(told: Event | None = None, **changes: Any) -> Notification:
    told = told or event()
    base = {
        "key": f"{told.key}/pager",
        "kind": told.kind,
        "recipient": "pager",
        "channel": "pager",
        "data": encode_event(told),
        "html": "",
    }
    return notification(**{**base, **changes})


def ended(told: Event | None = None) -> Notification:
    over = structs.replace(told or event(), ended=Ending(at=NOW, because="met"))
    return note(over, kind="ended", follows=f"{over.key}/pager")


def committed() -> None:
    """A commit that has nothing to note."""
