"""
The names one may use in `conditions`, `orderBy` and patches, with their types.

Names are case-insensitive. `lastUpdated` and `dateEntered` are names of their own although the payload keeps them in
`_info`; both spellings are taken. Other `_info` members cannot be searched, as in ConnectWise.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from slamon.simulator.errors import unknown_name


class Kind(StrEnum):
    """What values a field holds."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Field:
    """A recognised name: the keys that lead to the value in a row, its kind and, for an enumeration, its values."""

    keys: tuple[str, ...]
    kind: Kind
    values: frozenset[str] = frozenset()


ENUMS = {
    "recordType": "ProjectIssue ProjectTicket ServiceTicket",
    "severity": "Low Medium High",
    "impact": "Low Medium High",
    "basedOn": "AllHours Customer MyCalendar Custom",
    "escalationStatus": "NotResponded Responded ResolutionPlan Resolved NoEscalation",
    "billTime": "Billable DoNotBill NoCharge NoDefault",
}
MEMBERS = {  # what one may ask of a reference, beside id and name
    "company": "identifier:text",
    "member": "identifier:text",
    "owner": "identifier:text",
    "territoryManager": "identifier:text",
    "priority": "sort:number",
    "status": "sort:number",
    "board": "",
}

SOURCES = {
    "tickets": """
        id:number summary:text recordType:text board:reference status:reference company:reference site:reference
        siteName:text addressLine1:text city:text contact:reference contactName:text team:reference owner:reference
        priority:reference serviceLocation:reference source:reference requiredDate:date agreement:reference
        agreementType:text severity:text impact:text externalXRef:text poNumber:text
        allowAllClientsPortalView:flag customerUpdatedFlag:flag automaticEmailContactFlag:flag
        automaticEmailResourceFlag:flag automaticEmailCcFlag:flag closedDate:date closedBy:text closedFlag:flag
        actualHours:number budgetHours:number approved:flag dateResolved:date dateResplan:date dateResponded:date
        resolveMinutes:number resPlanMinutes:number respondMinutes:number isInSla:flag resources:text
        parentTicketId:number hasChildTicket:flag hasMergedChildTicketFlag:flag mergedParentTicket:reference
        billTime:text location:reference department:reference type:reference subType:reference item:reference
        sla:reference slaStatus:text escalationStartDateUTC:date escalationLevel:number minutesBeforeWaiting:number
        respondedSkippedMinutes:number resplanSkippedMinutes:number minutesWaiting:number""",
    "notes": """
        id:number ticketId:number text:text detailDescriptionFlag:flag internalAnalysisFlag:flag resolutionFlag:flag
        issueFlag:flag customerUpdatedFlag:flag dateCreated:date createdBy:text internalFlag:flag externalFlag:flag
        member:reference contact:reference""",
    "boards": """
        id:number name:text inactiveFlag:flag projectFlag:flag billTime:text notifyEmailFrom:text
        location:reference department:reference""",
    "statuses": """
        id:number name:text board:reference sortOrder:number displayOnBoard:flag inactive:flag closedStatus:flag
        timeEntryNotAllowed:flag defaultFlag:flag escalationStatus:text customerPortalDescription:text
        customerPortalFlag:flag""",
    "priorities": """
        id:number name:text color:text sortOrder:number defaultFlag:flag imageLink:text urgencySortOrder:text
        level:text""",
    "slas": """
        id:number name:text basedOn:text customCalendar:reference defaultFlag:flag applicationOrder:number
        respondHours:number respondPercent:number planWithin:number planWithinPercent:number resolutionHours:number
        resolutionPercent:number""",
    "slaPriorities": """
        id:number priority:reference sla:reference respondHours:number respondPercent:number planWithin:number
        planWithinPercent:number resolutionHours:number resolutionPercent:number""",
    "calendars": """
        id:number name:text holidayList:reference mondayStartTime:text mondayEndTime:text tuesdayStartTime:text
        tuesdayEndTime:text wednesdayStartTime:text wednesdayEndTime:text thursdayStartTime:text thursdayEndTime:text
        fridayStartTime:text fridayEndTime:text saturdayStartTime:text saturdayEndTime:text sundayStartTime:text
        sundayEndTime:text""",
    "holidayLists": "id:number name:text",
    "holidays": """
        id:number name:text date:date allDayFlag:flag timeStart:text timeEnd:text holidayList:reference""",
    "companies": """
        id:number identifier:text name:text status:reference addressLine1:text addressLine2:text city:text state:text
        zip:text country:reference phoneNumber:text faxNumber:text website:text territory:reference
        market:reference accountNumber:text defaultContact:reference dateAcquired:date timeZoneSetup:reference
        leadSource:text leadFlag:flag calendar:reference taxIdentifier:text annualRevenue:number
        numberOfEmployees:number deletedFlag:flag mobileGuid:text site:reference""",
    "companyTypes": "id:number name:text defaultFlag:flag vendorFlag:flag serviceAlertFlag:flag",
    "companyStatuses": "id:number name:text defaultFlag:flag inactiveFlag:flag notifyFlag:flag",
    "sites": """
        id:number name:text addressLine1:text addressLine2:text city:text country:reference primaryAddressFlag:flag
        inactiveFlag:flag timeZone:reference calendar:reference company:reference""",
    "contacts": """
        id:number firstName:text lastName:text company:reference site:reference inactiveFlag:flag title:text
        defaultPhoneNbr:text""",
    "agreements": """
        id:number name:text type:reference company:reference contact:reference site:reference startDate:date
        endDate:date noEndingDateFlag:flag cancelledFlag:flag sla:reference workOrder:text agreementStatus:text""",
    "members": """
        id:number identifier:text licenseClass:text firstName:text lastName:text title:text inactiveFlag:flag
        officeEmail:text officePhone:text primaryEmail:text timeZone:reference defaultLocation:reference
        calendar:reference""",
    "locations": "id:number name:text timeZoneSetup:reference calendar:reference locationFlag:flag",
    "timeZoneSetups": """
        id:number name:text timeZone:reference offset:number defaultFlag:flag daylightSavingsFlag:flag""",
    "audit": "text:text enteredDate:date enteredBy:text auditType:text auditSubType:text auditSource:text",
}
ARRAYS = {
    # What childConditions reach (array: its members), and, as "customFields", what customFieldConditions do.
    "companies": {"types": "id:number name:text"},
    "contacts": {"communicationItems": "id:number value:text communicationType:text defaultFlag:flag"},
}
CUSTOM_FIELDS = "id:number caption:text type:text entryMethod:text value:text"
INFO = ("lastUpdated:date", "updatedBy:text", "dateEntered:date", "enteredBy:text")


