"""Patterns that the settings give for texts of an audit trail."""

from __future__ import annotations

import re


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return *text* as a regular expression with the named groups `old` and `new`; capitals do not matter.

    Raises:
        ValueError: It is none, or lacks a group.
    """
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if not {"old", "new"} <= pattern.groupindex.keys():
        raise ValueError("must have the named groups (?P<old>...) and (?P<new>...)")
    return pattern
