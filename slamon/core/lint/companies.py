"""Companies: the calendar and zone their SLA counts on, and the tier that should choose their policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slamon.core.lint.finding import COMPANIES, Finding, Rule, Severity, counted, listed
from slamon.core.lint.view import View
from slamon.core.promise import Match
from slamon.core.reference import Company

TIER = "SLA Tier"

NO_CALENDAR = Rule(
    "company_no_calendar",
    COMPANIES,
    "Goals on Customer count on the company's own calendar; without one they count on MyCalendar, your own hours.",
    "Choose a calendar for the company, or another calendar for what it was promised.",
)
NO_ZONE = Rule(
    "company_no_zone",
    COMPANIES,
    "A company's calendar is read in its time zone; without one, in the tenant's `zone` or the server's.",
    "Choose a time zone for the company. One whose name slamon does not know is told in the log.",
)
NO_POLICY = Rule(
    "company_tier_no_policy",
    COMPANIES,
    "A tier that no policy takes decides nothing: these tickets get the SLA on the ticket, or the default policy.",
    "Write a [[policy]] with match = { company_field = ... } for it, or correct the company's field.",
)
RULES = (NO_CALENDAR, NO_ZONE, NO_POLICY)


def lint_companies(view: View) -> Iterator[Finding]:
    """Yield what is wrong with companies, all companies of a kind in one finding."""
    if not view.read("companies"):
        return
    companies, sure = _on_customer_calendars(view)
    severity = Severity.WARNING if sure else Severity.NOTICE
    if view.read("calendars"):
        without = [c.name for c in companies if c.calendar_id not in view.reference.calendars]
        if without:
            yield NO_CALENDAR.found(severity, "calendars of companies", _told(without, "no calendar", sure))
    unzoned = [c.name for c in companies if c.calendar_id is not None and c.zone is None]
    if unzoned:
        yield NO_ZONE.found(severity, "zones of companies", _told(unzoned, "no known time zone", sure))
    yield from _tiers(view)


def _told(names: list[str], what: str, sure: bool) -> str:
    kind = "whose goals count on Customer" if sure else "(which of them have such an SLA cannot be known)"
    return f"{counted(len(names), 'company', 'companies')} {kind} with {what}: {listed(names)}"


def _on_customer_calendars(view: View) -> tuple[list[Company], bool]:
    """Return the companies that a Customer calendar holds for, and whether agreements prove it."""
    reference = view.reference
    companies = list(reference.companies.values())
    if view.settings.promises.default.calendar == "Customer":
        return companies, True
    fits = [_condition(policy.match) for policy in view.policies if policy.calendar == "Customer"]
    ids = {company.id for company in companies if any(fit(company) for fit in fits)}
    slas = {sla.id for sla in reference.slas.values() if sla.based_on == "Customer"}
    if not slas or not view.settings.promises.trust_source:
        return [c for c in companies if c.id in ids], True
    if not view.read("agreements"):
        return companies, False
    promised: dict[int | None, set[int]] = {}
    for agreement in reference.agreements.values():
        if agreement.sla is not None:
            promised.setdefault(agreement.company_id, set()).add(agreement.sla.id)
    # A company without an SLA of its own gets the default one.
    default = {sla.id for sla in reference.slas.values() if sla.default}
    return [c for c in companies if c.id in ids or promised.get(c.id, default) & slas], True


def _condition(match: Match) -> Callable[[Company], bool]:
    """Return whether what *match* says of companies holds for one; its other conditions depend on the ticket."""
    named = {name.casefold() for name in match.company}
    fields = {caption: {value.casefold() for value in values} for caption, values in match.company_field.items()}

    def holds(company: Company) -> bool:
        if named and named.isdisjoint((company.name.casefold(), company.identifier.casefold(), str(company.id))):
            return False
        return all(company.custom_fields.get(key, "").casefold() in values for key, values in fields.items())

    return holds


def _tiers(view: View) -> Iterator[Finding]:
    taken: dict[str, set[str]] = {}
    for policy in view.policies:
        for caption, values in policy.match.company_field.items():
            taken.setdefault(caption, set()).update(value.casefold() for value in values)
    for caption, known in taken.items():
        for value, companies in _by_value(view, caption).items():
            if value.casefold() not in known:
                problem = f"no policy takes it; {_holders(companies)}"
                yield NO_POLICY.found(Severity.WARNING, f"{caption} {value!r}", problem)
    if TIER not in taken:
        yield from _unused_tiers(view)


def _unused_tiers(view: View) -> Iterator[Finding]:
    """No policy goes by tiers: worth a word where no agreement carries an SLA instead."""
    if not view.read("agreements"):
        return
    covered = {a.company_id for a in view.reference.agreements.values() if a.sla is not None}
    for value, companies in _by_value(view, TIER).items():
        bare = [company for company in companies if company.id not in covered]
        if bare:
            problem = f"no policy goes by it, and no agreement brings an SLA; {_holders(bare)}"
            yield NO_POLICY.found(Severity.NOTICE, f"{TIER} {value!r}", problem)


def _by_value(view: View, caption: str) -> dict[str, list[Company]]:
    found: dict[str, list[Company]] = {}
    for company in view.reference.companies.values():
        if value := company.custom_fields.get(caption, ""):
            found.setdefault(value, []).append(company)
    return found


def _holders(companies: list[Company]) -> str:
    number = counted(len(companies), "company has", "companies have")
    return f"{number} it: {listed([company.name for company in companies])}"
