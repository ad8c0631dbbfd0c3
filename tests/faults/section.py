"""What a section of `make chaos` hands back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A fault, what must come of it, what did, and whether that will do: one line of the table at the end."""

    fault: str
    target: str
    measured: str
    is_met: bool


Section = Callable[[Sequence[str]], list[Row]]
"""Takes the arguments that follow its name on the command line; prints as it goes."""
