"""What may have been meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

MOST = 20  # names listed where none is near


def offer_names(name: str, known: Collection[str]) -> str:
    """Return words that offer the names nearest to *name*, else those there are."""
    by_folded = {each.casefold(): each for each in sorted(known)}
    near = [by_folded[each] for each in get_close_matches(name.casefold(), list(by_folded), n=3, cutoff=0.5)]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    listed = ", ".join(sorted(known)[:MOST])
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"there is: {listed}{more}" if known else "there is none"
