"""Which operations of the description the simulator does not serve, and why that is no loss."""

from __future__ import annotations

UNSERVED: dict[str, tuple[str, ...]] = {
    "copies, conversions and merged companies are for people": (
        "POST /company/companies/{id}/merge",
        "POST /schedule/calendars/{id}/copy",
        "POST /schedule/holidayLists/copy",
        "POST /service/tickets/{id}/copy",
        "POST /service/tickets/{parentId}/convert",
    ),
    "configurations are not simulated, their list on a ticket is empty": (
        "POST /service/tickets/{parentId}/configurations",
        "DELETE /service/tickets/{parentId}/configurations/{id}",
    ),
    "a picture": ("GET /service/priorities/{id}/image",),
    "a queue that others may share is not emptied": ("DELETE /service/tickets/changelogs",),
}
"""Operations by reason. An operation is served or stands here; one that is served must not."""


def reason(operation: object) -> str | None:
    """Return why an operation is not served; None if it has to be."""
    return next((why for why, names in UNSERVED.items() if str(operation) in names), None)
