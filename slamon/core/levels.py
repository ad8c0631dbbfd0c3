"""Which level a status has: the order of decision, and why it came out so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slamon.core.reference import Board, BoardStatus, Reference
from slamon.core.ticket import Level, Ref

# The names of the request, used only where the source gave no level at all.
_BUILT_IN = {
    "new": Level.NOT_RESPONDED,
    "in progress": Level.RESOLUTION_PLAN,
    "waiting scheduling": Level.RESOLUTION_PLAN,
    "waiting customer": Level.WAITING,
    "waiting on customer": Level.WAITING,
    "waiting vendor": Level.WAITING,
    "waiting on vendor": Level.WAITING,
    "waiting parts": Level.WAITING,
    "waiting on parts": Level.WAITING,
    "completed": Level.RESOLVED,
    "closed": Level.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A setting: the level of a status, named by id or by name, on one board or on all (None)."""

    status: int | str
    level: Level
    board: int | str | None = None

    def fits(self, board: Ref, status: Ref) -> bool:
        return self.board in (None, board.id, board.name) and self.status in (status.id, status.name)


@dataclass(frozen=True, slots=True)
class LevelChoice:
    """A status's level and what decided it. `known` is False where the clock runs for want of anything better."""

    level: Level
    why: str
    known: bool = True


def choose_level(
    board: Ref, status: Ref, reference: Reference, rules: Sequence[LevelRule], *, closed: bool = False
) -> LevelChoice:
    """Return the level of *status*: settings, then closed, then ConnectWise's own, then the built-in names.

    *closed* is the ticket's own flag.
    """
    fitting = [rule for rule in rules if rule.fits(board, status)]
    by_id = [rule for rule in fitting if rule.status == status.id and rule.board is not None]
    if fitting:
        chosen = (by_id or fitting)[0]
        return LevelChoice(chosen.level, f"setting for status {chosen.status!r}")
    known = reference.statuses.get(status.id)
    if closed:
        return LevelChoice(Level.RESOLVED, "the ticket is closed")
    if known is not None and known.closed:
        return LevelChoice(Level.RESOLVED, "the status is a closed one")
    if known is not None and known.level is not None:
        return LevelChoice(known.level, "escalation status of the board's status")
    built_in = _BUILT_IN.get(status.name.strip(" >").casefold())
    if built_in is not None:
        return LevelChoice(built_in, "built-in meaning of the name")
    return LevelChoice(Level.NOT_RESPONDED, f"nothing says what {status.name!r} means; the clock runs", False)


def find_status(reference: Reference, board: Ref, name: str) -> BoardStatus | None:
    """Return the status called *name* on *board*, else the one of that name elsewhere if all agree on its level."""
    same = [s for s in reference.statuses.values() if s.name.casefold() == name.casefold()]
    own = [s for s in same if s.board_id == board.id]
    if own:
        return own[0]
    return same[0] if len({(s.level, s.closed) for s in same}) == 1 else None


def is_out_of_scope(record_type: str, board: Board | None, merged: bool, child: bool) -> str:
    """Return why a ticket is out of scope, or an empty text."""
    if record_type != "ServiceTicket" or (board is not None and board.project):
        return "project ticket"
    if merged:
        return "merged into another ticket"
    return "child of another ticket" if child else ""
