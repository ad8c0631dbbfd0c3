"""`/tickets/{tenant}/{id}`: one ticket's clock, explained: where it stands, how it came there, and who was told."""

from __future__ import annotations

import difflib
from collections import Counter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from slamon.core.ledger import Ledger
from slamon.core.ledger_document import ledger_document
from slamon.core.ticket import STAGES, Kind, Witness
from slamon.errors import HistoryError
from slamon.jobs.intervene import standing_of
from slamon.jobs.ledgers import load_ledger
from slamon.pages.desk import Desk
from slamon.pages.frame import page
from slamon.pages.house import House
from slamon.pages.timeline import draw
from slamon.pages.visitor import form_token, keep_secret, logged_in, user_of
from slamon.reporting.context import safe_link

ROWS = 200  # of one table
MESSAGES = 50


class TicketPages:
    """The handlers of one ticket's page."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk

    def show(self, request: Request) -> Response:
        tenant, number = request.path_params["tenant"], request.path_params["id"]
        room = self._house.rooms().get(tenant)
        if room is None:
            return self._unknown_tenant(tenant)
        try:
            ledger = load_ledger(self._house.store, tenant, number, room.read_at)
        except HistoryError as error:
            return self._missing(str(error), [])
        ticket = self._house.store.load_tickets(tenant, [number])[number]
        reading = ledger.reading
        secret, token = form_token(request)
        said = self._house.store.load_interventions(tenant, [number]).get(number, [])
        answer = page(
            "ticket.html",
            self._house,
            root="../../",
            tenant=tenant,
            room=room,
            ticket=ticket,
            link=safe_link(room.settings.link(ticket)),
            ledger=ledger,
            reading=reading,
            goals=[(stage.label, reading.stage(stage)) for stage in STAGES],
            digest=ledger_document(ledger, tenant=tenant, ticket=number, summary=ticket.summary)["digest"],
            timeline=draw(ledger),
            spent=spent(ledger),
            intervals=ledger.intervals[-ROWS:],
            events=ledger.events[-ROWS:],
            terms=Kind.TERMS,
            witness=witness_lines(ticket.witness),
            told=self._house.store.load_told(tenant, number, MESSAGES),
            said=said[-ROWS:],
            holds=[
                (stage.label, word, each)
                for stage in STAGES
                for word, each in standing_of(said, reading, stage, reading.as_of).named().items()
            ],
            token=token,
            by=user_of(request) if logged_in(request) else "",
        )
        keep_secret(answer, request, secret)
        return answer

    def find(self, request: Request) -> Response:
        """Lead to the ticket of a number that somebody typed."""
        text = request.query_params.get("id", "").strip().removeprefix("#")
        tenant = request.query_params.get("tenant", "")
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            return self._missing("that is no ticket number", [])
        known = [name for name in self._house.rooms() if not tenant or name == tenant]
        found = [name for name in known if self._house.store.load_tickets(name, [int(text)])]
        if len(found) == 1:
            return RedirectResponse(f"tickets/{found[0]}/{int(text)}", 303)
        why = f"ticket {int(text)} is known in {len(found)} tenants" if found else f"ticket {int(text)} is not known"
        return self._missing(why, [f"tickets/{name}/{int(text)}" for name in found], root="")

    def _unknown_tenant(self, tenant: str) -> Response:
        near = difflib.get_close_matches(tenant, list(self._house.rooms()), 3)
        there_is = f"; nearest: {', '.join(near)}" if near else f"; there is: {', '.join(self._house.rooms())}"
        return self._missing(f"no tenant of that name{there_is}", [])

    def _missing(self, why: str, links: list[str], root: str = "../../") -> Response:
        return page("missing.html", self._house, status=404, root=root, why=why, links=links)


def spent(ledger: Ledger) -> list[tuple[str, int, int]]:
    """Return (reason, business seconds, counted seconds) of all intervals with that reason, the most first."""
    business: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for interval in ledger.intervals:
        business[interval.reason] += interval.business_seconds
        counted[interval.reason] += interval.counted_seconds
    return [(reason, seconds, counted[reason]) for reason, seconds in business.most_common()]


def witness_lines(witness: Witness) -> list[tuple[str, object]]:
    """Return what ConnectWise itself says of the agreement, without what it leaves open."""
    found = ((name.replace("_", " "), getattr(witness, name)) for name in Witness.__struct_fields__)
    return [(name, value) for name, value in found if value not in ("", None)]
