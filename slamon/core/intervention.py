"""Interventions: what a person said of a goal (acknowledged, snoozed, exempted), and what of it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from slamon.core.ticket import Stage


class Said(StrEnum):
    """What a person said, or took back."""

    ACK = "ack"
    UNACK = "unack"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    EXEMPT = "exempt"
    UNEXEMPT = "unexempt"


TAKEN_BACK = {Said.ACK: Said.UNACK, Said.SNOOZE: Said.UNSNOOZE, Said.EXEMPT: Said.UNEXEMPT}


@dataclass(frozen=True, slots=True)
class Intervention:
    """One thing said of one goal, by whom and when. `version` is the deadline's; `until` ends an ack or a snooze."""

    ticket_id: int
    stage: Stage
    version: int
    said: Said
    at: datetime
    by: str
    until: datetime | None = None
    reason: str = ""


WORDS = ("acknowledged", "snoozed", "exempted")  # for what holds, in the order of its fields


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of one goal at an instant; None where nothing does."""

    ack: Intervention | None = None
    snooze: Intervention | None = None
    exempt: Intervention | None = None

    def named(self) -> dict[str, Intervention]:
        """Return what holds, by one of WORDS."""
        found = zip(WORDS, (self.ack, self.snooze, self.exempt), strict=True)
        return {word: said for word, said in found if said is not None}


def standing(said: Iterable[Intervention], stage: Stage, version: int, now: datetime) -> Standing:
    """Return what holds of a goal at *now*, from what was *said* of its ticket in the order in which it was.

    An acknowledgement is of one deadline: a new version is news again. A snooze and an exemption are of the goal.
    """
    own = [each for each in said if each.stage is stage]
    return Standing(
        ack=_newest([each for each in own if each.version == version], Said.ACK, now),
        snooze=_newest(own, Said.SNOOZE, now),
        exempt=_newest(own, Said.EXEMPT, now),
    )


def _newest(said: Iterable[Intervention], what: Said, now: datetime) -> Intervention | None:
    last = None
    for each in said:
        if each.said is what:
            last = each
        elif each.said is TAKEN_BACK[what]:
            last = None
    return None if last is None or (last.until is not None and last.until <= now) else last
