"""A goal as a bar: what was counted, what went over, what waited, what is left, as shares of a hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slamon.reporting.words import business_time

Part = Literal["counted", "over", "waited", "left"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar; `percent` of its width, at least 1. `words` say the same without a picture."""

    part: Part
    percent: int
    words: str


def goal_bar(goal_seconds: int | None, elapsed_seconds: int, waited_seconds: int = 0) -> tuple[Segment, ...]:
    """Return the parts of a goal's bar from the left; their percents add up to 100. Empty without a goal.

    What waited is open time that did not count, drawn beside the goal, never as a part of it.
    """
    if not goal_seconds:
        return ()
    left = goal_seconds - elapsed_seconds
    parts: list[tuple[Part, int, str]] = [
        ("counted", min(goal_seconds, elapsed_seconds), business_time(elapsed_seconds, up=left >= 0)),
        ("over", max(0, -left), business_time(left)),
        ("waited", waited_seconds, business_time(waited_seconds, up=True)),
        ("left", max(0, left), business_time(left)),
    ]
    drawn = [(part, seconds, f"{words} {part}") for part, seconds, words in parts if seconds > 0]
    widths = shares([seconds for _, seconds, _ in drawn])
    return tuple(Segment(part, width, words) for (part, _, words), width in zip(drawn, widths, strict=True))


def shares(amounts: list[int]) -> list[int]:
    """Return positive *amounts* as whole percents that add up to 100, none of them 0. At most 100 amounts."""
    whole = sum(amounts)
    found = [max(1, amount * 100 // whole) for amount in amounts]
    if found:
        found[found.index(max(found))] += 100 - sum(found)
    return found
