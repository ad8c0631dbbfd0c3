"""`/`: which ticket next?"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from msgspec import to_builtins

from slamon.core.sight import Outlook
from slamon.documents.line import ticket_line
from slamon.errors import StoreUnavailableError
from slamon.jobs.standing import read_standing, urgent_stage
from slamon.pages.desk import Desk
from tests.jobs.world import at
from tests.pages.conftest import Cottage, Visit


def numbers(page: str) -> list[int]:
    """Return the tickets of a page, from top to bottom."""
    return [int(number) for number in re.findall(r'href="tickets/main/(\d+)"', page)]


def test_what_can_still_be_kept_comes_first_then_what_waits_then_what_is_lost(visitor: httpx.Client) -> None:
    answer = visitor.get("/")

    assert answer.status_code == 200
    assert numbers(answer.text) == [2, 5, 1, 3, 4]
    assert "5 open tickets with a goal to keep" in answer.text
    assert ">30 min</b>" in answer.text, "the second has 30 min of its 2 h to plan left"
    assert "waits; no deadline" in answer.text
    assert " over</b>" in answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=breached", [4]),
        ("state=paused", [3]),
        ("stage=plan", [2, 5, 4]),
        ("stage=plan&state=breached", [4]),
        ("owner=ann", [1]),
        ("owner=nobody&stage=plan", [2, 4]),
        ("q=PRINT", [2]),
        ("q=3", [3]),
        ("board=Help Desk", [2, 5, 1, 3, 4]),
        ("board=NOC", []),
        ("company=Acme&priority=Priority 1&limit=2", [2, 5]),
        ("tenant=other", []),
    ],
)
def test_a_choice_stands_in_the_address(visitor: httpx.Client, query: str, expected: list[int]) -> None:
    assert numbers(visitor.get(f"/?{query}").text) == expected


def test_a_state_that_does_not_exist_is_said_so(visitor: httpx.Client) -> None:
    answer = visitor.get("/?state=<b>late</b>")

    assert answer.status_code == 400
    assert "no state &#39;&lt;b&gt;late&lt;/b&gt;&#39;; there is: running, outside_hours" in answer.text


def test_an_open_page_asks_for_the_list_alone_and_for_nothing_if_nothing_changed(visitor: httpx.Client) -> None:
    part = visitor.get("/", headers={"HX-Request": "true"})
    seen = re.search(r'"seen": "(\d+)"', part.text)
    assert seen is not None

    assert part.text.startswith('<section id="list"')
    assert visitor.get(f"/?seen={seen[1]}", headers={"HX-Request": "true"}).status_code == 204
    assert visitor.get("/?seen=0", headers={"HX-Request": "true"}).status_code == 200


def test_a_long_list_is_cut_and_says_so(visitor: httpx.Client) -> None:
    page = visitor.get("/?limit=2").text

    assert len(numbers(page)) == 2
    assert "2 of 5 are shown" in page
    assert 'href="./?limit=4"' in page


def test_a_blind_tenant_is_shown_as_it_was_when_last_seen_and_says_since_when(house: Cottage, visit: Visit) -> None:
    house.look(at("15:00"), Outlook.BLIND, at("11:30"))

    page = visit(house).get("/").text

    assert "main: BLIND since Mon 02 Nov 11:30 (3 h 30 min): no poll has worked since" in page
    assert numbers(page) == [2, 5, 1, 3, 4], "judged at 15:00, all would be lost"
    assert "clocks read Mon 2 Nov 2026 11:30 UTC" in page


def test_T75_the_page_the_api_and_the_command_have_one_answer(house: Cottage, visit: Visit) -> None:
    standing = read_standing(house.store, "main", at("11:30"), 100)
    expected = [
        to_builtins(ticket_line(standing.tickets[reading.ticket_id], reading, urgent_stage(reading)))  # type: ignore[arg-type]
        for reading in standing.readings
    ]

    given = visit(house).get("/api/v1/tickets").json()["tickets"]

    for line in expected[:]:
        line["summary"] = ""
    assert [{**line, "summary": ""} for line in (dict(each) for each in given) if line.pop("tenant")] == expected


def test_what_is_kept_is_served_while_it_is_read_anew(house: Cottage, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(house)
    first = desk.view()
    house.look(at("11:35"))

    assert desk.view() is first, "it is fresh"
    monkeypatch.setattr("slamon.pages.desk.FRESH_SECONDS", 0.0)
    monkeypatch.setattr("slamon.pages.desk.SHARE", 0)
    assert desk.view() is first, "it is old, and so is what is served until the new one is read"
    desk.settle()
    assert desk.view().read_at == {"main": at("11:35")}
    assert desk.view().version > first.version


def test_what_was_said_by_hand_is_a_new_list_whichever_was_open(house: Cottage) -> None:
    desk = Desk(house)
    seen = {desk.view().version}

    for _ in range(3):
        desk.forget()
        version = desk.view().version
        assert version not in seen, "a page that shows that one would be told that nothing has changed"
        seen.add(version)


def test_a_list_whose_reading_had_begun_before_something_was_said_is_read_once_more(house: Cottage) -> None:
    desk = Desk(house)
    real, read = house.store.load_open_ids, 0

    def said_meanwhile(*args: object, **rest: object) -> object:
        nonlocal read
        read += 1
        if read == 1:
            desk.forget()
        return real(*args, **rest)  # type: ignore[arg-type]

    house.store.load_open_ids = said_meanwhile  # type: ignore[method-assign,assignment]
    try:
        first, second, third = desk.view(), desk.view(), desk.view()
    finally:
        house.store.load_open_ids = real  # type: ignore[method-assign]

    assert (first.version, second.version, read) == (1, 2, 2)
    assert third is second


def test_who_waits_for_the_first_list_does_not_read_it_again(house: Cottage) -> None:
    desk = Desk(house)
    real, read = house.store.load_open_ids, 0

    def slow(*args: object, **rest: object) -> object:
        nonlocal read
        read += 1
        time.sleep(0.2)
        return real(*args, **rest)  # type: ignore[arg-type]

    house.store.load_open_ids = slow  # type: ignore[method-assign,assignment]
    try:
        with ThreadPoolExecutor(4) as visitors:
            views = list(visitors.map(lambda _: desk.view(), range(4)))
    finally:
        house.store.load_open_ids = real  # type: ignore[method-assign]

    assert read == 1
    assert all(view is views[0] for view in views)


def test_what_nobody_looked_at_for_long_is_not_shown(house: Cottage, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(house)
    desk.view()
    house.look(at("11:35"))
    monkeypatch.setattr("slamon.pages.desk.FRESH_SECONDS", 0.0)
    monkeypatch.setattr("slamon.pages.desk.SHARE", 0)
    monkeypatch.setattr("slamon.pages.desk.STALE_SECONDS", 0.0)

    view = desk.view()

    assert view.read_at == {"main": at("11:35")}, "who comes next waits for a new reading"

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("the database does not answer: gone")

    monkeypatch.setattr(house.store, "load_open_ids", fail)
    assert desk.view() is view, "without the database there is no newer one"


def test_without_the_database_an_older_list_is_shown_and_without_one_it_says_so(house: Cottage, visit: Visit) -> None:
    client = visit(house)
    page = client.get("/").text

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailableError("the database does not answer: gone")

    real = house.store.load_open_ids
    house.store.load_open_ids = fail  # type: ignore[method-assign,assignment]
    try:
        assert numbers(client.get("/").text) == numbers(page)
        bare = visit(house).get("/")
    finally:
        house.store.load_open_ids = real  # type: ignore[method-assign]
    assert bare.status_code == 503
    assert bare.text == "the database does not answer: gone\n"
