"""Who takes a free tenant and who gives one away: played out until nothing moves."""

from __future__ import annotations

from collections import Counter

import pytest

from slamon.core.sharing import Watched, is_ours_to_give, is_ours_to_take


def watched(tenants: int, daemons: str, held: dict[int, str]) -> list[Watched]:
    return [(str(n), daemon, held.get(n) == daemon) for n in range(tenants) for daemon in daemons]


def settle(tenants: int, daemons: str, held: dict[int, str]) -> tuple[dict[int, str], int]:
    """Let each daemon decide for each tenant in turn until nothing moves; return who holds what, and the moves."""
    moves, moved = 0, True
    while moved:
        moved = False
        for number in range(tenants):
            for daemon in daemons:
                rows = watched(tenants, daemons, held)
                if number not in held and is_ours_to_take(str(number), daemon, rows):
                    held[number], moved = daemon, True
                elif held.get(number) == daemon and is_ours_to_give(str(number), daemon, rows):
                    del held[number]
                    moves, moved = moves + 1, True
        assert moves < 1000
    return held, moves


@pytest.mark.parametrize("tenants", [0, 1, 2, 3, 7, 20])
@pytest.mark.parametrize("daemons", ["a", "ab", "abc", "abcdefg"])
def test_all_are_watched_and_the_loads_differ_by_one_at_most(tenants: int, daemons: str) -> None:
    for begin in ({}, dict.fromkeys(range(tenants), "a")):
        held, _ = settle(tenants, daemons, dict(begin))

        loads = Counter(dict.fromkeys(daemons, 0)) + Counter(held.values())
        assert sorted(held) == list(range(tenants))
        assert max(loads.values(), default=0) - min((loads[d] for d in daemons), default=0) <= 1


def test_no_more_moves_than_needed() -> None:
    assert settle(20, "ab", dict.fromkeys(range(20), "a"))[1] == 10


def test_what_one_alone_watches_stays_with_it() -> None:
    """A daemon with many tenants of its own gives none to one that does not have them."""
    rows = [*((str(n), "a", True) for n in range(8)), ("other", "b", True)]

    assert not any(is_ours_to_give(str(n), "a", rows) for n in range(8))
    assert is_ours_to_take("9", "a", [*rows, ("9", "a", False)])


def test_a_daemon_that_holds_less_is_let_go_first() -> None:
    rows = watched(3, "ab", {0: "a"})

    assert not is_ours_to_take("1", "a", rows)
    assert is_ours_to_take("1", "b", rows)
