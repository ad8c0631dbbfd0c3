"""`/tickets/{tenant}/{id}`: one ticket, explained."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import httpx

from slamon.core.sight import Outlook
from slamon.jobs.ledgers import load_ledger
from slamon.pages.timeline import WIDTH, draw
from tests.jobs.world import at
from tests.pages.conftest import Cottage, Visit


def test_it_says_where_the_clock_stands_and_that_the_ledger_adds_up(house: Cottage, visitor: httpx.Client) -> None:
    page = visitor.get("/tickets/main/2").text
    ledger = load_ledger(house.store, "main", 2, at("11:30"))

    assert "<h1>#2 Cannot print</h1>" in page
    assert f"{ledger.counted_seconds} seconds counted, and {ledger.reading.elapsed_seconds} used: they add up" in page
    assert "Policy default, calendar AllHours" in page
    assert 'href="https://psa.example.org/2"' in page
    assert "to noc@example.org" not in page
    assert "ledger sha256 " in page


def test_who_was_told_stands_there_the_newest_first(visitor: httpx.Client) -> None:
    page = visitor.get("/tickets/main/4").text

    told = page[page.index("Who was told") :]
    assert "noc@example.org" in told
    assert "pending" in told


def test_a_goal_that_is_lost_is_not_at_risk_any_more(visitor: httpx.Client) -> None:
    lost, near = (visitor.get(f"/tickets/main/{number}").text for number in (4, 2))

    assert '<span class="state breached">breached</span>' in lost
    assert "breached, at risk" not in lost
    assert '<span class="state running at_risk">running, at risk</span>' in near


def test_a_blind_tenant_is_explained_as_of_when_it_was_seen(house: Cottage, visit: Visit) -> None:
    house.look(at("15:00"), Outlook.BLIND, at("11:30"))

    page = visit(house).get("/tickets/main/2").text

    assert "BLIND since Mon 02 Nov 11:30" in page
    assert "as of Mon 2 Nov 2026 11:30 UTC" in page


def test_the_drawing_covers_all_of_the_time_and_marks_each_deadline(house: Cottage) -> None:
    drawn = draw(load_ledger(house.store, "main", 3, at("11:30")))

    assert drawn is not None
    assert drawn.bars[0].x == 0
    assert all(bar.x + bar.width == later.x for bar, later in zip(drawn.bars, drawn.bars[1:], strict=False))
    assert drawn.bars[-1].x + drawn.bars[-1].width == drawn.now_x <= WIDTH
    assert [bar.kind for bar in drawn.bars] == ["counted", "waiting"]
    assert {(mark.stage, mark.what) for mark in drawn.marks} >= {("respond", "reached"), ("plan", "reached")}


def test_a_ticket_that_is_not_there_and_a_tenant_that_is_not_there_are_said_so(visitor: httpx.Client) -> None:
    unknown, tenant, odd = (visitor.get(path) for path in ("/tickets/main/77", "/tickets/mian/1", "/tickets/main/x"))

    assert (unknown.status_code, tenant.status_code, odd.status_code) == (404, 404, 404)
    assert "ticket main/77 is not known" in unknown.text
    assert "no tenant of that name; nearest: main" in tenant.text


def test_a_number_that_was_typed_leads_to_its_ticket(visitor: httpx.Client) -> None:
    found = visitor.get("/find?id=%232", follow_redirects=False)

    assert (found.status_code, found.headers["location"]) == (303, "tickets/main/2")
    assert visitor.get("/find?id=999").status_code == 404
    assert "that is no ticket number" in visitor.get("/find?id=<script>").text


class Reader(HTMLParser):
    """Collects what could run: elements and attributes that no page of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = tag == "script" and dict(attrs).get("src", "").endswith("static/htmx.min.js")  # type: ignore[union-attr]
        if (tag in ("script", "img", "iframe", "style", "object", "base") and not allowed) or any(
            name.startswith("on") or name == "style" for name, _ in attrs
        ):
            self.found.append(f"{tag} {attrs}")


def test_hostile_text_is_text_on_every_page(visitor: httpx.Client) -> None:
    for path in ("/", "/tickets/main/5", "/health", "/?q=<script>alert(1)</script>", '/?owner="><img src=x>'):
        page = visitor.get(path)
        reader = Reader()
        reader.feed(page.text)
        assert reader.found == [], path
        assert not re.search(r"[\x00\u202e\ud800]", page.text), path
        assert len(page.text) < 100_000, path
        assert "script-src 'self'" in page.headers["content-security-policy"]


def test_names_in_the_drawing_do_not_cover_one_another(house: Cottage) -> None:
    drawn = draw(load_ledger(house.store, "main", 3, at("11:30")))

    assert drawn is not None
    marks = sorted(drawn.marks, key=lambda mark: (mark.lane, mark.x))
    for one, other in pairwise(marks):
        assert one.lane != other.lane or one.span[1] <= other.span[0]
    assert drawn.lanes > 1
