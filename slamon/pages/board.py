"""`/`: which ticket next? The open tickets by business time left, with what somebody chose to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from slamon.jobs.intervene import standing_of
from slamon.pages.choice import STATES, Choice, read_choice, wrong_words
from slamon.pages.desk import Desk, Listed
from slamon.pages.frame import HEADERS, page
from slamon.pages.house import House

ROWS = 100
MOST_ROWS = 500


class Board:
    """The handlers of the list; *desk* keeps what they show."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk

    def show(self, request: Request) -> Response:
        """Send the whole page, or the list alone to a page that is open; nothing if that has not changed."""
        view = self._desk.view()
        query = request.query_params
        if query.get("seen") == str(view.version):
            return Response(status_code=204, headers=HEADERS)
        choice, limit = read_choice(query), read_limit(query.get("limit", ""))
        wrong = wrong_words(choice)
        found = [] if wrong else choice.pick(view.listed)
        states = Counter(state for each in found for _, state in each.states)
        is_part = request.headers.get("hx-request") == "true"
        return page(
            "list.html" if is_part else "board.html",
            self._house,
            status=400 if wrong and not is_part else 200,
            root="",
            choice=choice,
            limit=limit,
            wrong=wrong,
            view=view,
            found=len(found),
            states={state: states[state] for state in STATES},
            rows=found[:limit],
            holds=self._holding(found[:limit]),
            is_chosen=choice != Choice(),
            more=choice.query(limit=min(limit * 2, MOST_ROWS)) if len(found) > limit and limit < MOST_ROWS else "",
            itself=choice.query(limit=limit if limit != ROWS else ""),
        )

    def _holding(self, rows: Sequence[Listed]) -> dict[tuple[str, int], list[str]]:
        """Return the words for what people said of the goals in *rows*, and still holds."""
        holds = {}
        for tenant in {row.tenant for row in rows}:
            own = [row for row in rows if row.tenant == tenant]
            said = self._house.store.load_interventions(tenant, [row.ticket.id for row in own])
            for row in own:
                now = standing_of(said.get(row.ticket.id, []), row.reading, row.stage, row.reading.as_of)
                holds[tenant, row.ticket.id] = list(now.named())
        return holds


def read_limit(text: str) -> int:
    """Return how many rows are asked for, within what there may be."""
    return max(1, min(int(text), MOST_ROWS)) if text.isascii() and text.isdigit() and len(text) < 6 else ROWS
