"""`/api/v1/`: the same as the pages show, as JSON, to read only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from slamon.clean import clean_text
from slamon.core.ledger_document import ledger_document
from slamon.documents.line import TicketLine, ticket_line
from slamon.errors import HistoryError, StoreError
from slamon.jobs.ledgers import load_ledger
from slamon.pages.choice import read_choice, wrong_words
from slamon.pages.desk import Desk, Listed
from slamon.pages.frame import HEADERS
from slamon.pages.health import Check, check_house
from slamon.pages.house import House

MOST_TICKETS = 500
MOST_DIGITS = 18


class TenantTicket(TicketLine, frozen=True, gc=False, kw_only=True):
    """A line of the list, and the tenant it is of."""

    tenant: str


class TicketList(Struct, frozen=True):
    """Open tickets in the order to look at them. `next` is what `after` must be for those that follow, if there are.

    `read_at` is when each tenant's clocks were read; `found` is how many fit in all.
    """

    read_at: dict[str, datetime]
    found: int
    tickets: list[TenantTicket]
    next: str | None


class TenantHealth(Struct, frozen=True):
    """How well a tenant is seen. `blind_since` is when what is known was true, if nothing new may be said."""

    tenant: str
    outlook: Literal["unseen", "blind", "failing", "clear"]
    seen_at: datetime | None
    blind_since: datetime | None


class Health(Struct, frozen=True):
    """Whether what slamon says can be trusted; `ready` as `/-/ready` says it."""

    ready: bool
    tenants: list[TenantHealth]
    checks: dict[str, list[Check]]


class Problem(Struct, frozen=True):
    """Why there is no other answer."""

    error: str


class Api:
    """The handlers of the API; *desk* keeps the list."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk

    def list_tickets(self, request: Request) -> Response:
        query = request.query_params
        wrong = [] if _is_number(query.get("limit", "1"), most=MOST_TICKETS) else [f"limit is from 1 to {MOST_TICKETS}"]
        choice = read_choice(query)
        wrong += wrong_words(choice)
        if wrong:
            return answer(Problem("; ".join(wrong)), 400)
        try:
            view = self._desk.view()
        except StoreError as error:
            return answer(Problem(str(error)), 503)
        found, limit = choice.pick(view.listed), int(query.get("limit", "100"))
        begin = _place_after(found, query.get("after", ""))
        if begin is None:
            return answer(Problem("after is not the `next` of an answer, or that ticket is no longer there"), 400)
        part = found[begin : begin + limit]
        more = begin + limit < len(found)
        tickets = [_tenant_ticket(each) for each in part]
        document = TicketList(dict(view.read_at), len(found), tickets, _mark(part[-1]) if more and part else None)
        return answer(document)

    def show_ledger(self, request: Request) -> Response:
        tenant, number = request.path_params["tenant"], request.path_params["id"]
        room = self._house.rooms().get(tenant)
        if room is None or not _is_number(number):
            return answer(Problem("no such tenant, or no ticket number"), 404)
        try:
            ledger = load_ledger(self._house.store, tenant, int(number), room.read_at)
            ticket = self._house.store.load_tickets(tenant, [int(number)])[int(number)]
        except (HistoryError, KeyError) as error:
            return answer(Problem(str(error)), 404)
        except StoreError as error:
            return answer(Problem(str(error)), 503)
        return answer(ledger_document(ledger, tenant=tenant, ticket=ticket.id, summary=ticket.summary))

    def show_health(self, _: Request) -> Response:
        rooms = self._house.rooms()
        tenants = [
            TenantHealth(name, str(room.sight.outlook), room.sight.seen_at, room.sight.blind_since)  # type: ignore[arg-type]
            for name, room in rooms.items()
        ]
        return answer(Health(not self._house.reasons(), tenants, dict(check_house(self._house))))


def answer(document: Any, status: int = 200) -> Response:  # noqa: ANN401  (whatever msgspec encodes)
    """Return *document* as JSON."""
    try:
        body = msgspec.json.encode(document)
    except UnicodeEncodeError:  # half a surrogate pair in a ticket
        body = msgspec.json.encode(_cleaned(msgspec.to_builtins(document)))
    return Response(body, status, headers=HEADERS, media_type="application/json")


def _cleaned(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {name: _cleaned(each) for name, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value


def _tenant_ticket(each: Listed) -> TenantTicket:
    return TenantTicket(
        **msgspec.structs.asdict(ticket_line(each.ticket, each.reading, each.stage)), tenant=each.tenant
    )


def _mark(each: Listed) -> str:
    return f"{each.tenant}/{each.ticket.id}"


def _place_after(found: list[Listed], mark: str) -> int | None:
    """Return where in *found* the ticket after that of *mark* stands; None if *mark* is not there."""
    if not mark:
        return 0
    return next((place + 1 for place, each in enumerate(found) if _mark(each) == mark), None)


def _is_number(text: str, most: int = 10**MOST_DIGITS) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and 1 <= int(text) <= most