@cache
def fields_of(table: str) -> dict[str, Field]:
    """Return the recognised names of *table*, lower case with `/` between levels."""
    found: dict[str, Field] = {}
    for item in _source(table).split():
        name, _, kind = item.partition(":")
        values = frozenset(value.lower() for value in ENUMS.get(name, "").split())
        found[name.lower()] = Field((name,), Kind(kind), values)
        if kind == Kind.REFERENCE:
            for member in ("id:number", "name:text", *MEMBERS.get(name, "").split()):
                inner, _, inner_kind = member.partition(":")
                found[f"{name}/{inner}".lower()] = Field((name, inner), Kind(inner_kind))
    if table != "audit" and "." not in table:
        for item in INFO:
            name, _, kind = item.partition(":")
            field = Field(("_info", name), Kind(kind))
            found[name.lower()] = found[f"_info/{name}".lower()] = field
    return found


def _source(table: str) -> str:
    """Return the declaration of a table, or of the members of an array in it: `companies.types`."""
    if "." not in table:
        return SOURCES[table]
    name, array = table.split(".")
    return CUSTOM_FIELDS if array == "customFields" else ARRAYS[name][array]


def find_array(table: str, name: str) -> str:
    """
    Return the array of *table* that *name* means in any case.

    Raises:
        ApiError: 400 ApiFindCondition, the rows have no such array.
    """
    for array in ARRAYS.get(table, {}):
        if array.lower() == name.lower():
            return array
    raise unknown_name(name)


def find(table: str, path: str) -> Field:
    """
    Return the field that *path* (`company/identifier`, any case) names.

    Raises:
        ApiError: 400 ApiFindCondition, the name is not recognised.
    """
    field = fields_of(table).get(path.lower())
    if field is None:
        raise unknown_name(path)
    return field
