"""Cases to vary: one question about a calendar, one about a ticket, and answers by case."""

from __future__ import annotations

from typing import Any

from slamon.evaluate import answer_document

OFFICE: dict[str, Any] = {
    "timezone": "UTC",
    "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
# 2026-10-19 is a Monday.
ADD: dict[str, Any] = {
    "id": "add",
    "calendar": OFFICE,
    "op": "add",
    "start": "2026-10-19T10:00:00Z",
    "amount_seconds": 5400,
}
TICKET: dict[str, Any] = {
    "id": "ticket",
    "calendar": OFFICE,
    "created": "2026-10-19T09:00:00Z",
    "status": "New",
    "targets": {"respond": 7200, "plan": 14400, "resolve": 28800},
    "pause_statuses": ["Waiting"],
    "stop_statuses": ["Completed", "Closed"],
    "as_of": "2026-10-19T10:00:00Z",
}


def answer(case: Any) -> dict[str, Any]:
    """Return the one result of *case*; its exit flag has to fit."""
    results, complete = answer_document([case])
    assert complete == ("error" not in results[0])
    return results[0]


def ticket(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the answer for TICKET with *events*, each `at` written as `19T10:00`."""
    told = [event | {"at": f"2026-10-{event['at']}:00Z"} for event in events]
    if "as_of" in changes:
        changes["as_of"] = f"2026-10-{changes['as_of']}:00Z"
    return answer(TICKET | {"events": told} | changes)
