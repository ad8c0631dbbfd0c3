"""What a person says of a ticket on its page: acknowledge, snooze, exempt, or take one of them back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from slamon.clean import clean_line
from slamon.core.intervention import Said
from slamon.core.ticket import STAGES
from slamon.errors import InputError, StoreError
from slamon.jobs.intervene import say
from slamon.pages.desk import Desk
from slamon.pages.frame import HEADERS, page
from slamon.pages.house import House
from slamon.pages.visitor import logged_in, refuse_form, user_of

LONGEST_FORM = 10_000  # bytes
MOST_HOURS = 8760
ENDS = (Said.ACK, Said.SNOOZE)


class Hand:
    """The handler; *desk* is told to forget what it keeps, so that the list shows it at once."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk

    async def say(self, request: Request) -> Response:
        """Take a form, and lead back to the ticket."""
        form = await _read_form(request)
        if form is None:
            return PlainTextResponse("the form is too long\n", 413, headers=HEADERS)
        return await asyncio.to_thread(self._say, request, form)

    def _say(self, request: Request, form: Mapping[str, str]) -> Response:
        tenant, number = request.path_params["tenant"], request.path_params["id"]
        why_not = refuse_form(request, form.get("token", ""))
        if why_not:
            return self._refused(why_not, 403)
        if tenant not in self._house.rooms():
            return self._refused("no tenant of that name", 404)
        by = user_of(request) if logged_in(request) else clean_line(form.get("by", "")) or user_of(request)
        try:
            said, now = _said(form.get("said", "")), self._house.wall.now().replace(microsecond=0)
            say(
                self._house.store,
                tenant,
                number,
                said,
                now=now,
                by=by,
                stages=[stage for stage in STAGES if stage.label == form.get("stage")],
                until=now + span if (span := _span(said, form.get("hours", ""))) else None,
                reason=clean_line(form.get("reason", ""), 500),
            )
        except InputError as error:
            return self._refused(str(error), 400)
        except StoreError as error:
            return self._refused(f"nothing was stored: {error}", 503)
        self._desk.forget()
        return RedirectResponse(f"../../{quote(tenant)}/{number}", 303, headers=HEADERS)

    def _refused(self, why: str, status: int) -> Response:
        return page("refused.html", self._house, status=status, root="../../../", why=why)


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, of each the last; None if it is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=50, errors="replace")
    return {name: values[-1] for name, values in fields.items()}


def _said(text: str) -> Said:
    try:
        return Said(text)
    except ValueError:
        raise InputError("choose what to say: acknowledge, snooze or exempt") from None


def _span(said: Said, hours: str) -> timedelta | None:
    """Return for how long it is said; a snooze needs an end."""
    if said not in ENDS or (said is Said.ACK and not hours.strip()):
        return None
    try:
        span = float(hours)
    except ValueError:
        span = 0.0
    if not 0 < span <= MOST_HOURS:
        raise InputError(f"for how long? Give hours, from a part of one to {MOST_HOURS}")
    return timedelta(hours=span)
