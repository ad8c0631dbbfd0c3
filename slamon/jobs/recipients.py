"""Whom a rung tells: its roles and addresses, its channels, and who is told instead where a role has nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slamon.core.directory import Directory
from slamon.core.ladder import Ladder, Rung
from slamon.core.quiet import opening_at
from slamon.core.ticket import Ticket
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.log import get_logger
from slamon.ports import Observer

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One way to tell somebody. A channel other than mail is its own recipient. `not_before`: they are left alone."""

    channel: str
    address: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told, and a line for each role that could not be."""

    recipients: tuple[Recipient, ...]
    notes: tuple[str, ...] = ()


class RecipientFinder:
    """Finds the recipients of one tenant's alerts. A role that nobody has is logged once, and counted each time."""

    def __init__(self, settings: TenantSettings, state: TenantState, observer: Observer) -> None:
        self._settings = settings
        self._state = state
        self._observer = observer

    def everybody(self, kind: str, now: datetime, *, until: datetime | None = None) -> Told:
        """Return who is told of *kind* where there is no ladder: recipients and channels. Nobody before *until*."""
        ways = [("mail", address, False) for address in self._settings.recipients]
        ways += [(use.name, use.name, False) for use in self._settings.channels if kind in use.kinds]
        return Told(self._ways(ways, now, until))

    def of_rungs(
        self,
        ladder: Ladder,
        rungs: Sequence[Rung],
        ticket: Ticket,
        now: datetime,
        *,
        until: datetime | None = None,
        mails_only: bool = False,
    ) -> Told:
        """Return whom *rungs* of *ladder*, which hold for the same mark, tell about *ticket*; nobody before *until*.

        What is told to a channel stands there until it is ended, so it needs no reminder. A channel that writes
        into another tenant's tickets is none of this one's.
        """
        own = {"mail", *(use.name for use in self._settings.channels)}
        ways: list[tuple[str, str, bool]] = []
        notes: list[str] = []
        for rung in rungs:
            ways += [
                (channel, channel, rung.even_when_quiet)
                for channel in rung.channels
                if channel != "mail" and channel in own and not mails_only
            ]
            if "mail" in rung.channels:
                addresses, missing = self._mails(ladder, rung, ticket)
                ways += [("mail", address, rung.even_when_quiet) for address in addresses]
                notes += missing
        return Told(self._ways(ways, now, until), tuple(dict.fromkeys(notes)))

    def opening_of(self, address: str, now: datetime, *, until: datetime | None = None) -> datetime | None:
        """Return when *address* may be told, out of its quiet hours and of a snooze *until* then; None: at once."""
        return self._not_before(address, now, until, even_when_quiet=False)

    def _mails(self, ladder: Ladder, rung: Rung, ticket: Ticket) -> tuple[Sequence[str], list[str]]:
        settings = self._settings
        directory = Directory(self._state.reference, settings.recipients, settings.board_addresses)
        found = directory.find(rung.tell, ticket)
        for role, why in found.unknown:
            self._note(role, why)
        if not found.unknown:
            return found.addresses, []
        # Those whom the ladder names by address have a say in it; else whoever is there.
        fixed = tuple(dict.fromkeys(word for each in ladder.rungs for word in each.tell if "@" in word))
        instead = found.addresses or fixed or settings.recipients or settings.operators
        notes = [f"It is meant for the ticket's {role.replace('_', ' ')}, but {why}." for role, why in found.unknown]
        return instead, notes

    def _note(self, role: str, why: str) -> None:
        self._observer.count("slamon_unknown_recipients_total", tenant=self._settings.name, role=role)
        if (role, why) not in self._state.unknown_roles:
            self._state.unknown_roles.add((role, why))
            log.warning("nobody to tell in this role", tenant=self._settings.name, role=role, problem=why)

    def _ways(
        self, ways: Sequence[tuple[str, str, bool]], now: datetime, until: datetime | None
    ) -> tuple[Recipient, ...]:
        loud: dict[tuple[str, str], bool] = {}
        for channel, address, even_when_quiet in ways:
            loud[channel, address] = loud.get((channel, address), False) or even_when_quiet
        return tuple(
            Recipient(channel, address, self._not_before(address, now, until, even_when_quiet=even_when_quiet))
            for (channel, address), even_when_quiet in loud.items()
        )

    def _not_before(
        self, address: str, now: datetime, until: datetime | None, *, even_when_quiet: bool
    ) -> datetime | None:
        """Return when *address* may be told: after a snooze, and outside of its quiet hours; None: at once."""
        waking = self._settings.quiet.get(address)
        moment = max(now, until) if until is not None else now
        opening = None if waking is None or even_when_quiet else opening_at(waking, moment)
        return opening or (moment if moment > now else None)
