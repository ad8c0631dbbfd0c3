"""Roles of a rung become mail addresses, by what ConnectWise says; who has none is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slamon.core.directory import Directory
from slamon.core.reference import Board, Company, Member, Reference, Team
from slamon.core.ticket import Ref, Ticket
from tests.core.samples import at_utc

JANE, MAREK, LEFT, MUTE = (
    Member(150, "jsmith", "jane@msp.example"),
    Member(151, "mkowalski", "marek@msp.example"),
    Member(152, "gone", "gone@msp.example", inactive=True),
    Member(153, "mute"),
)
REFERENCE = Reference(
    boards={1: Board(1, "Help Desk", manager_id=150), 2: Board(2, "NOC")},
    statuses={},
    priorities={},
    slas={},
    calendars={},
    companies={20: Company(20, "acme", "Acme", manager_id=151), 21: Company(21, "plain", "Plain")},
    members={member.id: member for member in (JANE, MAREK, LEFT, MUTE)},
    teams={101: Team(101, 1, "First line", 150), 102: Team(102, 1, "Second line")},
)
DIRECTORY = Directory(REFERENCE, ("noc@msp.example",), {"NOC": ("noc-desk@msp.example",)})


def ticket(**facts: object) -> Ticket:
    then = at_utc("2026-11-02T10:00:00")
    base = {"id": 1, "summary": "s", "board": Ref(1, "Help Desk"), "status": Ref(1, "New"), "entered_at": then}
    return Ticket(**{**base, "last_updated_at": then, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "facts", "address"),
    [
        ("owner", {"owner": "mkowalski"}, "marek@msp.example"),
        ("team_lead", {"team": Ref(101, "First line")}, "jane@msp.example"),
        ("account_manager", {"company": Ref(20, "Acme")}, "marek@msp.example"),
        ("board", {}, "jane@msp.example"),
        ("board", {"board": Ref(2, "NOC")}, "noc-desk@msp.example"),
        ("recipients", {}, "noc@msp.example"),
        ("duty@msp.example", {}, "duty@msp.example"),
    ],
)
def test_who_has_a_role(role: str, facts: dict[str, object], address: str) -> None:
    assert DIRECTORY.find([role], ticket(**facts)).addresses == (address,)


@pytest.mark.parametrize(
    ("role", "facts", "why"),
    [
        ("owner", {}, "nobody owns the ticket"),
        ("owner", {"owner": "gone"}, "member gone is inactive"),
        ("owner", {"owner": "mute"}, "member mute has no mail address"),
        ("owner", {"owner": "new"}, "member new is not known"),
        ("team_lead", {}, "the ticket has no team"),
        ("team_lead", {"team": Ref(102, "Second line")}, "team Second line names no leader"),
        ("account_manager", {"company": Ref(21, "Plain")}, "Plain has no territory manager"),
        ("board", {"board": Ref(2, "Sales")}, "board Sales has no service manager, and no address in [alerts.boards]"),
    ],
)
def test_why_nobody_has_it(role: str, facts: dict[str, object], why: str) -> None:
    found = DIRECTORY.find([role, "noc@msp.example"], ticket(**facts))

    assert (found.addresses, found.unknown) == (("noc@msp.example",), ((role, why),))


def test_each_address_is_told_once() -> None:
    owned = ticket(owner="jsmith", team=Ref(101, "First line"))

    assert DIRECTORY.find(["owner", "team_lead", "jane@msp.example"], owned).addresses == ("jane@msp.example",)


def test_before_the_set_up_is_read_only_addresses_are_known() -> None:
    found = replace(DIRECTORY, reference=None).find(["owner", "a@b.example"], ticket(owner="jsmith"))

    assert found.addresses == ("a@b.example",)
    assert found.unknown == (("owner", "ConnectWise's set-up has not been read yet"),)
