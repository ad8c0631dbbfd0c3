"""What a client wants of a ticket, carried out in the order in which one change leans on another."""

from collections.abc import Callable
from dataclasses import replace

from slamon.simulator import desk
from slamon.simulator.errors import Problem
from slamon.simulator.model import fields_of
from slamon.simulator.people import API_MEMBER
from slamon.simulator.references import resolve
from slamon.simulator.values import required
from slamon.simulator.world import Row, Ticket, World

DEFAULT_BOARD = 1
RULED = ("company", "site", "agreement", "sla", "contact", "owner", "parentTicketId", "priority")
"""Fields with a rule of their own, in order; board and status come last, and together."""

STEERING = frozenset(("processNotifications", "skipCallback"))


def place(world: World, changes: Row, old: Row) -> list[Problem]:
    """
    Put references in the place of `board`, `status` and `site` as a client sent them, and return what is wrong.

    A status must be one of the board's, a site one of the company's. A new ticket, and one that moves to another board,
    gets that board's first status if none is named.
    """
    problems: list[Problem] = []
    _put(world, changes, "board", None, problems)
    board = (changes.get("board") or old.get("board") or {"id": DEFAULT_BOARD})["id"]
    company = (changes.get("company") or old.get("company") or {}).get("id")
    _put(world, changes, "status", lambda row: bool(row["board"]["id"] == board), problems)
    _put(world, changes, "site", lambda row: bool(row["company"]["id"] == company), problems)
    problems = [
        replace(each, message=f"{each.message} on board {board}") if each.field.startswith("status/") else each
        for each in problems
    ]
    parent = changes.get("parentTicketId")
    if parent is not None and (parent not in world.tickets or parent == old.get("id")):
        problems.append(Problem("NotFound", f"ticket {parent} not found", "parentTicketId"))
    return problems or _arrive(world, changes, old, board)


def _arrive(world: World, changes: Row, old: Row, board: int) -> list[Problem]:
    """Fill in board and status where a ticket comes on a board without naming a status."""
    if board == old.get("board", {}).get("id") or changes.get("status"):
        changes.setdefault("board", world.reference("board", board))
        return []
    if board not in world.tables["boards"]:
        return [required("board")]
    first = desk.first_status(world, board)
    if first is None:
        return [required("status")]
    changes |= {"board": world.reference("board", board), "status": world.reference("status", first)}
    return []


def _put(world: World, changes: Row, name: str, fits: Callable[[Row], bool] | None, problems: list[Problem]) -> None:
    if changes.get(name) is None:
        return
    result = resolve(world, fields_of("Ticket")[name].of, changes[name], name, fits)
    if isinstance(result, Problem):
        problems.append(result)
        del changes[name]
    else:
        changes[name] = result


def apply(world: World, ticket: Ticket, changes: Row, at: int) -> None:
    """Carry *changes* out at *at*; they were checked, and references lead somewhere."""
    known = fields_of("Ticket")
    for name, value in changes.items():
        if name not in (*RULED, *STEERING, "board", "status") and not known[name].once:
            empty = False if value is None and known[name].kind == "flag" else value
            desk.set_field(world, ticket, name, empty, at, API_MEMBER)
    for name in RULED:
        if name in changes:
            RULES[name](world, ticket, changes[name], at)
    status = changes.get("status") or ticket.row["status"]
    board = changes.get("board") or ticket.row["board"]
    desk.set_board(world, ticket, board["id"], status["id"], at, API_MEMBER)


def _id(value: Row | None) -> int | None:
    return None if value is None else int(value["id"])


def _company(world: World, ticket: Ticket, value: Row, at: int) -> None:
    desk.set_company(world, ticket, value["id"], at, API_MEMBER)


def _site(world: World, ticket: Ticket, value: Row | None, at: int) -> None:
    desk.set_field(world, ticket, "site", value, at, API_MEMBER)


def _agreement(world: World, ticket: Ticket, value: Row | None, at: int) -> None:
    desk.set_agreement(world, ticket, _id(value), at, API_MEMBER)


def _sla(world: World, ticket: Ticket, value: Row | None, at: int) -> None:
    desk.set_sla(world, ticket, _id(value), at, API_MEMBER)


def _contact(world: World, ticket: Ticket, value: Row | None, at: int) -> None:
    desk.set_field(world, ticket, "contact", value, at, API_MEMBER)
    desk.set_field(world, ticket, "contactName", None if value is None else value["name"], at, API_MEMBER)


def _owner(world: World, ticket: Ticket, value: Row | None, at: int) -> None:
    desk.set_owner(world, ticket, _id(value), at, API_MEMBER)


def _parent(world: World, ticket: Ticket, value: int | None, at: int) -> None:
    desk.set_parent(world, ticket, value, at, API_MEMBER)


def _priority(world: World, ticket: Ticket, value: Row, at: int) -> None:
    desk.set_priority(world, ticket, value["id"], at, API_MEMBER)


RULES: dict[str, Callable[..., None]] = {
    "company": _company,
    "site": _site,
    "agreement": _agreement,
    "sla": _sla,
    "contact": _contact,
    "owner": _owner,
    "parentTicketId": _parent,
    "priority": _priority,
}
