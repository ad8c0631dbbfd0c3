"""Ladders and quiet hours in the settings: at which marks somebody is told, who, how, and when they are left alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from slamon.config.policies import Section
from slamon.config.values import Some, Zone, mail_address
from slamon.core.ladder import ROLES, Ladder, Rung, parse_mark
from slamon.core.quiet import parse_hours
from slamon.core.ticket import Stage

StageName = Literal["respond", "plan", "resolve"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _mark(value: Any) -> Any:  # noqa: ANN401  (whatever stands in the file)
    if not isinstance(value, str):
        raise ValueError('write it in quotes: "75%", "30m left" or "breach"')
    parse_mark(value)
    return value


def _told(text: str) -> str:
    if text in ROLES:
        return text
    try:
        return mail_address(text)
    except ValueError:
        raise ValueError(f"write a mail address, or one of {', '.join(ROLES)}") from None


def _hours(text: str) -> str:
    parse_hours(text)
    return text


class RungSection(Section):
    """One rung: at this mark of a goal, these are told. Roles and addresses are for mail; a channel is told once."""

    at: Annotated[str, BeforeValidator(_mark)] = Field(description='the mark, such as at = "75%"')
    tell: tuple[Annotated[str, AfterValidator(_told)], ...] = ()
    stages: tuple[StageName, ...] = ("respond", "plan", "resolve")
    channels: tuple[Some, ...] = ("mail",)
    even_when_quiet: bool = False

    @property
    def core_rung(self) -> Rung:
        stages = tuple(stage for stage in Stage if stage.label in self.stages)
        return Rung(parse_mark(self.at), self.tell, stages, self.channels, self.even_when_quiet)


class LadderSection(Section):
    """The rungs that a policy names, and what is said while a breach lasts and when it is over."""

    rung: tuple[RungSection, ...] = ()
    remind_every_minutes: Annotated[int, Field(ge=0, le=525_600)] = 0
    all_clear: bool = False

    def core_ladder(self, name: str) -> Ladder:
        rungs = tuple(rung.core_rung for rung in self.rung)
        return Ladder(name, rungs, self.remind_every_minutes * 60, self.all_clear)


class QuietSection(Section):
    """When one recipient is left alone: `hours` and whole `days` of a zone, or whenever a calendar is closed."""

    zone: Zone = ""
    hours: tuple[Annotated[str, AfterValidator(_hours)], ...] = ()
    days: tuple[Day, ...] = ()
    calendar: Some | None = None
