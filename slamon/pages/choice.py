"""Which of the open tickets somebody wants to see: read from an address, kept in an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from urllib.parse import urlencode

from slamon.clean import clean_line, shown
from slamon.core.ticket import STAGES
from slamon.pages.desk import Listed

STATES = ("running", "outside_hours", "at_risk", "paused", "breached")


@dataclass(frozen=True, slots=True)
class Choice:
    """What must hold for a ticket to be shown; an empty text asks for nothing. Names are compared whole, `q` is not.

    Stage and state ask for any open goal of the ticket; given together, for one goal that is both.
    """

    tenant: str = ""
    board: str = ""
    priority: str = ""
    company: str = ""
    owner: str = ""
    stage: str = ""
    state: str = ""
    q: str = ""

    def query(self, **more: object) -> str:
        """Return it as the query of an address, without what asks for nothing."""
        given = {name: value for name, value in {**asdict(self), **more}.items() if value not in ("", None)}
        return urlencode(given)

    def pick(self, listed: Iterable[Listed]) -> list[Listed]:
        """Return those of *listed* that are wanted, in their order."""
        given = {field.name: value for field in fields(self) if (value := getattr(self, field.name))}
        tests = [_TESTS[name](value) for name, value in given.items() if name in _TESTS]
        if self.stage or self.state:
            tests.append(_by_goal(self.stage, self.state))
        if not tests:
            return list(listed)
        return [each for each in listed if all(test(each) for test in tests)]


def read_choice(query: Mapping[str, str]) -> Choice:
    """Return what the *query* of an address asks for; what is not known there is left alone."""
    given = {field.name: clean_line(query.get(field.name, "")) for field in fields(Choice)}
    return Choice(**given)


def wrong_words(choice: Choice) -> list[str]:
    """Return what is wrong with a choice, a line each: states and stages that do not exist."""
    stages = tuple(stage.label for stage in STAGES)
    found = ((choice.stage, "stage", stages), (choice.state, "state", STATES))
    return [
        f"no {what} {shown(word)}; there is: {', '.join(known)}"
        for word, what, known in found
        if word not in ("", *known)
    ]


Test = Callable[[Listed], bool]


def _by_text(text: str) -> Test:
    wanted = text.casefold()

    def has_it(each: Listed) -> bool:
        ticket = each.ticket
        company = ticket.company.name if ticket.company else ""
        return wanted in ticket.summary.casefold() or wanted in company.casefold() or wanted == str(ticket.id)

    return has_it


def _by_goal(stage: str, state: str) -> Test:
    def has_it(each: Listed) -> bool:
        return any(stage in ("", own.label) and state in ("", stands) for own, stands in each.states)

    return has_it


def _by(name: str) -> Callable[[str], Test]:
    way = attrgetter(name)
    return lambda wanted: lambda each: way(each) == wanted


_TESTS: dict[str, Callable[[str], Test]] = {
    **{name: _by(name) for name in ("tenant", "board", "priority", "company", "owner")},
    "q": _by_text,
}
