"""Make a report: load what it needs as it was known at one instant, and build it. It never asks what time it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slamon.core.attainment import Denominator
from slamon.core.period import Period
from slamon.errors import InputError
from slamon.jobs.report_material import Question, load_material
from slamon.jobs.scope_names import resolve_scope
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.reports.document import Report, Scope
from slamon.reports.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report is wanted: of what, about when, as it was known when. Fiscal years begin with month *year_begins*.

    `denominator` is one of concluded, due, started.
    """

    kind: str
    scope: Scope
    period: Period
    known_at: datetime
    denominator: str = "concluded"
    year_begins: int = 1


def make_report(store: Store, settings: TenantSettings, asked: Asked) -> Report:
    """
    Return the report that was *asked* for; the same with every call, for as long as what was known then is kept.

    Numbers are as known at `known_at`, whatever was learnt later. What tickets are called (their summaries), and
    where their time went, is told from what is stored today, and left out where it contradicts the numbers.

    Raises:
        InputError: There is no such kind, denominator or name; the nearest names are offered.
        KnowledgeGoneError: What was known then is not kept any more.
    """
    kind = KINDS.get(asked.kind)
    if kind is None:
        raise InputError(f"{asked.kind!r} is not a kind of report; there are {', '.join(KINDS)}")
    if asked.denominator not in list(Denominator):
        raise InputError(f"{asked.denominator!r} is not a denominator; there are {', '.join(Denominator)}")
    if asked.kind == "review" and (asked.scope.by != "company" or not asked.scope.name):
        raise InputError("a review is about one company: name it")
    question = Question(
        kind=asked.kind,
        scope=resolve_scope(store, asked.scope, asked.period, asked.known_at),
        period=asked.period,
        known_at=asked.known_at,
        denominator=Denominator(asked.denominator),
        year_begins=asked.year_begins,
    )
    return kind.build(load_material(store, settings, question, kind))
