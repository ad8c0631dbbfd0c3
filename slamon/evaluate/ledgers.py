"""The ledger behind a ticket case: its events as a history, read by the same clock, sealed for `slamon verify`."""

from __future__ import annotations

from typing import Any

from slamon.core.history import NONE, Mark
from slamon.core.instants import from_epoch
from slamon.core.ledger import build_ledger
from slamon.core.ledger_document import ledger_document
from slamon.core.policy import Terms
from slamon.core.ticket import STAGES, Event, Kind, Level, Origin, Stage
from slamon.core.versions import version_of
from slamon.evaluate.tickets import Question


def question_ledger(question: Question, *, pauses: bool = True) -> dict[str, Any]:
    """Return the ledger of a case's clock; without *pauses*, of the clock that counts through waiting.

    Events are numbered from 1 in the order of time.
    """
    respond, plan, resolve = (question.targets.get(stage) for stage in STAGES)
    calendar = version_of(question.calendar.rules)
    terms = Terms("case", calendar, respond_seconds=respond, plan_seconds=plan, resolve_seconds=resolve)
    version = version_of(terms)
    events = _events(question, version, pauses=pauses)
    ledger = build_ledger(events, {version: terms}, {calendar: question.calendar.rules}, from_epoch(question.as_of))
    return ledger_document(ledger, tenant="", ticket=question.case_id, summary="")


def _events(question: Question, version: str, *, pauses: bool) -> list[Event]:
    found: list[Event] = []
    reached: set[Stage] = set()

    def add(kind: Kind, at: int, name: str = "", level: Level | None = None, terms: str | None = None) -> None:
        moment = from_epoch(at)
        found.append(Event(0, kind, moment, moment, Origin.SETTINGS, None, name, level, terms, len(found) + 1))

    for place, (step, name) in enumerate(zip(question.steps, question.statuses, strict=True)):
        if step.level != NONE:
            level = Level(step.level)
            if level is Level.WAITING and not pauses:
                level = Level.NOT_RESPONDED
            add(Kind.STATUS if place else Kind.ENTERED, step.at, name, level)
            if level is Level.RESOLVED:
                reached |= {Stage.RESPOND, Stage.PLAN}
        if not place:
            add(Kind.TERMS, step.at, "the targets of the case", terms=version)
        # In a history these dates hold whatever the levels say; in a case, only if nothing came before.
        for stage, mark, kind in (
            (Stage.RESPOND, Mark.REACHED_RESPOND, Kind.RESPONDED),
            (Stage.PLAN, Mark.REACHED_PLAN, Kind.PLANNED),
        ):
            if step.marks & mark and stage not in reached:
                reached.add(stage)
                add(kind, step.at)
    return found
