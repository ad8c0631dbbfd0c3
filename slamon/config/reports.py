"""[[report]]: what is mailed by the calendar, about what, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slamon.config.policies import Section
from slamon.config.problems import dotted, shown, suggest
from slamon.config.values import Address, Cron, Name, Some, Zone
from slamon.errors import Problem
from slamon.reports.forms import Form

Kind = Literal["breach", "daily", "weekly", "monthly", "review", "pauses"]
ScopeBy = Literal["company", "board", "team", "technician", "priority", "agreement", "type"]
CRONS: Mapping[Kind, str] = {
    "breach": "0 7 * * *",
    "daily": "0 7 * * *",
    "weekly": "0 7 * * mon",
    "monthly": "0 7 1 * *",
    "review": "0 7 1 */3 *",
    "pauses": "0 7 1 * *",
}
CARRIERS = ("webhook", "apprise")  # kinds of channel that take a report


class ReportSection(Section):
    """A report by the calendar. Without recipients of its own it goes to each tenant's.

    `by` makes one of each company, board ... or of those in `names`; `recipients_of` get those of theirs.
    """

    name: Name = Field(description="a name for the report, such as monthly")
    kind: Kind = "breach"
    cron: Cron = ""
    zone: Zone = "UTC"
    tenants: tuple[Name, ...] = ()
    by: ScopeBy | Literal[""] = ""
    names: tuple[Some, ...] = ()
    denominator: Literal["concluded", "due", "started"] = "concluded"
    formats: tuple[Form, ...] = ()
    recipients: tuple[Address, ...] = ()
    recipients_of: dict[Some, tuple[Address, ...]] = Field(default_factory=dict)
    channels: tuple[Name, ...] = ()
    year_begins: Annotated[int, Field(ge=1, le=12)] = 1
    grace_hours: Annotated[int, Field(ge=1, le=720)] = 12
    enabled: bool = True

    @property
    def schedule(self) -> str:
        """When, as five fields of cron: its own, or what goes with its kind."""
        return self.cron or CRONS[self.kind]

    @property
    def scope_by(self) -> str:
        """What there is one report of each of; empty: one of all. A review is always of a company."""
        return "company" if self.kind == "review" else self.by


def check_reports(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong within a report, between two, or between one and the rest."""
    found = tree.get("report")
    taken: set[str] = set()
    for number, report in enumerate(found if isinstance(found, (list, tuple)) else ()):
        if not isinstance(report, Mapping):
            continue
        name = report.get("name")
        if isinstance(name, str) and name in taken:
            yield Problem(f"report[{number}].name", repr(name), "is taken; every report needs its own name")
        taken.add(str(name))
        yield from _scope(number, report)
        yield from _known(number, report, "tenants", tree.get("tenant"), "tenant")
        yield from _known(number, report, "channels", tree.get("channel"), "[channel.NAME]")
        yield from _carriers(number, report, tree.get("channel"))


def _scope(number: int, report: Mapping[str, Any]) -> Iterator[Problem]:
    by, kind = report.get("by") or "", report.get("kind")
    if kind == "review" and by not in ("", "company"):
        yield Problem(f"report[{number}].by", repr(by), "a review is of a company; leave it out")
    for key in ("names", "recipients_of"):
        if report.get(key) and not by and kind != "review":
            yield Problem(f"report[{number}].{key}", "", 'goes with by, such as by = "company"')


def _known(number: int, report: Mapping[str, Any], key: str, known: object, what: str) -> Iterator[Problem]:
    there = known if isinstance(known, Mapping) else {}
    named = report.get(key)
    for place, name in enumerate(named if isinstance(named, (list, tuple)) else ()):
        if isinstance(name, str) and name not in there:
            path = ("report", number, key, place)
            yield Problem(dotted(path), shown(path, name), f"no such {what}; {suggest(name, map(str, there))}")


def _carriers(number: int, report: Mapping[str, Any], channels: object) -> Iterator[Problem]:
    there = channels if isinstance(channels, Mapping) else {}
    named = report.get("channels")
    for place, name in enumerate(named if isinstance(named, (list, tuple)) else ()):
        channel = there.get(name) if isinstance(name, str) else None
        kind = channel.get("kind") if isinstance(channel, Mapping) else None
        if isinstance(kind, str) and kind not in CARRIERS:
            remedy = f"a channel of kind {kind} takes no report; name one of kind {' or '.join(CARRIERS)}"
            yield Problem(f"report[{number}].channels[{place}]", repr(name), remedy)
