"""Who is who at the desk: from the roles that a rung names to mail addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slamon.core.reference import Reference
from slamon.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Found:
    """The mail addresses of those who are told, and a line for each role that has none."""

    addresses: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...] = ()  # (role, why)


class _NobodyError(Exception):
    """A role that nobody with an address has; says why."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Finds addresses by what ConnectWise says; `boards` are those that the settings give boards, by name."""

    reference: Reference | None
    recipients: tuple[str, ...] = ()
    boards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, tell: Sequence[str], ticket: Ticket) -> Found:
        """Return the addresses of *tell*, each once, in its order."""
        addresses: list[str] = []
        unknown: list[tuple[str, str]] = []
        for word in tell:
            try:
                addresses += [word] if "@" in word else self._of_role(word, ticket)
            except _NobodyError as error:
                unknown.append((word, str(error)))
        return Found(tuple(dict.fromkeys(addresses)), tuple(unknown))

    def _of_role(self, role: str, ticket: Ticket) -> Iterator[str]:
        if role == "recipients":
            if not self.recipients:
                raise _NobodyError("the tenant has no recipients")
            return iter(self.recipients)
        if role == "board" and ticket.board.name in self.boards:
            return iter(self.boards[ticket.board.name])
        if self.reference is None:
            raise _NobodyError("ConnectWise's set-up has not been read yet")
        return iter([self._mail_of(self._member_of(role, ticket, self.reference), self.reference)])

    def _member_of(self, role: str, ticket: Ticket, reference: Reference) -> int | str:
        """Return the id or identifier of the member who has *role* for *ticket*."""
        if role == "owner":
            if not ticket.owner:
                raise _NobodyError("nobody owns the ticket")
            return ticket.owner
        if role == "team_lead":
            if ticket.team is None:
                raise _NobodyError("the ticket has no team")
            team = reference.teams.get(ticket.team.id)
            if team is None or team.leader_id is None:
                raise _NobodyError(f"team {ticket.team.name} names no leader")
            return team.leader_id
        if role == "account_manager":
            company = reference.companies.get(ticket.company.id) if ticket.company else None
            if company is None or company.manager_id is None:
                name = ticket.company.name if ticket.company else "no company"
                raise _NobodyError(f"{name} has no territory manager")
            return company.manager_id
        board = reference.boards.get(ticket.board.id)
        if board is None or board.manager_id is None:
            raise _NobodyError(f"board {ticket.board.name} has no service manager, and no address in [alerts.boards]")
        return board.manager_id

    def _mail_of(self, who: int | str, reference: Reference) -> str:
        members = reference.members.values()
        member = next((m for m in members if who in (m.id, m.identifier)), None)
        if member is None:
            raise _NobodyError(f"member {who} is not known")
        if member.inactive:
            raise _NobodyError(f"member {member.identifier} is inactive")
        if not member.email:
            raise _NobodyError(f"member {member.identifier} has no mail address")
        return member.email
