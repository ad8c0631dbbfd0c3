"""A stand-in for PagerDuty's Events API v2 that takes nothing which its public description does not allow."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.channels.servers import Request

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
HEAD = {"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"}
PAYLOAD = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
SEVERITIES = {"critical", "error", "warning", "info"}
MAX_BYTES, MAX_SUMMARY, MAX_KEY = 512 * 1024, 1024, 255


@dataclass(slots=True)
class PagerDuty:
    """Keeps the incidents that are open, by their dedup_key."""

    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    refused: list[list[str]] = field(default_factory=list)

    def __call__(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        event = json.loads(request.body)
        errors = list(faults(request, event))
        if errors:
            self.refused.append(errors)
            said = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return 400, {}, json.dumps(said).encode()
        key = event["dedup_key"]
        if event["event_action"] == "resolve":
            self.open.pop(key, None)
        else:
            if key not in self.open:
                self.opened.append(key)
            self.open[key] = event
        done = {"status": "success", "message": "Event processed", "dedup_key": key}
        return 202, {}, json.dumps(done).encode()


def faults(request: Request, event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an event, in the server's words."""
    found = [f"unknown field {name!r}" for name in event.keys() - HEAD]
    found += [] if len(request.body) <= MAX_BYTES else ["event is too large"]
    found += [] if request.path == "/v2/enqueue" else [f"no such path {request.path!r}"]
    key = event.get("routing_key")
    found += [] if isinstance(key, str) and len(key) == 32 else ["Length of 'routing_key' is incorrect"]
    found += [] if key == ROUTING_KEY or len(str(key)) != 32 else ["Invalid routing key"]
    found += [] if event.get("event_action") in ("trigger", "acknowledge", "resolve") else ["'event_action' is invalid"]
    found += [] if 0 < len(event.get("dedup_key", "")) <= MAX_KEY else ["'dedup_key' is invalid"]
    if event.get("event_action") == "trigger":
        found += payload_faults(event.get("payload", {}))
    found += [
        "'links' is invalid" for link in event.get("links", []) if link.keys() - {"href", "text"} or not link["href"]
    ]
    return found


def payload_faults(payload: dict[str, Any]) -> list[str]:
    found = [f"unknown field 'payload.{name}'" for name in payload.keys() - PAYLOAD]
    found += [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity") if not payload.get(name)
    ]
    found += [] if len(payload.get("summary", "")) <= MAX_SUMMARY else ["'payload.summary' is too long"]
    found += [] if payload.get("severity") in SEVERITIES else ["'payload.severity' is invalid"]
    try:
        datetime.fromisoformat(payload.get("timestamp", ""))
    except ValueError:
        found.append("'payload.timestamp' is invalid")
    texts = [payload.get(name, "") for name in ("component", "group", "class")]
    return [*found, *("'payload' holds no text" for text in texts if not isinstance(text, str))]
