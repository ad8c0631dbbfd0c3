"""What the rules look at: the reference data beside the settings that change what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from slamon.core.levels import LevelChoice, LevelRule, choose_level
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reference import Agreement, Board, BoardStatus, Company, Priority, Reference
from slamon.core.ticket import Ref


@dataclass(frozen=True, slots=True)
class LintSettings:
    """The settings of a tenant as far as they bear on its set-up. Without `boards` all are watched."""

    promises: PromiseSettings
    levels: tuple[LevelRule, ...] = ()
    boards: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class LeveledStatus:
    """A status with the level slamon gives it; `set_by_hand` if the settings do."""

    status: BoardStatus
    choice: LevelChoice
    set_by_hand: bool


@dataclass(frozen=True)
class View:
    """Reference data, settings and the day, with what several rules need of them."""

    reference: Reference
    settings: LintSettings
    on: date  # the local day

    @cached_property
    def boards(self) -> list[tuple[Board, list[LeveledStatus]]]:
        """The boards whose tickets have clocks, each with its active statuses."""
        wanted = self.settings.boards
        return [
            (board, self._statuses(board))
            for board in self.reference.boards.values()
            if not board.project and not board.inactive and (not wanted or board.id in wanted or board.name in wanted)
        ]

    def _statuses(self, board: Board) -> list[LeveledStatus]:
        found = []
        for status in self._by_board.get(board.id, ()):
            if not status.inactive:
                refs = Ref(board.id, board.name), Ref(status.id, status.name)
                by_hand = any(rule.fits(*refs) for rule in self.settings.levels)
                choice = choose_level(*refs, self.reference, self.settings.levels)
                found.append(LeveledStatus(status, choice, by_hand))
        return found

    @cached_property
    def _by_board(self) -> dict[int, list[BoardStatus]]:
        found: dict[int, list[BoardStatus]] = {}
        for status in self.reference.statuses.values():
            found.setdefault(status.board_id, []).append(status)
        return found

    @cached_property
    def known(self) -> dict[str, set[str]]:
        """What the settings may call boards, priorities, companies and agreements; case is ignored."""
        reference = self.reference
        kinds: dict[str, Iterable[Board | Priority | Company | Agreement]] = {
            "board": reference.boards.values(),
            "priority": reference.priorities.values(),
            "company": reference.companies.values(),
            "agreement": reference.agreements.values(),
        }
        found = {
            kind: {text for row in rows for text in (row.name.casefold(), str(row.id))} for kind, rows in kinds.items()
        }
        found["company"] |= {company.identifier.casefold() for company in reference.companies.values()}
        return found

    @cached_property
    def fields(self) -> dict[str, set[str]]:
        """The values that companies have in each custom field, by its caption; case is ignored."""
        found: dict[str, set[str]] = {}
        for company in self.reference.companies.values():
            for caption, value in company.custom_fields.items():
                found.setdefault(caption, set()).add(value.casefold())
        return found

    @cached_property
    def promised_slas(self) -> set[int]:
        """The SLAs that stand on tickets: the default one, and those of agreements."""
        slas = {sla.id for sla in self.reference.slas.values() if sla.default}
        return slas | {a.sla.id for a in self.reference.agreements.values() if a.sla is not None}

    @cached_property
    def used_calendars(self) -> set[int]:
        """The calendars on which some clock may count."""
        custom = (s.custom_calendar_id for s in self.reference.slas.values() if s.based_on == "Custom")
        own = (company.calendar_id for company in self.reference.companies.values())
        return {key for key in (self.reference.default_calendar_id, *custom, *own) if key is not None}

    @property
    def policies(self) -> tuple[PolicyRule, ...]:
        return (*self.settings.promises.rules, self.settings.promises.default)

    def waiting_responds(self, board: Board) -> bool:
        """Return whether waiting counts as a response under every policy that can hold on *board*."""
        named = {board.name.casefold(), str(board.id)}
        can_hold = (
            p for p in self.policies if not p.match.board or named & {text.casefold() for text in p.match.board}
        )
        return all(policy.waiting_responds for policy in can_hold)

    def rank(self, priority: Priority) -> int:
        """Return 1 for the most urgent priority; equal sort orders share a rank."""
        if self.settings.promises.rank_by_id:
            return priority.id
        return 1 + len({p.sort for p in self.reference.priorities.values() if p.sort < priority.sort})

    def read(self, *tables: str) -> bool:
        """Return whether ConnectWise let all of *tables* be read: an empty one says nothing otherwise."""
        return not self.reference.unread & set(tables)
