"""The promise in the settings: goals, what they are counted on, and which tickets they hold for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slamon.config.values import Hours, NameOrId, Some
from slamon.core.policy import Change, Percents, Reopen
from slamon.core.reference import GoalHours
from slamon.core.ticket import Level

LevelName = Literal["NotResponded", "Responded", "ResolutionPlan", "Resolved", "NoEscalation"]
LEVELS: dict[LevelName, Level] = {
    "NotResponded": Level.NOT_RESPONDED,
    "Responded": Level.RESPONDED,
    "ResolutionPlan": Level.RESOLUTION_PLAN,
    "Resolved": Level.RESOLVED,
    "NoEscalation": Level.WAITING,
}
SOURCE_CALENDARS = ("MyCalendar", "Customer", "AllHours")
Rank = Annotated[int, Field(ge=1, le=100)]


class Section(BaseModel):
    """A table of the file: nothing unknown in it, nothing changed after loading, no input in error texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


class Goals(Section):
    """Hours of open time to each stage; a stage left out has no target."""

    respond: Hours | None = None
    plan: Hours | None = None
    resolve: Hours | None = None

    @property
    def hours(self) -> GoalHours:
        return GoalHours(self.respond, self.plan, self.resolve)


class StagePercents(Section):
    """How many of a hundred goals of each stage are to be met; a stage left out says nothing."""

    respond: Annotated[int, Field(ge=1, le=100)] | None = None
    plan: Annotated[int, Field(ge=1, le=100)] | None = None
    resolve: Annotated[int, Field(ge=1, le=100)] | None = None

    @property
    def percents(self) -> Percents:
        return Percents(self.respond, self.plan, self.resolve)


class PriorityGoals(Goals):
    """The goals of one rank of priority; 1 is the most urgent."""

    rank: Rank = Field(description="the rank of the priority, 1 for the most urgent")


class Promise(Section):
    """Goals, the calendar they are counted on, and what happens when the rules change under a ticket.

    `calendar` is the name of a [calendar.NAME], or one that ConnectWise keeps.
    `ladder` names a [ladder.NAME]. Without one and without a warning of its own those of [alerts] hold.
    """

    calendar: Some = "MyCalendar"
    goals: Goals | None = None
    priority_goals: tuple[PriorityGoals, ...] = ()
    warn_percent: Annotated[int, Field(ge=1, le=99)] | None = None
    warn_minutes_left: Annotated[int, Field(ge=0, le=525_600)] = 0
    ladder: str = ""
    change: Change = "same_start"
    reopen: Reopen = "resume"
    reopen_grace_minutes: Annotated[int, Field(ge=0, le=525_600)] = 0
    waiting_responds: bool = False


class Match(Section):
    """Which tickets a policy takes: all keys given must hold, each by any of its values.

    `before_source` puts the policy before the SLA that ConnectWise names on the ticket.
    """

    company: tuple[NameOrId, ...] = ()
    company_field: dict[str, tuple[Some, ...]] = Field(default_factory=dict)
    agreement: tuple[NameOrId, ...] = ()
    board: tuple[NameOrId, ...] = ()
    type: tuple[NameOrId, ...] = ()
    priority: tuple[NameOrId, ...] = ()
    priority_rank: tuple[Rank, ...] = ()
    before_source: bool = False


class Policy(Promise):
    """A promise for the tickets that match; the first policy of the file that matches wins."""

    name: Some = Field(description="a name for the policy, seen in reports and in `slamon explain`")
    match: Match = Field(description='which tickets it holds for, such as match = { board = ["Help Desk"] }')


DEFAULT_ROWS = tuple(
    PriorityGoals(rank=rank, respond=respond, plan=plan, resolve=resolve)
    for rank, respond, plan, resolve in ((1, 1, 2, 4), (2, 2, 4, 8), (3, 4, 8, 24), (4, 8, 16, 72))
)


class DefaultPolicy(Promise):
    """The promise for tickets that no SLA and no policy takes; four rows by rank unless goals are given."""

    @property
    def name(self) -> str:
        return "default"

    @model_validator(mode="before")
    @classmethod
    def _rows_unless_given(cls, table: Any) -> Any:  # noqa: ANN401  (whatever stands in the file)
        if isinstance(table, dict) and not {"goals", "priority_goals"} & table.keys():
            return {**table, "priority_goals": DEFAULT_ROWS}
        return table


class NamedLevel(Section):
    """What a status says of the work, by name, for every tenant and board."""

    status: Some = Field(description="the name of a status")
    level: LevelName = Field(description=f"one of {', '.join(LEVELS)}")

    @property
    def core_level(self) -> Level:
        return LEVELS[self.level]


class StatusLevel(Section):
    """What a status of one board says of the work; board and status by name or id."""

    board: NameOrId = Field(description="the name or id of a board")
    status: NameOrId = Field(description="the name or id of one of its statuses")
    level: LevelName = Field(description=f"one of {', '.join(LEVELS)}")

    @property
    def core_level(self) -> Level:
        return LEVELS[self.level]
