"""The order in which a status gets its level."""

from __future__ import annotations

import pytest

from slamon.core.levels import LevelRule, choose_level, find_status, is_out_of_scope
from slamon.core.reference import Board, BoardStatus, Reference
from slamon.core.ticket import Level, Ref

HELP, NOC = Ref(1, "Help Desk"), Ref(2, "NOC")
STATUSES = (
    BoardStatus(10, 1, "New", Level.NOT_RESPONDED),
    BoardStatus(11, 1, "Waiting Customer", Level.RESPONDED),  # a waiting-like name on a running level
    BoardStatus(12, 1, ">Closed", Level.RESPONDED, closed=True),
    BoardStatus(13, 1, "Waiting Parts", None),
    BoardStatus(14, 1, "Limbo", None),
    BoardStatus(20, 2, "Done", Level.RESOLVED),
    BoardStatus(21, 2, "New", Level.RESPONDED),
    BoardStatus(22, 2, "Parked", Level.WAITING),
    BoardStatus(30, 3, "Parked", Level.WAITING),
    BoardStatus(31, 3, "Done", Level.RESPONDED),
)
REFERENCE = Reference({}, {s.id: s for s in STATUSES}, {}, {}, {}, {})
WAITS, RUNS = Level.WAITING, Level.RESPONDED


def level(status: int | Ref, *rules: LevelRule, board: Ref = HELP, closed: bool = False) -> Level:
    ref = status if isinstance(status, Ref) else Ref(status, REFERENCE.statuses[status].name)
    return choose_level(board, ref, REFERENCE, rules, closed=closed).level


def test_settings_by_board_and_id_come_first() -> None:
    rules = (LevelRule("New", WAITS), LevelRule("New", WAITS, "Help Desk"), LevelRule(10, RUNS, 1))

    assert level(10, *rules) is RUNS


def test_settings_by_name_come_next_the_first_one_wins() -> None:
    assert level(10, LevelRule("New", WAITS), LevelRule("New", RUNS)) is WAITS
    assert level(10, LevelRule("New", WAITS, "NOC"), LevelRule("New", RUNS)) is RUNS


def test_settings_come_before_closed() -> None:
    assert level(12, LevelRule(">Closed", WAITS)) is WAITS
    assert level(10, LevelRule("New", WAITS), closed=True) is WAITS


def test_a_closed_status_is_resolved_whatever_its_level() -> None:
    assert level(12) is Level.RESOLVED


def test_a_closed_ticket_is_resolved_whatever_its_status() -> None:
    assert level(10, closed=True) is Level.RESOLVED
    assert level(Ref(99, "Gone"), closed=True) is Level.RESOLVED


def test_connectwises_own_level_comes_before_the_name() -> None:
    """A waiting-like name on a running level is never guessed."""
    assert level(11) is Level.RESPONDED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("New", Level.NOT_RESPONDED),
        ("In Progress", Level.RESOLUTION_PLAN),
        ("Waiting Customer", Level.WAITING),
        ("waiting vendor", Level.WAITING),
        ("Waiting Parts", Level.WAITING),
        ("Waiting Scheduling", Level.RESOLUTION_PLAN),
        ("Completed", Level.RESOLVED),
        (">Closed", Level.RESOLVED),
    ],
)
def test_the_built_in_names_hold_only_where_the_source_gave_no_level(name: str, expected: Level) -> None:
    assert level(Ref(99, name)) is expected
    assert level(13) is Level.WAITING


def test_a_status_that_nothing_explains_runs_and_says_so() -> None:
    choice = choose_level(HELP, Ref(14, "Limbo"), REFERENCE, ())

    assert (choice.level, choice.known) == (Level.NOT_RESPONDED, False)
    assert choice.why == "nothing says what 'Limbo' means; the clock runs"


@pytest.mark.parametrize("board", [None, 1, "Help Desk"])
@pytest.mark.parametrize("status", [10, "New"])
def test_a_rule_names_board_and_status_by_id_or_name(board: int | str | None, status: int | str) -> None:
    rule = LevelRule(status, WAITS, board)

    assert rule.fits(HELP, Ref(10, "New"))
    assert not rule.fits(HELP, Ref(11, "Other"))
    assert rule.fits(NOC, Ref(10, "New")) is (board is None)


def test_a_status_is_found_by_name_on_its_board_else_elsewhere_if_all_agree() -> None:
    assert find_status(REFERENCE, NOC, "new") == STATUSES[6]
    assert find_status(REFERENCE, HELP, "Parked") == STATUSES[7]  # two boards, one meaning
    assert find_status(REFERENCE, HELP, "Done") is None  # two boards, two meanings
    assert find_status(REFERENCE, HELP, "Nowhere") is None


def test_what_is_out_of_scope_says_why() -> None:
    service = Board(1, "Help Desk")

    assert is_out_of_scope("ServiceTicket", service, merged=False, child=False) == ""
    assert is_out_of_scope("ServiceTicket", None, merged=False, child=False) == ""
    assert is_out_of_scope("ProjectTicket", service, merged=False, child=False) == "project ticket"
    assert is_out_of_scope("ServiceTicket", Board(3, "P", project=True), merged=True, child=True) == "project ticket"
    assert is_out_of_scope("ServiceTicket", service, merged=True, child=True) == "merged into another ticket"
    assert is_out_of_scope("ServiceTicket", service, merged=False, child=True) == "child of another ticket"
