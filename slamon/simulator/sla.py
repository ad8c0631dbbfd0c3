"""
ConnectWise's SLA state of one ticket: one clock, one active stage, three goals.

What public payloads show and this module follows:

- the status' escalationStatus says which milestone *has been reached*; stages only advance (the ratchet), a jump
  reaches all milestones on the way at once, and only Resolve, Resolved and Waiting alternate;
- each stage books its own business minutes; a jump books them to the last stage passed and credits the
  jumped ones with "skipped" minutes, so that respond + skipped, respond + plan + skipped and the sum of all three
  are the elapsed minutes of the three goals;
- waiting (NoEscalation) stops the clock in whatever stage it is; a response is not inferred from it;
- a reopened ticket resumes Resolve; the resolved time is not counted. ConnectWise's treatment of dateResolved is not
  known: here it is cleared by the reopening and set anew by the next resolve.

Instants are epoch seconds; time used is kept in seconds and shown in rounded minutes.
"""

from dataclasses import dataclass, field
from typing import Final

from slamon.simulator.hours import Hours, NeverOpenError

WAITING: Final = "NoEscalation"
REACHED: Final = {"NotResponded": 0, "Responded": 1, "ResolutionPlan": 2, "Resolved": 3}
"""Milestones behind the ticket by escalationStatus; the index of the next one is the active stage."""
RESOLVED: Final = 3

Goals = tuple[float | None, float | None, float | None]
"""Hours for respond, plan, resolve; None is "no goal"."""


@dataclass(slots=True)
class SlaState:
    """
    The counters behind one ticket's SLA fields.

    *runs* are the intervals in which the clock was on duty (hours not yet applied); an open one ends with None.
    *since* is escalationStartDateUTC, *used* the seconds spent in the active stage before that (minutesBeforeWaiting).
    """

    start: int
    hours: Hours
    goals: list[float | None]
    since: int = 0
    used: int = 0
    waiting_since: int | None = None
    waited: int = 0
    booked: list[int] = field(default_factory=lambda: [0, 0, 0])
    skipped: list[int] = field(default_factory=lambda: [0, 0])
    reached_at: list[int | None] = field(default_factory=lambda: [None, None, None])
    runs: list[tuple[int, int | None]] = field(default_factory=list)
    due: list[int | None] = field(default_factory=lambda: [None, None, None])

    @property
    def reached(self) -> int:
        """Return how many milestones are behind: 0 to 3; 3 is resolved."""
        return 3 - self.reached_at.count(None)


def begin(start: int, hours: Hours, goals: Goals) -> SlaState:
    """Return the state of a ticket just entered, with nothing reached."""
    state = SlaState(start=start, hours=hours, goals=list(goals), since=start, runs=[(start, None)])
    state.due = [deadline(state, stage) for stage in range(3)]
    return state


def move(state: SlaState, level: str, at: int) -> None:
    """Apply a status of escalation *level*, taken at *at*."""
    if level == WAITING:
        _wait(state, at)
    elif state.reached == RESOLVED:
        _leave_resolved(state, REACHED[level], at)
    else:
        _advance(state, max(REACHED[level], state.reached), at)
    _renew_deadlines(state)


def change_goals(state: SlaState, goals: Goals, hours: Hours) -> None:
    """Put new goals (and hours) on the milestones still ahead; start and minutes stay."""
    state.hours = hours
    for stage in range(state.reached, 3):
        state.goals[stage] = goals[stage]
    _renew_deadlines(state)


def spent(state: SlaState, now: int) -> list[int]:
    """Return the own seconds of the three stages up to *now*."""
    own = list(state.booked)
    stage = state.reached
    if stage < RESOLVED:
        own[stage] += _consumed(state, now)
    return own


def elapsed(state: SlaState, now: int) -> tuple[int, int, int]:
    """Return the elapsed seconds of the three goals, each from the start of the ticket to *now* or its milestone."""
    respond, plan, resolve = spent(state, now)
    total = respond + plan + resolve
    reached = state.reached
    return (
        respond + state.skipped[0] if reached > 0 else total,
        respond + plan + state.skipped[1] if reached > 1 else total,
        total,
    )


def in_sla(state: SlaState, now: int) -> bool:
    """Return whether no goal has been missed so far."""
    pairs = zip(elapsed(state, now), state.goals, strict=True)
    return all(goal is None or used <= round(goal * 3600) for used, goal in pairs)


def deadline(state: SlaState, stage: int) -> int | None:
    """Return when the clock shows the stage's goal; None without one, or while it stands short of it or for ever."""
    goal = state.goals[stage]
    if goal is None:
        return None
    try:
        return _shown_at(state, goal)
    except NeverOpenError:
        return None


def _shown_at(state: SlaState, goal: float) -> int | None:
    left = round(goal * 3600)
    for number, (opens, closes) in enumerate(state.runs):
        last = number == len(state.runs) - 1
        if closes is None or (last and state.reached == RESOLVED):
            return state.hours.forward(opens, left)
        ran = state.hours.between(opens, closes)
        if ran >= left:
            return state.hours.forward(opens, left)
        left -= ran
    return None


def _consumed(state: SlaState, at: int) -> int:
    """Return the seconds the active stage has used by *at*."""
    if state.waiting_since is not None:
        return state.used
    return state.used + state.hours.between(state.since, at)


def _wait(state: SlaState, at: int) -> None:
    if state.waiting_since is not None:
        return
    if state.reached == RESOLVED:
        _reopen_counters(state)
    else:
        state.used = _consumed(state, at)
        _stop(state, at)
    state.since = state.waiting_since = at


def _advance(state: SlaState, reached: int, at: int) -> None:
    stage, was_waiting = state.reached, state.waiting_since is not None
    if reached == stage and not was_waiting:
        return
    consumed = _consumed(state, at)
    if was_waiting:
        _end_wait(state, at)
    if reached > stage:
        for passed in range(stage, reached):
            state.reached_at[passed] = at
            if passed < reached - 1:
                state.skipped[passed] += consumed
        state.booked[reached - 1] += consumed
        state.used = 0
    state.since = max(at, state.start)
    if reached == RESOLVED:
        _stop(state, at)


def _leave_resolved(state: SlaState, reached: int, at: int) -> None:
    state.since = at
    if reached == RESOLVED:
        return  # two-step close: dateResolved keeps the first instant, only the stage clock moves
    _reopen_counters(state)
    _run(state, at)


def _reopen_counters(state: SlaState) -> None:
    """Take the resolve back: its minutes become those used before the pause."""
    state.reached_at[2] = None
    state.used, state.booked[2] = state.booked[2], 0


def _end_wait(state: SlaState, at: int) -> None:
    if state.waiting_since is not None:
        state.waited += state.hours.between(state.waiting_since, at)
        state.waiting_since = None
        _run(state, at)


def _run(state: SlaState, at: int) -> None:
    state.runs.append((max(at, state.start), None))


def _stop(state: SlaState, at: int) -> None:
    opens, closes = state.runs[-1]
    if closes is None:
        state.runs[-1] = (opens, max(at, opens))


def _renew_deadlines(state: SlaState) -> None:
    """Compute the deadlines again; those of milestones already reached stay as they were then."""
    for stage in range(3):
        # A milestone reached in the moment a wait ends had no deadline while waiting: it gets its last one now.
        if state.reached_at[stage] is None or state.due[stage] is None:
            state.due[stage] = deadline(state, stage)
