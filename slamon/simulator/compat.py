"""
The API as older notes describe it, behind `--compat`.

Such notes patch with a merge object, find deadlines in `_info`, give a company one type and a site a `state`, call a
list field a Dropdown. Nothing of it was found in a real answer. Names for `conditions` are in `schema.COMPAT_NAMES`.
"""

from slamon.simulator.world import Row

DEADLINES = {
    "sla_respond_by": "respondByGoalUTC",
    "sla_plan_by": "resplanGoalUTC",
    "sla_resolve_by": "resolutionGoalUTC",
}
IDENTIFIER_LENGTH = 25


def dress(record: str, row: Row) -> Row:
    """Return *row* with the members the notes speak of; what is there already stays."""
    if record == "Ticket":
        deadlines = {name: row[goal] for name, goal in DEADLINES.items() if goal in row}
        return {**row, "dateEntered": row["_info"]["dateEntered"], "_info": {**row["_info"], **deadlines}}
    if record == "Company":
        return {**row, "customFields": [custom_field(field) for field in row.get("customFields", ())]}
    if record == "CompanySite":
        state = row.get("stateReference", {}).get("name")
        return {**row, "defaultFlag": row["primaryAddressFlag"], **({"state": state} if state else {})}
    return row


def custom_field(field: Row) -> Row:
    """Return a custom field whose type is Dropdown where it is chosen from a list."""
    return {**field, "type": "Dropdown"} if field["entryMethod"] == "List" else field


def undress(record: str, sent: Row) -> Row:
    """Return what a client sent with the notes' members turned into today's."""
    found = dict(sent)
    if record == "Company" and isinstance(found.get("type"), dict):
        found.setdefault("types", [found["type"]])
    if record == "CompanySite":
        if isinstance(found.get("state"), str):
            found.setdefault("stateReference", {"name": found["state"]})
        if "defaultFlag" in found:
            found.setdefault("primaryAddressFlag", found["defaultFlag"])
    return found
