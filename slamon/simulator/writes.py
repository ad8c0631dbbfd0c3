"""What a client may change: create a ticket, patch it, add a note; with ConnectWise's refusals."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slamon.simulator import desk
from slamon.simulator.clock import iso
from slamon.simulator.errors import ApiError, bad_argument, invalid
from slamon.simulator.people import API_MEMBER
from slamon.simulator.schema import ENUMS, Kind, fields_of, find
from slamon.simulator.simulator import Simulator
from slamon.simulator.ticket_row import Draft
from slamon.simulator.world import REFERENCES, Row, Ticket, World

DEFAULT_BOARD = 1
SUMMARY_LENGTH = 100
PLAIN = frozenset(
    (
        "summary",
        "severity",
        "impact",
        "requiredDate",
        "externalXRef",
        "poNumber",
        "budgetHours",
        "billTime",
        "approved",
        "customerUpdatedFlag",
        "allowAllClientsPortalView",
        "automaticEmailContactFlag",
        "automaticEmailResourceFlag",
        "automaticEmailCcFlag",
        "resources",
        "contactName",
    )
)
"""Fields that are simply stored; `board`, `status`, `priority`, `owner`, `company` and `contact` have rules."""


DRAFTED = frozenset(("summary", "severity", "impact", "requiredDate"))
"""Those of them that a new ticket is opened with."""


def create_ticket(simulator: Simulator, body: object, at: int) -> Ticket:
    """
    Create a ticket from a POST body; missing board, status and priority take their defaults.

    Raises:
        ApiError: 400, no object, a required field is missing, or a reference leads nowhere.
    """
    if not isinstance(body, dict):
        raise bad_argument("The body must be a ticket object.")
    world = simulator.world
    for name in ("summary", "company"):
        if not body.get(name):
            raise _missing(name)
    plain = {name: value for name, value in body.items() if name in PLAIN and value is not None}
    for name, value in plain.items():
        _check_plain(name, value)
    ticket = desk.open_ticket(world, _draft(world, body), at, API_MEMBER, simulator.life.take_client_key())
    desk.register(world, ticket)
    for name in plain.keys() - DRAFTED:
        desk.set_field(world, ticket, name, plain[name], at, API_MEMBER)
    if "owner" in body:
        desk.set_owner(world, ticket, look_up(world, "member", body["owner"], "owner"), at, API_MEMBER)
    simulator.life.touched(ticket, at)
    return ticket


def patch_ticket(simulator: Simulator, ticket: Ticket, body: object, at: int) -> None:
    """
    Apply a JSON-Patch array to a ticket, wholly or not at all.

    A path inside a reference (`status/id`) is answered as if it had worked and changes nothing, as ConnectWise does.

    Raises:
        ApiError: 400, the body is no array of operations, or a value cannot be saved.
    """
    if not isinstance(body, list):
        raise bad_argument("The body must be an array of patch operations.")
    changes = dict(_change(operation) for operation in body)
    plan = _Plan.of(simulator.world, ticket, changes)
    plan.apply(simulator.world, ticket, at)
    simulator.life.touched(ticket, at)


def create_note(simulator: Simulator, ticket: Ticket, body: object, at: int) -> Row:
    """
    Add a note to a ticket.

    Raises:
        ApiError: 400, no text, or no flag says where to show it.
    """
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        raise invalid("serviceNote", "MissingRequiredField", "The text field is required.", "text")
    kinds = [flag for flag in desk.NOTE_FLAGS if body.get(flag) is True]
    if not kinds:
        message = "Please choose where to display the notes in order to save this record."
        raise invalid("serviceNote", "ServiceNote", message, ", ".join(desk.NOTE_FLAGS))
    return desk.add_note(simulator.world, ticket, body["text"], at, API_MEMBER, *kinds)


def look_up(world: World, kind: str, value: object, field: str) -> int:
    """
    Return the id of the entity that a reference names by id, identifier or name.

    Raises:
        ApiError: 400 InvalidObject, with NotFound inside as ConnectWise puts it.
    """
    table = world.tables[REFERENCES[kind][0]]
    if not isinstance(value, dict):
        raise invalid("ticket", "InvalidField", f"The {field} field is invalid.", field)
    for key in ("id", "identifier", "name"):
        wanted = value.get(key)
        if wanted is None:
            continue
        for row in table.values():
            if str(row.get(key, "")).casefold() == str(wanted).casefold():
                return int(row["id"])
        raise invalid("ticket", "NotFound", f"{field} {wanted} not found", f"{field}/{key}")
    raise _missing(field)


def status_on(world: World, board_id: int, value: object) -> int:
    """Return the id of a status of this board; one of another board is refused."""
    if not isinstance(value, dict):
        raise invalid("ticket", "InvalidField", "The status field is invalid.", "status")
    key = "id" if "id" in value else "name"
    wanted = str(value.get(key, "")).casefold()
    for row in world.tables["statuses"].values():
        if row["board"]["id"] == board_id and str(row[key]).casefold() == wanted:
            return int(row["id"])
    raise invalid("ticket", "NotFound", f"status {value.get(key)} not found on board {board_id}", f"status/{key}")


def _draft(world: World, body: Row) -> Draft:
    board = look_up(world, "board", body["board"], "board") if "board" in body else DEFAULT_BOARD
    priority = look_up(world, "priority", body["priority"], "priority") if "priority" in body else None
    default = next(row["id"] for row in world.tables["priorities"].values() if row["defaultFlag"])
    draft = Draft(
        summary=body["summary"],
        company=look_up(world, "company", body["company"], "company"),
        board=board,
        priority=default if priority is None else priority,
        status=status_on(world, board, body["status"]) if "status" in body else world.workflows[board].new,
        contact=look_up(world, "contact", body["contact"], "contact") if "contact" in body else None,
        severity=body.get("severity") or "Medium",
        impact=body.get("impact") or "Medium",
        description=str(body.get("initialDescription") or ""),
        required_at=_instant(body["requiredDate"]) if body.get("requiredDate") else None,
    )
    return desk.complete(world, draft)


def _change(operation: object) -> tuple[str, Any]:
    """Return (field, new value) of one operation; None takes the field away."""
    if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace", "remove"):
        raise bad_argument("Each operation needs an op of add, replace or remove, a path and a value.")
    path = str(operation.get("path", "")).removeprefix("/")
    known = {field.keys[0] for field in fields_of("tickets").values()}
    if path.split("/")[0] not in known:
        raise invalid("ticket", "InvalidField", f"The field {path} does not exist.", path)
    return path, None if operation["op"] == "remove" else operation.get("value")


@dataclass(slots=True)
class _Plan:
    """A patch after all checks: what to set, ids resolved."""

    plain: Row
    board: int | None = None
    status: int | None = None
    priority: int | None = None
    company: int | None = None
    contact: int | None = None
    owner: int | None = None
    drop_owner: bool = False

    @classmethod
    def of(cls, world: World, ticket: Ticket, changes: Row) -> "_Plan":
        """Check all *changes*; nothing is written yet."""
        plan = cls(plain={name: value for name, value in changes.items() if name in PLAIN})
        for name, value in plan.plain.items():
            _check_plain(name, value)
        for name in ("board", "priority", "company", "contact"):
            if name in changes:
                setattr(plan, name, look_up(world, name, changes[name], name))
        if changes.get("owner") is not None:
            plan.owner = look_up(world, "member", changes["owner"], "owner")
        plan.drop_owner = "owner" in changes and plan.owner is None
        board = plan.board or ticket.row["board"]["id"]
        if "status" in changes:
            plan.status = status_on(world, board, changes["status"])
        elif plan.board is not None and plan.board != ticket.row["board"]["id"]:
            plan.status = world.workflows[board].new
        return plan

    def apply(self, world: World, ticket: Ticket, at: int) -> None:
        """Carry the plan out, in the order in which one change leans on another."""
        for name, value in self.plain.items():
            stored = iso(_instant(value)) if name == "requiredDate" and value else value
            desk.set_field(world, ticket, name, stored, at, API_MEMBER)
        if self.company is not None:
            desk.set_company(world, ticket, self.company, at, API_MEMBER)
        if self.contact is not None:
            desk.set_field(world, ticket, "contact", world.reference("contact", self.contact), at, API_MEMBER)
        if self.owner is not None or self.drop_owner:
            desk.set_owner(world, ticket, self.owner, at, API_MEMBER)
        if self.priority is not None:
            desk.set_priority(world, ticket, self.priority, at, API_MEMBER)
        if self.status is not None:
            board = self.board or ticket.row["board"]["id"]
            desk.set_board(world, ticket, board, self.status, at, API_MEMBER)


def _check_plain(name: str, value: object) -> None:
    if name == "summary":
        if not isinstance(value, str) or not value:
            raise _missing("summary")
        if len(value) > SUMMARY_LENGTH:
            message = f"The field summary must be a string with a maximum length of {SUMMARY_LENGTH}."
            raise invalid("ticket", "MaxLength", message, "summary")
    kind = find("tickets", name).kind
    if value is not None and not isinstance(value, JSON_TYPES[kind]):
        raise invalid("ticket", "InvalidField", f"The {name} field has the wrong type.", name)
    if name in ENUMS and value not in ENUMS[name].split():
        raise invalid("ticket", "InvalidField", f"Enum value supplied was invalid for {name}.", name)
    if name == "requiredDate" and value is not None:
        _instant(value)


JSON_TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.DATE: str,
    Kind.FLAG: bool,
    Kind.NUMBER: (int, float),
    Kind.REFERENCE: dict,
}


def _instant(value: object) -> int:
    """Return an ISO date as epoch seconds; without a zone it is UTC."""
    try:
        at: datetime | None = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or not 1900 <= at.year < 2100:
        raise invalid("ticket", "InvalidField", "The requiredDate field is no date in reach.", "requiredDate")
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _missing(name: str) -> ApiError:
    return invalid("ticket", "MissingRequiredField", f"The {name} field is required.", name)
