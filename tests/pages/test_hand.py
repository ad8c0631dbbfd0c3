"""Acknowledge, snooze and exempt on a ticket's page; and forms that are not ours."""

from __future__ import annotations

import re

import httpx
import pytest

from slamon.core.intervention import Said
from tests.pages.conftest import Cottage

PAGE = "/tickets/main/2"


def token(visitor: httpx.Client, path: str = PAGE) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', visitor.get(path).text)
    assert found is not None
    return found[1]


def said(house: Cottage, number: int = 2) -> list[tuple[Said, str, str, str]]:
    stored = house.store.load_interventions("main", [number]).get(number, [])
    return [(each.said, each.stage.label, each.by, each.reason) for each in stored]


def test_what_is_said_stands_on_the_page_and_can_be_taken_back(house: Cottage, visitor: httpx.Client) -> None:
    form = {"token": token(visitor), "said": "exempt", "stage": "resolve", "reason": "<b>strike</b>", "by": "ann"}
    answer = visitor.post(f"{PAGE}/say", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "../../main/2")
    page = visitor.get(PAGE).text
    assert "resolve: exempted</b> by ann" in page
    assert "&lt;b&gt;strike&lt;/b&gt;" in page

    back = {"token": token(visitor), "said": "unexempt", "stage": "resolve", "by": "bob"}
    assert visitor.post(f"{PAGE}/say", data=back).status_code == 303
    assert "exempted</b>" not in visitor.get(PAGE).text
    assert said(house) == [
        (Said.EXEMPT, "resolve", "ann", "<b>strike</b>"),
        (Said.UNEXEMPT, "resolve", "bob", ""),
    ]


def test_the_list_shows_what_was_acknowledged(visitor: httpx.Client) -> None:
    assert "· acknowledged" not in visitor.get("/").text

    assert visitor.post(f"{PAGE}/say", data={"token": token(visitor), "said": "ack"}).status_code == 303

    assert visitor.get("/?q=2").text.count("· acknowledged") == 1


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"said": "snooze"}, "for how long?"),
        ({"said": "snooze", "hours": "nan"}, "for how long?"),
        ({"said": "exempt"}, "an exemption needs a reason"),
        ({"said": "dance"}, "choose what to say"),
        ({"said": "unack"}, "nothing of the kind holds"),
    ],
)
def test_what_cannot_be_said_is_said_so(house: Cottage, visitor: httpx.Client, form: dict[str, str], why: str) -> None:
    answer = visitor.post(f"{PAGE}/say", data={"token": token(visitor), **form})

    assert answer.status_code == 400
    assert why in answer.text
    assert said(house) == []


def test_a_form_from_elsewhere_changes_nothing(house: Cottage, visitor: httpx.Client) -> None:
    form = {"token": token(visitor), "said": "ack"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert visitor.post(f"{PAGE}/say", data=form, headers=headers).status_code == 403
    assert visitor.post(f"{PAGE}/say", data={**form, "token": "0" * 64}).status_code == 403
    assert visitor.post(f"{PAGE}/say", data=form, headers={"Host": "evil.example"}).status_code == 421
    visitor.cookies.clear()
    assert visitor.post(f"{PAGE}/say", data=form).status_code == 403
    assert visitor.post(f"{PAGE}/say", content=b"x=" + b"y" * 20_000).status_code == 413
    assert visitor.get(f"{PAGE}/say").status_code == 405
    assert said(house) == []
