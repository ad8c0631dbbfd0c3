"""What the jobs know of a tenant: its settings, and what they remember between two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.core.calendar import BusinessCalendar
from slamon.core.doubt import Doubt
from slamon.core.ladder import Ladders
from slamon.core.levels import LevelRule
from slamon.core.lint import Finding
from slamon.core.promise import PromiseSettings
from slamon.core.reference import Reference
from slamon.core.sight import Pace
from slamon.core.ticket import Ticket
from slamon.reporting.links import ticket_page

MOST_HINTS = 1000
_EVERY_MINUTE = Pace(timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """A channel beside mail: which kinds of alert go to it, and whether it must hear when they hold no more."""

    name: str
    kinds: frozenset[str] = frozenset()
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """How one tenant is read and who is told. `ticket_url` holds `{id}`, or is empty; `base_url` is slamon's own."""

    name: str
    promises: PromiseSettings
    levels: tuple[LevelRule, ...] = ()
    boards: tuple[str | int, ...] = ()  # names or ids; none: all
    overlap: timedelta = timedelta(minutes=2)
    backfill: timedelta = timedelta(days=7)
    sweep_every: timedelta = timedelta(hours=1)
    trails_per_poll: int = 200
    max_gone_percent: int = 10  # of all open tickets that a sweep may find deleted
    start_by_escalation: bool = False
    recipients: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()  # who hears of slamon's own troubles
    channels: tuple[ChannelUse, ...] = ()
    ladders: Ladders = field(default_factory=Ladders)
    board_addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quiet: Mapping[str, BusinessCalendar] = field(default_factory=dict)  # by recipient: open when they may be told
    ticket_url: str = ""
    base_url: str = ""
    pace: Pace = _EVERY_MINUTE
    zone: str = ""
    companies: tuple[str, ...] = ()  # whose objectives are counted by themselves
    worst_tickets: int = 0  # how many stand on the metrics page by themselves

    def link(self, ticket: Ticket) -> str:
        return self.ticket_url.replace("{id}", str(ticket.id))

    def way_to(self, ticket: Ticket) -> str:
        """Return where a list of tickets links to: ConnectWise, else slamon's own page, else ''."""
        return self.link(ticket) or self.page(ticket)

    def page(self, ticket: Ticket) -> str:
        """Return slamon's own page on *ticket*, '' without a base URL."""
        return ticket_page(self.base_url, self.name, ticket.id)


@dataclass(slots=True)
class TenantState:
    """What is remembered while the process lives; all of it can be learnt again."""

    reference: Reference | None = None
    reference_version: str = ""
    status_map_version: str = ""
    judged_by: str = ""  # the reference data by which the promises of all open tickets were chosen
    put_off: bool = False  # whether choosing them anew was left to the second poll of this process
    swept_at: datetime | None = None  # when the open tickets were last listed
    moved: set[int] = field(default_factory=set)  # tickets stored since the metrics were last brought up to date
    retry_ids: set[int] = field(default_factory=set)  # tickets that could not be read and are asked for again
    answered_at: datetime | None = None  # the newest `Date` of ConnectWise's answers
    trails_read: int = 0
    trails_doubted: Counter[Doubt] = field(default_factory=Counter)
    problems: dict[int, str] = field(default_factory=dict)  # tickets without a promise, and why
    unmapped: dict[int, str] = field(default_factory=dict)  # tickets in a status nothing explains
    findings: frozenset[Finding] = frozenset()  # what the lint said the last time
    unknown_roles: set[tuple[str, str]] = field(default_factory=set)  # roles that nobody could be found for, and why
    doubtful: frozenset[int] = frozenset()  # tickets of which something is due, and the second look at them failed
    looks_failed: int = 0  # second looks that failed, one after the other
    hinted_ids: set[int] = field(default_factory=set)  # tickets that callbacks named, asked for with the next poll

    def forget(self) -> None:
        """Forget all but the hints: another daemon has watched the tenant meanwhile."""
        fresh = TenantState(hinted_ids=self.hinted_ids)
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def hint(self, ticket_id: int) -> bool:
        """Note a ticket to ask for; False if so many are noted that this one must wait for the list of changes."""
        if len(self.hinted_ids) >= MOST_HINTS and ticket_id not in self.hinted_ids:
            return False
        self.hinted_ids.add(ticket_id)
        return True

    def board_ids(self, settings: TenantSettings) -> frozenset[int] | None:
        """Return the ids of the boards that the settings name, None for all."""
        if not settings.boards or self.reference is None:
            return None
        boards = self.reference.boards.values()
        return frozenset(b.id for b in boards if b.id in settings.boards or b.name in settings.boards)

    def zone(self, settings: TenantSettings) -> ZoneInfo:
        """Return the zone to show instants in."""
        return desk_zone(settings, self.reference)


def desk_zone(settings: TenantSettings, reference: Reference | None) -> ZoneInfo:
    """Return the zone of a tenant's days and months: the setting's, else ConnectWise's, else UTC."""
    known = reference.server_zone if reference else None
    return ZoneInfo(settings.zone or known or "UTC")
