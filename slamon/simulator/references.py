"""References a client sends, `{"id": 1}`, `{"identifier": "x"}` or `{"name": "x"}`, and what they lead to."""

from collections.abc import Callable

from slamon.simulator.errors import Problem
from slamon.simulator.model import Kind, fields_of
from slamon.simulator.world import REFERENCES, Row, World

KINDS = {
    "AgreementReference": "agreement",
    "BoardReference": "board",
    "CalendarReference": "calendar",
    "CompanyReference": "company",
    "CompanyStatusReference": "companyStatus",
    "CompanyTypeReference": "companyType",
    "ContactReference": "contact",
    "CountryReference": "country",
    "HolidayListReference": "holidayList",
    "MarketDescriptionReference": "market",
    "MemberReference": "member",
    "PriorityReference": "priority",
    "SLAReference": "sla",
    "ServiceLocationReference": "serviceLocation",
    "ServiceSourceReference": "source",
    "ServiceStatusReference": "status",
    "ServiceTeamReference": "team",
    "ServiceTypeReference": "type",
    "SiteReference": "site",
    "SystemDepartmentReference": "department",
    "SystemLocationReference": "location",
    "TimeZoneSetupReference": "timeZoneSetup",
}
"""What a kind of reference leads to. Those not listed lead out of the simulated part and are taken as they come."""

KEYS = ("id", "identifier", "name")
LARGEST_ID = 2**31 - 1


def resolve(
    world: World, record: str, value: object, field: str, fits: Callable[[Row], bool] | None = None
) -> Row | Problem:
    """
    Return the reference a row holds for *value*, or what is wrong with it.

    *record* is the kind of reference (`BoardReference`), *fits* narrows what it may lead to.
    """
    if not isinstance(value, dict):
        return Problem("InvalidField", f"The {field} field is invalid.", field)
    kind = KINDS.get(record)
    if kind is None:
        return _open(record, value, field)
    for key in KEYS:
        wanted = value.get(key)
        if wanted is None:
            continue
        number = _find(world.tables.get(REFERENCES[kind].table, {}), key, wanted, fits)
        if number is None:
            return Problem("NotFound", f"{field} {_shown(wanted)} not found", f"{field}/{key}")
        return world.reference(kind, number)
    return Problem("MissingRequiredField", f"The {field} field is required.", field)


def _find(table: dict[int, Row], key: str, wanted: object, fits: Callable[[Row], bool] | None) -> int | None:
    text = _shown(wanted).casefold()
    for number, row in table.items():
        if str(row.get(key, "")).casefold() == text and (fits is None or fits(row)):
            return number
    return None


def _shown(wanted: object) -> str:
    """Return an id or a name as text; what is neither leads nowhere."""
    return str(wanted)[:100] if isinstance(wanted, str | int) and not isinstance(wanted, bool) else ""


def _open(record: str, value: Row, field: str) -> Row | Problem:
    """Return a reference to something that is not simulated: any id, and the names that came with it."""
    known = fields_of(record)
    kept = {
        key: item
        for key, item in value.items()
        if key in known and known[key].kind == Kind.TEXT and isinstance(item, str)
    }
    number = value.get("id")
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= LARGEST_ID:
        return {"id": number, **kept}
    if number is None and kept:
        return kept
    return Problem("NotFound", f"{field} {_shown(number)} not found", f"{field}/id")
