"""Boards and their statuses: whether a ticket can be answered, planned and resolved, and whether names lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from slamon.core.lint.finding import BOARDS, STATUSES, Finding, Rule, Severity, listed
from slamon.core.lint.names import seems_active, seems_done, seems_to_wait
from slamon.core.lint.view import LeveledStatus, View
from slamon.core.reference import Board
from slamon.core.ticket import Level

_SET_LEVEL = "or say what the status means in [[tenant.NAME.status_level]]"

NO_RESPONSE = Rule(
    "board_no_response",
    STATUSES,
    "Respond is reached by the first status of level Responded or further. Without one, every answer looks late.",
    f"Give the status in which somebody has answered the level Responded, {_SET_LEVEL}.",
)
NO_PLAN = Rule(
    "board_no_plan",
    STATUSES,
    "Plan is reached by the first status of level ResolutionPlan or further. Without one, only the end reaches it.",
    f"Give the status in which the work goes on the level ResolutionPlan, {_SET_LEVEL}.",
)
NO_RESOLVE = Rule(
    "board_no_resolve",
    STATUSES,
    "Only a status of level Resolved stops the clock for good. Without one, every ticket breaches.",
    f"Give the status that ends the work the level Resolved, {_SET_LEVEL}.",
)
STARTS_PAST = Rule(
    "board_starts_past_new",
    STATUSES,
    "A new ticket begins in the default status of its board. At another level than NotResponded it counts as"
    " answered, or waits, from its first second on.",
    f"Make a status of level NotResponded the default one, {_SET_LEVEL}.",
)
INACTIVE = Rule(
    "board_inactive",
    BOARDS,
    "Nothing new comes in on an inactive board.",
    "Take it out of `boards`, or make it active again.",
)
WAITING_RUNS = Rule(
    "status_waiting_runs",
    STATUSES,
    "The clock runs while a ticket is in this status, though its name says that somebody else must act.",
    "If it waits for somebody outside, set its escalation status to waiting (NoEscalation)."
    " If the clock is to run, say so with its level in [[tenant.NAME.status_level]], and this is not asked again.",
)
ACTIVE_WAITS = Rule(
    "status_active_waits",
    STATUSES,
    "The clock stands while a ticket is in this status (NoEscalation), though its name says that the work is yours.",
    f"Give it the level that fits, {_SET_LEVEL}.",
)
DONE_OPEN = Rule(
    "status_done_open",
    STATUSES,
    "The name says that the work is done, but the level is not Resolved: the clock does not stop for good.",
    f"Give it the level Resolved, {_SET_LEVEL}.",
)
CLOSED_OPEN = Rule(
    "status_closed_open",
    STATUSES,
    "The status closes the ticket, but its level is not Resolved. slamon takes it as resolved;"
    " ConnectWise's own figures do not.",
    "Give it the level Resolved.",
)
UNKNOWN = Rule(
    "status_unknown_level",
    STATUSES,
    "ConnectWise gave no escalation status that slamon knows, so only the name could decide.",
    f"Give it an escalation status, {_SET_LEVEL}.",
)
DUPLICATE = Rule(
    "status_duplicate_name",
    STATUSES,
    "Two statuses of one board share a name: settings and histories that go by name cannot tell them apart.",
    "Rename one of them, or make it inactive.",
)
RULES = (
    *(NO_RESPONSE, NO_PLAN, NO_RESOLVE, STARTS_PAST, INACTIVE),
    *(WAITING_RUNS, ACTIVE_WAITS, DONE_OPEN, CLOSED_OPEN, UNKNOWN, DUPLICATE),
)
_RUNNING = (Level.NOT_RESPONDED, Level.RESPONDED, Level.RESOLUTION_PLAN)
_WAITS = {
    "outside": (Severity.WARNING, "by its name it waits for somebody or something outside"),
    "ours": (Severity.NOTICE, "by its name it waits for somebody of your own, which usually does count"),
    "maybe": (Severity.NOTICE, "by its name it may wait for somebody or something outside"),
}


def lint_boards(view: View) -> Iterator[Finding]:
    """Yield what is wrong with boards and their statuses."""
    for board in view.reference.boards.values():
        if board.inactive and (board.id in view.settings.boards or board.name in view.settings.boards):
            yield INACTIVE.found(Severity.WARNING, _called(board), "is watched by name and inactive")
    for board, statuses in view.boards:
        yield from _stages(board, statuses, view.waiting_responds(board))
        yield from _duplicates(board, statuses)
        for each in statuses:
            yield from _status(board, each)


def _stages(board: Board, statuses: list[LeveledStatus], waiting_responds: bool) -> Iterator[Finding]:
    by_level: dict[Level, list[str]] = {}
    for each in statuses:
        by_level.setdefault(each.choice.level, []).append(each.status.name)
        if each.status.default and each.choice.level is not Level.NOT_RESPONDED:
            problem = f"its default status {each.status.name!r} has the level {level_name(each.choice.level)}"
            yield STARTS_PAST.found(Severity.WARNING, _called(board), problem)
    if not statuses:
        yield NO_RESOLVE.found(Severity.ERROR, _called(board), "has no active status at all")
        return
    planning = by_level.get(Level.RESOLUTION_PLAN, [])
    responds = Level.RESPONDED in by_level or (waiting_responds and Level.WAITING in by_level)
    if not responds and not planning:
        problem = "no status has the level Responded or ResolutionPlan; only resolving a ticket answers it"
        yield NO_RESPONSE.found(Severity.ERROR, _called(board), problem)
    elif not responds:
        problem = f"no status has the level Responded; the first to answer is {listed(planning)}, which plans too"
        yield NO_RESPONSE.found(Severity.WARNING, _called(board), problem)
    elif not planning:
        yield NO_PLAN.found(Severity.WARNING, _called(board), "no status has the level ResolutionPlan")
    if Level.RESOLVED not in by_level:
        yield NO_RESOLVE.found(Severity.ERROR, _called(board), "no status has the level Resolved")


def _status(board: Board, each: LeveledStatus) -> Iterator[Finding]:
    status, level = each.status, each.choice.level
    subject = f"{_called(board)}, status {status.name!r}"
    if status.closed and status.level not in (None, Level.RESOLVED):
        yield CLOSED_OPEN.found(Severity.WARNING, subject, f"closes, at the level {level_name(status.level)}")
    if each.set_by_hand:
        return  # somebody has thought about it
    if not each.choice.known:
        yield UNKNOWN.found(Severity.WARNING, subject, "nothing says what it means; its clock runs")
    elif status.level is None and not status.closed:
        yield UNKNOWN.found(Severity.NOTICE, subject, f"read as {level_name(level)} by its name alone")
    waits = seems_to_wait(status.name)
    if waits is not None and level in _RUNNING:
        severity, problem = _WAITS[waits]
        yield WAITING_RUNS.found(severity, subject, f"has the level {level_name(level)}; {problem}")
    if level is Level.WAITING and seems_active(status.name):
        yield ACTIVE_WAITS.found(Severity.WARNING, subject, "stops the clock")
    if level is not Level.RESOLVED and seems_done(status.name):
        yield DONE_OPEN.found(Severity.WARNING, subject, f"has the level {level_name(level)}")


def _duplicates(board: Board, statuses: list[LeveledStatus]) -> Iterator[Finding]:
    for name, times in Counter(each.status.name.casefold() for each in statuses).items():
        if times > 1:
            same = [each.status for each in statuses if each.status.name.casefold() == name]
            subject = f"{_called(board)}, status {same[0].name!r}"
            ids = ", ".join(str(status.id) for status in same)
            yield DUPLICATE.found(Severity.WARNING, subject, f"there are {times} of that name (ids {ids})")


def level_name(level: Level | None) -> str:
    """Return a level as ConnectWise and the settings write it."""
    if level is None:
        return "none"
    return "NoEscalation" if level is Level.WAITING else level.name.title().replace("_", "")


def _called(board: Board) -> str:
    return f"board {board.name!r}"
