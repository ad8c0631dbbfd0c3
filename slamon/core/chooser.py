"""Promises for many tickets: tickets alike in all that a promise depends on share one choice."""

from __future__ import annotations

from slamon.core.promise import Choice, PromiseSettings, choose_terms
from slamon.core.reference import Reference
from slamon.core.ticket import Ticket
from slamon.core.versions import version_of

_KEPT = 20_000  # choices; a desk with more kinds of tickets begins anew


class Chooser:
    """`choose_terms` under one reference and one set of settings, each kind of ticket decided once."""

    def __init__(self, reference: Reference, settings: PromiseSettings) -> None:
        self._reference = reference
        self._settings = settings
        self._choices: dict[tuple[object, ...], tuple[Choice, str]] = {}
        matches = [rule.match for rule in settings.rules]
        self._by_company = any(match.company or match.company_field for match in matches)
        self._by_agreement = any(match.agreement for match in matches)
        self._by_board = any(match.board for match in matches)
        self._by_type = any(match.type for match in matches)

    def choose(self, ticket: Ticket) -> tuple[Choice, str]:
        """Return the promise for *ticket*, and the version of its terms."""
        key = self._key(ticket)
        found = self._choices.get(key)
        if found is None:
            if len(self._choices) >= _KEPT:
                self._choices.clear()
            choice = choose_terms(ticket, self._reference, self._settings)
            found = self._choices[key] = choice, version_of(choice.terms)
        return found

    def _key(self, ticket: Ticket) -> tuple[object, ...]:
        """Return all of *ticket* that a promise can depend on; a test compares with choosing for each."""
        company = self._reference.companies.get(ticket.company.id) if ticket.company else None
        return (
            ticket.priority,
            ticket.priority_sort,
            ticket.sla,
            (company.calendar_id, company.zone) if company else None,
            (ticket.company, ticket.company_identifier) if self._by_company else None,
            ticket.agreement if self._by_agreement else None,
            ticket.board if self._by_board else None,
            ticket.type if self._by_type else None,
        )
