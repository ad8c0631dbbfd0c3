"""What companies and what hangs on them have of their own: identifiers, addresses, a first site, types."""

from slamon.simulator import compat
from slamon.simulator.errors import Problem
from slamon.simulator.people import company_links
from slamon.simulator.records import Records
from slamon.simulator.resources import ASSOCIATION
from slamon.simulator.world import Row, World

ADDRESS = ("addressLine1", "addressLine2", "city", "state", "zip", "country")


class Companies(Records):
    """`/company/companies`: identifiers are unique, a new company brings an address and gets a site."""

    raw = frozenset(("site",))
    """The site of a new company does not exist yet: only its name is read."""

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:
        """Return what is wrong with the identifier or the address."""
        if old is None and _site_name(row) is None:
            return [Problem("InvalidField", "The site field is invalid.", "site/name")]
        identifier = row["identifier"].casefold()
        others = (other for other in self.world.tables["companies"].values() if other is not old)
        if any(other["identifier"].casefold() == identifier for other in others):
            return [Problem("ObjectExists", f"A company with the identifier {row['identifier']} exists.", "identifier")]
        if self.simulator.compat and len(identifier) > compat.IDENTIFIER_LENGTH:
            message = f"The field identifier must be a string with a maximum length of {compat.IDENTIFIER_LENGTH}."
            return [Problem("MaxLength", message, "identifier")]
        if not self.simulator.compat and not any(row.get(name) for name in ADDRESS):
            return [Problem("MissingRequiredField", "At least one field of the address is required.", "addressLine1")]
        return []

    def wrote(self, row: Row, action: str) -> None:
        """Give a new company its links, status, site and types."""
        if action == "added":
            self._complete(row)
        elif action == "updated":
            sync_types(self.world, row["id"])
        super().wrote(row, action)

    def changes(self, body: object) -> Row:
        """Return what a patch changes; with the older forms a company's one type can be set, too."""
        found = super().changes(body)
        if self.simulator.compat and isinstance(body, dict) and isinstance(body.get("type"), dict):
            found["types"] = [body["type"]]
        return found

    def save(self, base: Row, changes: Row, problems: list[Problem], *, created: bool = False) -> Row:
        """Store the row and keep its types and their associations alike."""
        row = super().save(base, changes, problems, created=created)
        if changes.get("types") is not None and not created:
            row["types"] = changes["types"]
            _associate(self.world, row)
        return row

    def _complete(self, row: Row) -> None:
        row["_info"] = {**row["_info"], **company_links(row["id"])}
        if "status" not in row:
            default = [status["id"] for status in self.world.rows("companyStatuses") if status["defaultFlag"]]
            row["status"] = self.world.reference("companyStatus", default[0] if default else 1)
        add_site(self.world, row, _site_name(row) or FIRST_SITE)
        row.pop("site", None)
        _associate(self.world, row)


FIRST_SITE = "Main"
NAME_LENGTH = 50


def _site_name(company: Row) -> str | None:
    """Return how the first site of a new company is to be called; None if what was sent is no name."""
    sent = company.get("site", {"name": FIRST_SITE})
    name = sent.get("name") if isinstance(sent, dict) else None
    return name if isinstance(name, str) and 0 < len(name) <= NAME_LENGTH else None


class Sites(Records):
    """`/company/companies/{id}/sites`: one of them is the primary one."""

    def wrote(self, row: Row, action: str) -> None:
        """Take the mark from the site that was primary before."""
        super().wrote(row, action)
        if action != "deleted" and row.get("primaryAddressFlag"):
            for other in self.rows(row["company"]["id"]):
                if other is not row:
                    other["primaryAddressFlag"] = False


class Associations(Records):
    """`/company/companies/{id}/typeAssociations`: the types of a company, after its creation."""

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:
        """Return a refusal if the company has the type already."""
        present = (other for other in self.rows(row["company"]["id"]) if other is not old)
        if any(other["type"]["id"] == row["type"]["id"] for other in present):
            return [Problem("ObjectExists", "The company already has this type.", "type")]
        return []

    def wrote(self, row: Row, action: str) -> None:
        """Renew the company's own list."""
        super().wrote(row, action)
        sync_types(self.world, row["company"]["id"])


def add_site(world: World, company: Row, name: str) -> Row:
    """Give *company* its first site, with its address."""
    kept: Row = {
        key: company[key] for key in ("addressLine1", "addressLine2", "city", "zip", "country") if key in company
    }
    row: Row = {
        "id": world.next_id("sites"),
        "name": name,
        **kept,
        "primaryAddressFlag": True,
        "defaultShippingFlag": True,
        "defaultBillingFlag": True,
        "defaultMailingFlag": True,
        "inactiveFlag": False,
        "billSeparateFlag": False,
        "company": world.reference("company", company["id"]),
        "_info": {key: company["_info"][key] for key in ("lastUpdated", "updatedBy")},
    }
    return world.add("sites", row)


def _associate(world: World, company: Row) -> None:
    """Make the associations say what the company's own list of types says."""
    table = world.tables.setdefault("typeAssociations", {})
    for number in [number for number, row in table.items() if row["company"]["id"] == company["id"]]:
        del table[number]
    for kind in company.get("types", ()):
        number = world.next_id("typeAssociations")
        info = {key: company["_info"][key] for key in ("lastUpdated", "updatedBy")}
        owner = world.reference("company", company["id"])
        world.add("typeAssociations", {"id": number, "type": kind, "company": owner, "_info": info})
    sync_types(world, company["id"])


def sync_types(world: World, company_id: int) -> None:
    """Write a company's types into its row: all of them, and the first as the `type` of older notes."""
    rows = world.rows("typeAssociations")
    company = world.tables["companies"][company_id]
    company["types"] = [row["type"] for row in rows if row["company"]["id"] == company_id]
    if world.compat and company["types"]:
        company["type"] = company["types"][0]


SPECIAL: dict[str, type[Records]] = {"Company": Companies, "CompanySite": Sites, ASSOCIATION: Associations}
