"""All ledgers worked out by hand, by name."""

from __future__ import annotations

from inspect import getmembers, isfunction

from tests.verify import hand_changes, hand_days, hand_lives, hand_reopened

CASES = {
    name: case
    for module in (hand_days, hand_lives, hand_reopened, hand_changes)
    for name, case in getmembers(module, isfunction)
    if case.__module__ == module.__name__ and not name.startswith("_")
}
