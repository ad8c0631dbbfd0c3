"""The identity of an alert: what makes it the same alert or another one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change

_MARK = re.compile(r"[0-9]+%|\+?[0-9]+m")
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
    mark: str = ""  # of a ladder: "75%", "30m", "+60m"

    @property
    def event(self) -> str:
        """What happened, whoever is told."""
        return f"{self.tenant}/{self.ticket_id}/{self.stage.label}/{self.mark or self.change}/{self.version}"

    def __str__(self) -> str:
        return f"{self.event}/{self.recipient}"


def parse_alert_key(text: str) -> AlertKey | None:
    """Return the key that reads *text*; None for that of another kind of message."""
    parts = text.split("/", 5)
    if len(parts) < 6:
        return None
    tenant, number, stage, what, version, recipient = parts
    try:
        mark = what if _MARK.fullmatch(what) else ""
        change = (Change.BREACHED if mark.startswith("+") else Change.NEAR_BREACH) if mark else Change(what)
        return AlertKey(tenant, int(number), _STAGES[stage], change, int(version), recipient, mark)
    except (KeyError, ValueError):
        return None
