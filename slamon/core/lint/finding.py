"""What a lint says: a rule, and each place where it was found broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_NAMES = 10  # a finding names so many, and counts the rest

# Where things are set up, by the names that published guides to ConnectWise use.
STATUSES = "ConnectWise: System > Setup Tables > Service Board > (the board) > Statuses"
BOARDS = "ConnectWise: System > Setup Tables > Service Board > (the board)"
SLAS = "ConnectWise: System > Setup Tables > SLA > (the SLA)"
PRIORITIES = "ConnectWise: System > Setup Tables > Priority"
CALENDARS = "ConnectWise: System > Setup Tables > Calendar > (the calendar)"
HOLIDAYS = "ConnectWise: System > Setup Tables > Holiday List > (the list)"
MY_COMPANY = "ConnectWise: System > My Company"
COMPANIES = "ConnectWise: Companies > Companies > (the company)"
AGREEMENTS = "ConnectWise: Finance > Agreements > (the agreement)"
SETTINGS = "slamon.toml"


class Severity(StrEnum):
    """How bad: a clock cannot be right; is likely wrong; is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where it is mended, why it matters for the clock, and how to mend it."""

    rule: str
    severity: Severity
    subject: str
    problem: str
    where: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What is the same in every finding of a rule."""

    name: str
    where: str
    why: str
    mend: str

    def found(self, severity: Severity, subject: str, problem: str) -> Finding:
        return Finding(self.name, severity, subject, problem, self.where, self.why, self.mend)


def listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """Return *names* quoted and in order, those beyond *most* as a number."""
    shown = ", ".join(repr(name) for name in sorted(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
