"""Changes of status, priority and board, read from the free text of a ticket's audit trail.

ConnectWise does not document the wording, so it is a setting: regular expressions with the groups
`old` and `new`. A text is read when exactly one meaning fits; anything else is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.clean import clean_line
from slamon.core.patterns import compile_pattern
from slamon.core.ticket import Kind
from slamon.errors import ConfigError, Problem
from slamon.ports import AuditEntry

_QUOTED = (
    r"""(?:"(?P<old>[^"]+)" to "(?P<new>[^"]+)\""""
    r"""|'(?P<old2>[^']+)' to '(?P<new2>[^']+)'"""
    r"""|“(?P<old3>[^”]+)” to “(?P<new3>[^”]+)”)"""
)
# Without quotes the text must hold one " to " only, or the names cannot be told apart.
_BARE = r"(?P<old>(?:(?! to )[^\"'“”])+) to (?P<new>(?:(?! to )[^\"'“”])+?)"
_VERB = r"(?: has been| was|)(?: changed| updated| set| moved|)"


def _wordings(name: str) -> tuple[str, ...]:
    """Return the wordings tried for one kind of change, such as `Status has been updated from "A" to "B".`"""
    head = rf"(?:The )?(?:Ticket |Service )?{name}"
    return (
        rf"{head}{_VERB}:? from {_QUOTED}\.?",
        rf"{head}{_VERB}:? from {_BARE}\.?",
        rf"(?:Changed|Updated)(?: the)? {name} from {_QUOTED}\.?",
        rf"{head}: {_QUOTED}\.?",
        rf"{head}: (?P<old>[^\"'>]+?) (?:->|=>|→) (?P<new>[^\"'>]+?)\.?",
    )


DEFAULT_PATTERNS: Mapping[Kind, Sequence[str]] = {
    Kind.STATUS: _wordings("Status"),
    Kind.PRIORITY: _wordings("Priority"),
    Kind.BOARD: _wordings("(?:Service )?Board"),
}


@dataclass(frozen=True, slots=True)
class AuditChange:
    """A change as the audit trail tells it. `at` is aware, UTC; the names are as shown at the time."""

    kind: Kind
    at: datetime
    old: str
    new: str


class AuditReader:
    """Reads audit entries by patterns; each must fit the whole text, capitals do not matter.

    Args:
        patterns: Regular expressions by kind, each with the named groups `old`
            and `new`. Kinds left out keep the defaults; an empty sequence
            switches a kind off.

    Raises:
        ConfigError: A pattern cannot be used; all of them are listed.
    """

    def __init__(self, patterns: Mapping[Kind, Sequence[str]] | None = None) -> None:
        problems: list[Problem] = []
        self._patterns = [
            (kind, compiled)
            for kind, texts in {**DEFAULT_PATTERNS, **(patterns or {})}.items()
            for text in texts
            if (compiled := _compile(kind, text, problems)) is not None
        ]
        if problems:
            raise ConfigError("audit patterns", problems)

    def read(self, entry: AuditEntry) -> AuditChange | None:
        """Return the change that *entry* tells of; None if there is none, or more than one way to read it."""
        found = {
            (kind, *names)
            for kind, pattern in self._patterns
            if (match := pattern.fullmatch(entry.text.strip())) is not None and (names := _names(match)) is not None
        }
        if len(found) != 1:
            return None
        kind, old, new = found.pop()
        return AuditChange(kind, entry.at, old, new)


def _compile(kind: Kind, text: str, problems: list[Problem]) -> re.Pattern[str] | None:
    try:
        return compile_pattern(text)
    except ValueError as error:
        problems.append(Problem(str(kind), text, str(error)))
        return None


def _names(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the old and the new name; alternatives of one pattern are told apart by a digit."""
    groups = match.groupdict()
    old, new = (
        next((clean_line(text) for name, text in groups.items() if name.rstrip("0123456789") == stem and text), "")
        for stem in ("old", "new")
    )
    return (old, new) if old and new else None
