"""Settings that name what ConnectWise does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from slamon.core.levels import LevelRule
from slamon.core.lint.finding import SETTINGS, Finding, Rule, Severity, listed
from slamon.core.lint.view import View
from slamon.core.promise import PolicyRule

UNKNOWN_BOARD = Rule(
    "setting_unknown_board",
    SETTINGS,
    "`boards` names a board that ConnectWise does not have: every poll fails.",
    "Write the name exactly as in ConnectWise, or the board's id.",
)
UNKNOWN_STATUS = Rule(
    "setting_unknown_status",
    SETTINGS,
    "A level for a status that does not exist changes nothing; the status it was meant for keeps its level.",
    "Write board and status exactly as in ConnectWise (a leading > included), or their ids.",
)
UNKNOWN_IN_POLICY = Rule(
    "setting_unknown_in_policy",
    SETTINGS,
    "A policy that names what does not exist takes fewer tickets than meant, or none.",
    "Correct the name, or take it out.",
)
RULES = (UNKNOWN_BOARD, UNKNOWN_STATUS, UNKNOWN_IN_POLICY)


def lint_settings(view: View) -> Iterator[Finding]:
    """Yield every name in the settings that ConnectWise does not know."""
    boards = view.reference.boards.values()
    for wanted in view.settings.boards:
        if not any(wanted in (board.id, board.name) for board in boards):
            known = listed([board.name for board in boards])
            yield UNKNOWN_BOARD.found(Severity.ERROR, f"boards: {wanted!r}", f"ConnectWise has {known}")
    for rule in view.settings.levels:
        yield from _level(view, rule)
    for policy in view.settings.promises.rules:
        yield from _policy(view, policy)


def _level(view: View, rule: LevelRule) -> Iterator[Finding]:
    boards = [b.id for b in view.reference.boards.values() if rule.board in (None, b.id, b.name)]
    statuses = view.reference.statuses.values()
    if rule.board is not None and not boards:
        yield UNKNOWN_STATUS.found(Severity.WARNING, f"status_level: {rule.status!r}", f"no board {rule.board!r}")
    elif not any(rule.status in (status.id, status.name) for status in statuses if status.board_id in boards):
        where = f"board {rule.board!r} has" if rule.board is not None else "no board of this tenant has"
        # Levels by name alone hold for every tenant; another one may have the status.
        severity = Severity.WARNING if rule.board is not None else Severity.NOTICE
        lacks = "no such status" if rule.board is not None else "such a status"
        yield UNKNOWN_STATUS.found(severity, f"status_level: {rule.status!r}", f"{where} {lacks}")


def _policy(view: View, policy: PolicyRule) -> Iterator[Finding]:
    match, subject = policy.match, f"policy {policy.name!r}"
    asked: list[tuple[str, tuple[str, ...], Collection[str]]] = [
        ("board", match.board, view.known["board"]),
        ("priority", match.priority, view.known["priority"]),
    ]
    if view.read("companies"):
        asked.append(("company", match.company, view.known["company"]))
        for caption, values in match.company_field.items():
            asked.append((f"company with {caption!r}", values, view.fields.get(caption, ())))
    if view.read("agreements"):
        asked.append(("agreement", match.agreement, view.known["agreement"]))
    for what, wanted, have in asked:
        missing = [name for name in wanted if name.casefold() not in have]
        if missing:
            yield UNKNOWN_IN_POLICY.found(Severity.WARNING, subject, f"there is no {what} {listed(missing)}")
