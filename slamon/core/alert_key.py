"""The identity of an alert: what makes it the same alert or another one."""

from __future__ import annotations

from dataclasses import dataclass

from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change

_STAGES = {stage.label: stage for stage in STAGES}


@dataclass(frozen=True, slots=True)
class AlertKey:
    """What an alert tells, and to whom: never on which day, nor when its goal was due."""

    tenant: str
    ticket_id: int
    stage: Stage
    change: Change
    version: int  # the deadline version
    recipient: str = ""

    @property
    def event(self) -> str:
        """What happened, whoever is told."""
        return f"{self.tenant}/{self.ticket_id}/{self.stage.label}/{self.change}/{self.version}"

    def __str__(self) -> str:
        return f"{self.event}/{self.recipient}"


def parse_alert_key(text: str) -> AlertKey | None:
    """Return the key that reads *text*; None for that of another kind of message."""
    parts = text.split("/", 5)
    if len(parts) < 6:
        return None
    tenant, number, stage, change, version, recipient = parts
    try:
        return AlertKey(tenant, int(number), _STAGES[stage], Change(change), int(version), recipient)
    except (KeyError, ValueError):
        return None
