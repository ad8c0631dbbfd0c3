"""`/health`: can I trust this?"""

from __future__ import annotations

from dataclasses import replace

from slamon.core.lint import Finding, Severity
from slamon.core.sight import Outlook
from slamon.errors import StoreUnavailableError
from slamon.pages.health import check_house
from tests.jobs.world import at
from tests.pages.conftest import Cottage, Visit


def standing(house: Cottage) -> dict[str, str]:
    return {check.name: check.standing for checks in check_house(house).values() for check in checks}


def test_all_well_but_for_mail_that_waits_for_long(house: Cottage, visit: Visit) -> None:
    found = standing(house)

    assert found.pop("messages") == "bad", "they wait since 09:00"
    assert found.pop("watched by") == "unknown"
    assert set(found.values()) == {"good"}
    assert "Not all of it: 1 check below says why" in visit(house).get("/health").text


def test_what_is_wrong_with_a_tenant_is_named_with_what_to_do(house: Cottage, visit: Visit) -> None:
    finding = Finding(
        "board_no_plan", Severity.ERROR, "board 'NOC'", "no status plans", "where", "why", "Give one the level."
    )
    house.room = replace(house.room, unmapped={4: "Odd"}, unpromised={5: "its SLA is not known"}, findings=(finding,))
    house.look(at("15:00"), Outlook.BLIND, at("11:30"))

    page = visit(house).get("/health").text

    assert "Odd: 1 ticket" in page
    assert "#5: its SLA is not known" in page
    assert "board &#39;NOC&#39;: no status plans" in page
    assert "BLIND since Mon 02 Nov 11:30" in page


def test_what_only_the_watching_daemon_knows_is_not_called_good(house: Cottage) -> None:
    house.room = replace(house.room, unmapped=None, unpromised=None, findings=None)

    found = standing(house)

    assert [found[name] for name in ("statuses", "promises", "set-up")] == ["unknown"] * 3


def test_without_the_database_that_is_what_is_said(house: Cottage) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailableError("the database does not answer: gone")

    house.store.outbox_state = fail  # type: ignore[method-assign,assignment]

    assert check_house(house)["slamon"][0].says == "the database does not answer: gone"
