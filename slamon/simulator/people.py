"""Who works at the seeded desk and whom it serves: members, locations, companies, contacts, agreements."""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from slamon.simulator.world import API, STAMP, Row, World


@dataclass(frozen=True, slots=True)
class Customer:
    """One company as seeded; *calendar* and *sla* may be missing (no calendar, no agreement)."""

    id: int
    identifier: str
    name: str
    city: str
    country: str
    zone: int
    tier: str
    sla: int | None
    calendar: int | None


CUSTOMERS = (
    Customer(250, "Larkspur", "Larkspur Dental Group", "Tampa", "United States", 1, "Gold", 3, 1),
    Customer(251, "HarborLaw", "Harbor & Pine Law", "Boston", "United States", 1, "Silver", 4, 1),
    Customer(252, "Quillmark", "Quillmark Printing", "Albany", "United States", 1, "Bronze", 1, None),
    Customer(253, "NorthQuay", "North Quay Logistics", "Chicago", "United States", 2, "Gold", 3, 1),
    Customer(254, "Brightoak", "Brightoak Schools", "Dallas", "United States", 2, "Silver", 4, 1),
    Customer(255, "Millrace", "Millrace Foods", "Omaha", "United States", 2, "Bronze", 1, 1),
    Customer(256, "RedwoodCU", "Redwood Credit Union", "Sacramento", "United States", 4, "Gold", 3, 1),
    Customer(257, "SaltFlat", "Salt Flat Motors", "Reno", "United States", 4, "Bronze", 5, 1),
    Customer(258, "CedarVet", "Cedar Veterinary", "Portland", "United States", 4, "Silver", 4, 1),
    Customer(260, "Thistledown", "Thistledown Textiles", "London", "United Kingdom", 11, "Silver", 4, 2),
    Customer(261, "Ferrybank", "Ferrybank Shipping", "Bristol", "United Kingdom", 11, "Gold", 3, 2),
    Customer(262, "OldMint", "Old Mint Gallery", "York", "United Kingdom", 11, "Bronze", 1, 2),
    Customer(263, "Spreewald", "Spreewald Konserven", "Berlin", "Germany", 12, "Silver", 4, 3),
    Customer(264, "Rheinwerk", "Rheinwerk Metall", "Bonn", "Germany", 12, "Gold", 3, 3),
    Customer(265, "Kiefer", "Kiefer Planung", "Leipzig", "Germany", 12, "Bronze", 1, 3),
    Customer(266, "Hooghly", "Hooghly Exports", "Kolkata", "India", 19, "Silver", 4, 4),
    Customer(267, "Banyan", "Banyan Clinics", "Kolkata", "India", 19, "Gold", 3, 4),
    Customer(268, "Coogee", "Coogee Surf Supply", "Sydney", "Australia", 25, "Silver", 4, 5),
    Customer(269, "Waratah", "Waratah Mining Services", "Sydney", "Australia", 25, "Gold", 3, 5),
    Customer(270, "Bluegum", "Bluegum Builders", "Sydney", "Australia", 25, "Bronze", 5, 5),
    Customer(271, "Pelican", "Pelican Point Hotel", "Miami", "United States", 1, "Silver", 4, None),
    Customer(272, "Stonefield", "Stonefield Accounting", "Denver", "United States", 2, "Bronze", None, None),
    Customer(273, "Juniper", "Juniper Nonprofit", "Austin", "United States", 2, "Bronze", 6, 1),
    Customer(274, "Tidewater", "Tidewater Marine", "Norfolk", "United States", 1, "Silver", 5, 1),
    Customer(275, "Aster", "Aster Biotech", "San Diego", "United States", 4, "Bronze", None, 1),
)
MEMBERS = (
    # id, identifier, first, last, title, zone
    (150, "jsmith", "Jane", "Smith", "Service Manager", 1),
    (151, "mkowalski", "Marek", "Kowalski", "Engineer", 1),
    (152, "aokafor", "Ada", "Okafor", "Engineer", 2),
    (153, "lchen", "Lin", "Chen", "Engineer", 4),
    (154, "pnovak", "Petra", "Novak", "Dispatcher", 2),
    (155, "rdesai", "Rohan", "Desai", "Night engineer", 19),
    (156, "sbauer", "Sven", "Bauer", "Engineer", 12),
    (157, "tmorgan", "Tegan", "Morgan", "Account manager", 11),
)
API_MEMBER = "apimember"
LOCATIONS = ((11, "Main Office", 1), (12, "Night Desk", 19))
FIRST_NAMES = ("Alex", "Bea", "Carlos", "Dana", "Emil", "Farah", "Grace", "Hugo", "Ines", "Jonas", "Kaya", "Leo")
LAST_NAMES = ("Abbott", "Bose", "Costa", "Dietz", "Ellis", "Fong", "Gupta", "Hale", "Ito", "Jensen", "Kerr")
COMPANY_TYPES = ((1, "Client"), (2, "Prospect"), (3, "Vendor"), (4, "Partner"), (5, "Competitor"))
COMPANY_STATUSES = ((1, "Active"), (2, "Inactive"), (3, "Not Approved"))
TIER = 3
CUSTOM_FIELDS = (
    {"id": TIER, "caption": "SLA Tier", "type": "Text", "entryMethod": "List", "numberOfDecimals": 0},
    {"id": 5, "caption": "Contract review", "type": "Date", "entryMethod": "Date", "numberOfDecimals": 0},
    {"id": 6, "caption": "Sites with guards", "type": "Number", "entryMethod": "EntryField", "numberOfDecimals": 0},
)
COUNTRIES = ("United States", "United Kingdom", "Germany", "India", "Australia")


