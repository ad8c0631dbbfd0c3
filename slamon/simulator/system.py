"""What the server says about itself: company information before the login, system information and company defaults."""

from slamon.simulator.opening import MY_CALENDAR
from slamon.simulator.world import STAMP, Row, World

CODEBASE = "v2026_1"
VERSION = "v2026.1.118204"


def company_info(world: World, company_id: str) -> Row | None:
    """Return what `/login/companyinfo/{companyId}` answers; null for a company nobody knows."""
    if company_id.casefold() != world.company_id.casefold():
        return None
    return {
        "CompanyName": "Training MSP",
        "Codebase": f"{CODEBASE}/",
        "VersionCode": "v2026.1",
        "VersionNumber": "v4.6.118204",
        "CompanyID": world.company_id,
        "IsCloud": "False",
    }


def info() -> Row:
    """Return `/system/info`."""
    return {
        "version": VERSION,
        "isCloud": False,
        "serverTimeZone": "Eastern Standard Time",
        "licenseBits": [],
        "cloudRegion": "NA",
    }


def fill(world: World) -> None:
    """Put the one row of `/system/myCompany/other` into *world*: default calendar and zone of the server."""
    row = {
        "id": 1,
        "defaultFromAddress": "help@msp.example",
        "portalUrlOverride": "",
        "siteUrl": "https://msp.example",
        "serverTimeZone": world.reference("timeZoneSetup", 1),
        "defaultCalendar": world.reference("calendar", MY_CALENDAR),
        "defaultAddressFormat": {"id": 1, "name": "Standard"},
        "useSslFlag": False,
        "syncLeadsFlag": False,
        "locale": {"id": 1, "name": "English (United States)"},
        "_info": STAMP,
    }
    world.add("others", row)
