"""A mail that is about no single goal, on its way to one recipient."""

from __future__ import annotations

from datetime import datetime

from slamon.mail import message_id
from slamon.ports import Notification
from slamon.reporting.environment import Rendered


def notice(
    rendered: Rendered,
    event: str,
    recipient: str,
    domain: str,
    *,
    tenant: str,
    kind: str,
    now: datetime,
    channel: str = "mail",
) -> Notification:
    """Return the message that tells *recipient* of *event*: the same event and recipient make the same key and ID."""
    return Notification(
        key=f"{event}/{recipient}",
        tenant=tenant,
        kind=kind,
        channel=channel,
        recipient=recipient,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=message_id(event, recipient, domain),
        created_at=now,
    )