def fill(world: World, random: Random) -> None:
    """Put members, locations and the 25 companies with all that belongs to them into *world*."""
    world.custom_fields["Company"] = [dict(definition) for definition in CUSTOM_FIELDS]
    for number, name in enumerate(COUNTRIES, 1):
        world.add("countries", {"id": number, "name": name})
    for number, name in COMPANY_TYPES:
        row: Row = {"id": number, "name": name, "defaultFlag": number == 1, "vendorFlag": number == 3}
        world.add("companyTypes", {**row, "serviceAlertFlag": False, "_info": STAMP})
    for number, name in COMPANY_STATUSES:
        row = {"id": number, "name": name, "defaultFlag": number == 1, "inactiveFlag": number == 2}
        world.add("companyStatuses", {**row, "notifyFlag": False, "_info": STAMP})
    for number, name, zone in LOCATIONS:
        row = {"id": number, "name": name, "timeZoneSetup": world.reference("timeZoneSetup", zone)}
        row |= {"calendar": world.reference("calendar", 1), "locationFlag": True, "clientFlag": False}
        row |= {"structureLevel": {"id": 2, "name": "Territory"}, "_info": STAMP}
        world.add("locations", row)
    for member in MEMBERS:
        world.add("members", _member(world, *member))
    world.add("members", _member(world, 190, API_MEMBER, "API", "Member", "", 1))
    for customer in CUSTOMERS:
        _company(world, customer, random)


def _member(world: World, number: int, identifier: str, first: str, last: str, title: str, zone: int) -> Row:
    return {
        "id": number,
        "identifier": identifier,
        "licenseClass": "A" if identifier == API_MEMBER else "F",
        "firstName": first,
        "lastName": last,
        "title": title,
        "inactiveFlag": False,
        "officeEmail": f"{identifier}@msp.example",
        "officePhone": "",
        "defaultEmail": "Office",
        "defaultPhone": "Office",
        "agreementInvoicingDisplayOptions": "RemainOnInvoicingScreen",
        "invoiceScreenDefaultTabFormat": "ShowInvoicingTab",
        "invoicingDisplayOptions": "RemainOnInvoicingScreen",
        "hireDate": "2019-01-07T00:00:00Z",
        "securityRole": {"id": 63, "name": "API read-only" if identifier == API_MEMBER else "Service"},
        "primaryEmail": f"{identifier}@msp.example",
        "timeZone": world.reference("timeZoneSetup", zone),
        "defaultLocation": world.reference("location", 12 if zone == 19 else 11),
        "_info": STAMP,
    }


