"""Alertmanager, API v2: an alert as long as the goal stands as told, told again before it is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from slamon.channels.http import HttpSender, require_good
from slamon.channels.single import OneByOne, event_in, one_by_one
from slamon.core.instants import format_instant
from slamon.errors import DeliveryError, DeliveryUnknownError
from slamon.log import get_logger
from slamon.ports import Notification
from slamon.ports.event import Event

log = get_logger(__name__)

PATH = "/api/v2/alerts"
NAMES = {"near_breach": "SlamonTicketNearBreach", "breached": "SlamonTicketBreach"}
OTHER_NAME = "SlamonTest"
AT_ONCE = 500  # alerts in a request


def _real_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class AlertmanagerChannel:
    """One Alertmanager. An alert ends by itself *lasts* after it was last told: should slamon be gone for so long.

    Instants of its end are real time, which is what Alertmanager goes by.
    """

    def __init__(
        self,
        sender: HttpSender,
        *,
        lasts: timedelta,
        labels: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = _real_now,
    ) -> None:
        self._sender = sender
        self._lasts = lasts
        self._labels = dict(labels or {})
        self._now = now

    def session(self) -> AbstractContextManager[OneByOne]:
        return one_by_one(self)

    def deliver(self, notification: Notification, commit: Callable[[], None]) -> None:
        """Return once the alert is taken, or its end is. Twice is as good as once: its labels are its identity.

        Raises:
            DeliveryError: As in `http.require_good`.
        """
        self._post([self._alert(event_in(notification))], commit)

    def refresh(self, standing: Sequence[Notification]) -> None:
        """Tell again what stands.

        Raises:
            DeliveryError: As in `http.require_good`.
        """
        alerts = []
        for note in standing:
            try:
                alerts.append(self._alert(event_in(note)))
            except DeliveryError as error:  # one that cannot be read must not let the others be forgotten
                log.warning("alert not told again", key=note.key, error=str(error))
        for begin in range(0, len(alerts), AT_ONCE):
            self._post(alerts[begin : begin + AT_ONCE], lambda: None)

    def _post(self, alerts: Sequence[Mapping[str, Any]], commit: Callable[[], None]) -> None:
        try:
            answer = self._sender.post(msgspec.json.encode(alerts), {}, commit, path=PATH)
        except DeliveryUnknownError as error:  # to tell it again does no harm, so nothing is in doubt
            raise DeliveryError(str(error), permanent=False, closing=True) from None
        require_good(answer, self._sender.where)

    def _alert(self, event: Event) -> dict[str, Any]:
        now = self._now()
        ends_at = now if event.ended else now + self._lasts
        return {
            "labels": self._labels_of(event),
            "annotations": _annotations(event),
            "startsAt": format_instant(min(event.at, now - timedelta(seconds=1))),
            "endsAt": format_instant(ends_at),
            **({"generatorURL": event.links.ticket} if event.links.ticket else {}),
        }

    def _labels_of(self, event: Event) -> dict[str, str]:
        """Return what makes the alert this one. All of it is frozen: it is the same when the alert ends."""
        labels = {
            **self._labels,
            "alertname": NAMES.get(event.kind, OTHER_NAME),
            "severity": "critical" if event.kind == "breached" else "warning",
            "tenant": event.tenant,
            "ticket": str(event.ticket.id),
            "stage": event.stage,
            "threshold": event.threshold,
            "deadline_version": str(event.deadline_version),
            "board": event.ticket.board,
            "company": event.ticket.company,
            "priority": event.ticket.priority,
        }
        return {name: value for name, value in labels.items() if value}


def _annotations(event: Event) -> dict[str, str]:
    ticket = event.ticket
    due = f", due {format_instant(event.due_at)}" if event.due_at else ""
    texts = {
        "summary": f"Ticket {ticket.id} ({ticket.company}): {event.stage} {event.kind.replace('_', ' ')}{due}",
        "description": "\n".join([ticket.summary, *event.why]),
        "ticket_url": event.links.ticket,
        "explanation_url": event.links.explanation,
    }
    return {name: text for name, text in texts.items() if text}