def _company(world: World, customer: Customer, random: Random) -> None:
    zone = world.reference("timeZoneSetup", customer.zone)
    info = {**STAMP, "dateEntered": "2019-02-11T15:20:41Z", "enteredBy": "admin", **company_links(customer.id)}
    country = _country(world, customer)
    kind = world.reference("companyType", 1)
    row: Row = {
        "id": customer.id,
        "identifier": customer.identifier,
        "name": customer.name,
        "status": world.reference("companyStatus", 1),
        "addressLine1": f"{random.randint(1, 900)} Station Road",
        "addressLine2": "",
        "city": customer.city,
        "country": country,
        "phoneNumber": f"555{random.randint(1000000, 9999999)}",
        "faxNumber": "",
        "website": f"https://{customer.identifier.lower()}.example",
        "territory": world.reference("location", 11),
        "market": world.reference("market", customer.id % 4 + 1),
        "timeZoneSetup": zone,
        "territoryManager": world.reference("member", 157),
        "leadFlag": False,
        "deletedFlag": False,
        "mobileGuid": str(UUID(int=random.getrandbits(128), version=4)),
        "types": [kind],
    }
    if customer.calendar:
        row["calendar"] = world.reference("calendar", customer.calendar)
    if world.compat:
        row["type"] = kind
    tier, *others = world.custom_fields["Company"]
    row |= {"customFields": [{**tier, "value": customer.tier}, *map(dict, others)], "_info": info}
    world.add("companies", row)
    owner = world.reference("company", customer.id)
    welcome = {"id": customer.id, "text": "Ask for the account manager first.", "flagged": False}
    world.add(
        "companyNotes",
        {**welcome, "enteredBy": "admin", "company": world.reference("company", customer.id), "_info": STAMP},
    )
    world.add("typeAssociations", {"id": customer.id, "type": kind, "company": owner, "_info": STAMP})
    _site(world, customer)
    _contacts(world, customer, random)
    if customer.sla:  # who has no agreement has nobody to call either
        row["defaultContact"] = world.reference("contact", 2000 + customer.id * 2)
    if customer.sla:
        _agreement(world, customer)


def company_links(number: int) -> Row:
    """Return the links in the `_info` of a company."""
    return {
        "contacts_href": f"{API}/company/contacts?conditions=company/id={number}",
        "agreements_href": f"{API}/finance/agreements?conditions=company/id={number}",
        "tickets_href": f"{API}/service/tickets?conditions=company/id={number}",
        "sites_href": f"{API}/company/companies/{number}/sites",
    }


def _country(world: World, customer: Customer) -> Row:
    return world.reference("country", COUNTRIES.index(customer.country) + 1)


def _site(world: World, customer: Customer) -> None:
    company = world.reference("company", customer.id)
    row: Row = {
        "id": 1000 + customer.id,
        "name": "Main",
        "addressLine1": world.tables["companies"][customer.id]["addressLine1"],
        "addressLine2": "",
        "city": customer.city,
        "country": _country(world, customer),
        "primaryAddressFlag": True,
        "inactiveFlag": False,
        "timeZone": world.reference("timeZoneSetup", customer.zone),
    }
    if customer.calendar:
        row["calendar"] = world.reference("calendar", customer.calendar)
    world.add("sites", {**row, "company": company, "_info": STAMP})


def _contacts(world: World, customer: Customer, random: Random) -> None:
    names = random.sample(FIRST_NAMES, 2)
    for number, first in enumerate(names):
        last = random.choice(LAST_NAMES)
        row = {
            "id": 2000 + customer.id * 2 + number,
            "firstName": first,
            "lastName": last,
            "company": world.reference("company", customer.id),
            "site": world.reference("site", 1000 + customer.id),
            "inactiveFlag": False,
            "title": "",
            "defaultPhoneNbr": "",
            "communicationItems": [
                {
                    "id": 9000 + customer.id * 2 + number,
                    "type": {"id": 1, "name": "Email"},
                    "value": f"{first.lower()}@{customer.identifier.lower()}.example",
                    "defaultFlag": True,
                    "communicationType": "Email",
                }
            ],
            "_info": STAMP,
        }
        world.add("contacts", row)


def _agreement(world: World, customer: Customer) -> None:
    assert customer.sla is not None
    row = {
        "id": 300 + customer.id,
        "name": f"{customer.tier} managed services",
        "type": {"id": 4, "name": "Managed Services"},
        "company": world.reference("company", customer.id),
        "contact": world.reference("contact", 2000 + customer.id * 2),
        "site": world.reference("site", 1000 + customer.id),
        "startDate": "2019-03-01T00:00:00Z",
        "noEndingDateFlag": True,
        "cancelledFlag": False,
        "sla": world.reference("sla", customer.sla),
        "workOrder": "",
        "agreementStatus": "Active",
        "_info": STAMP,
    }
    world.add("agreements", row)
