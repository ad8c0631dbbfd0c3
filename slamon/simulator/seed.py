"""
The desk as slamon finds it: a year of closed tickets and open ones in every state.

Closed tickets simply lived: each is opened somewhere in the last year and led through the rules of `life` until it is
closed. Open tickets are led by a short script into the state they are to show (waiting, near breach, reopened, ...),
through the same operations, so every date, minute and audit line agrees.
"""

from dataclasses import dataclass, field, replace
from random import Random

from slamon.simulator import desk
from slamon.simulator.hours import Hours
from slamon.simulator.life import ALL_HOURS, DAY, DEFAULT_GOALS, HOUR, Life, answer, reopen, resolve
from slamon.simulator.opening import hours_for
from slamon.simulator.people import MEMBERS
from slamon.simulator.sla import Goals
from slamon.simulator.ticket_row import Draft
from slamon.simulator.world import API, Ticket, World

SCENARIOS = (
    # name, share of the open tickets
    ("unanswered", 14),
    ("answered", 13),
    ("planned", 18),
    ("waiting", 17),
    ("near", 9),
    ("breached", 10),
    ("reopened", 5),
    ("done", 5),
    ("no_sla", 6),
    ("future", 1),
    ("child", 2),
)
YEAR = 365 * DAY
TASK_EVERY = 5
"""One ticket in so many has a task."""

GOLD = (250, 253, 256, 261, 264, 267, 269)


@dataclass(slots=True)
class Plot:
    """
    How a ticket gets into its state, told backwards from now.

    *steps* are (open seconds after entry, what happens); *worked* the open seconds from entry to the last of them or
    to now; *after* are (wall seconds before now, what happens) that follow; *next_in* the open seconds
    until someone works on it again, None for what life would say.
    """

    worked: int = 0
    steps: list[tuple[int, str]] = field(default_factory=list)
    after: list[tuple[int, str]] = field(default_factory=list)
    next_in: int | None = None


def populate(world: World, life: Life, now: int, tickets: int, closed: int) -> None:
    """Fill the desk with *closed* closed and *tickets* open tickets as of *now*, ids in order of entry."""
    born = [_closed_ticket(world, life, now) for _ in range(closed)]
    born += [_open_ticket(world, life, now, scenario) for scenario in _scenarios(tickets)]
    born.sort(key=lambda pair: (pair[0].row["_info"]["dateEntered"], pair[0].key))
    for ticket, due in born:
        desk.register(world, ticket)
        life.adopt(ticket, due)
    _families(world, life.random(0, 0))
    for number, ticket in enumerate(list(world.tickets.values())[::TASK_EVERY], 1):
        task = {"id": number, "ticketId": ticket.row["id"], "notes": "Tell the customer", "closedFlag": False}
        world.add("tasks", {**task, "_info": ticket.row["_info"]})


def _scenarios(count: int) -> list[str]:
    """Return *count* scenario names in the shares of `SCENARIOS`, the rarest present as soon as there is room."""
    total = sum(share for _, share in SCENARIOS)
    names: list[str] = []
    for name, share in SCENARIOS:
        names += [name] * max(1, count * share // total)
    return (names + ["planned"] * count)[:count] if len(names) < count else names[:count]


def _closed_ticket(world: World, life: Life, now: int) -> tuple[Ticket, int | None]:
    """Return a ticket that was opened within the last year and is closed by *now*."""
    key = life.take_key()
    random = life.random(key, 0)
    draft = life.draft(random)
    entered = now - random.randint(DAY, YEAR)
    while True:
        ticket = desk.open_ticket(world, draft, entered, "customer", key)
        due = life.next_due(ticket, entered)
        while due is not None and due <= now:
            life.step(ticket, due)
            due = life.next_due(ticket, due)
        if ticket.row["closedFlag"]:
            return ticket, due
        entered -= random.randint(2 * DAY, 15 * DAY)  # not done yet: let it have come in earlier


def _open_ticket(world: World, life: Life, now: int, scenario: str) -> tuple[Ticket, int | None]:
    """Return a ticket that is in the state *scenario* at *now*, and when it goes on."""
    key = life.take_key()
    random = life.random(key, 0)
    draft = _draft(life, scenario, random)
    goals = world.goals(draft.sla, draft.priority) if draft.sla else (None, None, None)
    plot = PLOTS[scenario](_seconds(goals), random)
    if scenario == "future":
        return _future_ticket(world, life, draft, now, key, random)
    hours = _hours(world, draft)
    anchor = now - (plot.after[0][0] if plot.after else 0)
    entered = hours.backward(anchor, plot.worked)
    ticket = desk.open_ticket(world, draft, entered, "customer", key)
    for offset, act in plot.steps:
        _play(world, ticket, act, hours.forward(entered, offset), random)
    for ago, act in plot.after:
        _play(world, ticket, act, now - ago, random)
    if plot.next_in is not None:
        return ticket, hours.forward(now, max(1, plot.next_in))
    due = life.next_due(ticket, now)
    return ticket, due


def _future_ticket(
    world: World, life: Life, draft: Draft, now: int, key: int, random: Random
) -> tuple[Ticket, int | None]:
    """Return a ticket with a required date some days ahead, which moves the start of its clock."""
    wanted = (now // DAY + random.randint(3, 9)) * DAY
    entered = now - random.randint(HOUR, DAY)
    ticket = desk.open_ticket(world, replace(draft, required_at=wanted), entered, "customer", key)
    return ticket, life.next_due(ticket, now)


def _draft(life: Life, scenario: str, random: Random) -> Draft:
    if scenario == "no_sla":
        board = random.choice((9, 30, 1))
        return life.draft(random, board=board, company=273 if board == 1 else None)  # 273: agreement with "No SLA"
    if scenario == "done":
        return life.draft(random, board=1)
    board = random.choice((1, 1, 12))
    # Gold is 24x7: whatever the hour, some clocks near their goal are running.
    company = random.choice(GOLD) if scenario in ("near", "breached") and random.random() < 0.6 else None
    return life.draft(random, board=board, company=company)


def _hours(world: World, draft: Draft) -> Hours:
    """Return the hours of the draft's SLA, as the desk chooses them too."""
    if draft.sla is None:
        return ALL_HOURS
    return hours_for(world, world.tables["slas"][draft.sla], world.tables["companies"][draft.company])


def _seconds(goals: Goals) -> tuple[int, int, int]:
    respond, plan, resolve_ = (round((goal or usual) * HOUR) for goal, usual in zip(goals, DEFAULT_GOALS, strict=True))
    return respond, plan, resolve_


def _play(world: World, ticket: Ticket, act: str, at: int, random: Random) -> None:
    flow = world.workflows[ticket.row["board"]["id"]]
    member = random.choice(MEMBERS)
    by = member[1]
    if "owner" not in ticket.row:
        desk.set_owner(world, ticket, member[0], at, by)
    if act == "answer":
        answer(world, ticket, flow, at, by, random)
    elif act == "plan":
        desk.set_status(world, ticket, random.choice(flow.planned), at, by)
    elif act == "wait":
        desk.set_status(world, ticket, random.choice(flow.waiting or flow.planned), at, by)
    elif act == "done":
        resolve(world, ticket, flow, at, by, random)
    else:
        reopen(world, ticket, flow, at)


def _on_the_way(goals: tuple[int, int, int], stage: int, share: float, random: Random) -> Plot:
    """Return a plot that stands in *stage* (0 respond, 1 plan, 2 resolve) with *share* of its goal used."""
    respond, plan, _ = goals
    answered = round(respond * random.uniform(0.1, 0.7))
    planned = answered + round((plan - answered) * random.uniform(0.1, 0.6))
    worked = round(goals[stage] * share)
    steps = [(min(answered, worked), "answer"), (min(planned, worked), "plan")][:stage]
    return Plot(worked=worked, steps=steps)


def _unanswered(goals: tuple[int, int, int], random: Random) -> Plot:
    return _on_the_way(goals, 0, random.uniform(0.02, 0.75), random)


def _answered(goals: tuple[int, int, int], random: Random) -> Plot:
    return _on_the_way(goals, 1, random.uniform(0.5, 0.78), random)


def _planned(goals: tuple[int, int, int], random: Random) -> Plot:
    return _on_the_way(goals, 2, random.uniform(0.35, 0.78), random)


def _waiting(goals: tuple[int, int, int], random: Random) -> Plot:
    plot = _on_the_way(goals, random.choice((1, 2, 2, 2)), random.uniform(0.4, 0.9), random)
    plot.after = [(round(random.uniform(0.5, 90) * HOUR), "wait")]
    return plot


def _near(goals: tuple[int, int, int], random: Random) -> Plot:
    stage = random.choice((0, 1, 2, 2))
    plot = _on_the_way(goals, stage, random.uniform(0.82, 0.99), random)
    left = goals[stage] - plot.worked
    saved = random.random() < 0.4
    plot.next_in = round(left * (random.uniform(0.3, 0.9) if saved else random.uniform(1.1, 4)))
    return plot


def _breached(goals: tuple[int, int, int], random: Random) -> Plot:
    stage = random.choice((0, 1, 2, 2, 2))
    plot = _on_the_way(goals, stage, random.uniform(1.02, 2.5), random)
    plot.next_in = round(random.uniform(0.3, 20) * HOUR)
    return plot


def _done(goals: tuple[int, int, int], random: Random) -> Plot:
    plot = _planned(goals, random)
    plot.after = [(round(random.uniform(0.2, 40) * HOUR), "done")]
    return plot


def _reopened(goals: tuple[int, int, int], random: Random) -> Plot:
    plot = _planned(goals, random)
    again = round(random.uniform(0.3, 5) * HOUR)
    plot.after = [(again + round(random.uniform(2, 50) * HOUR), "done"), (again, "reopen")]
    return plot


PLOTS = {
    "unanswered": _unanswered,
    "answered": _answered,
    "planned": _planned,
    "waiting": _waiting,
    "near": _near,
    "breached": _breached,
    "reopened": _reopened,
    "done": _done,
    "no_sla": _planned,
    "future": _unanswered,
    "child": _planned,
}


def _families(world: World, random: Random) -> None:
    """Make some open tickets children of others, and some closed ones merged into open ones."""
    service = [t for t in world.tickets.values() if t.row["recordType"] == "ServiceTicket"]
    open_ones = [t for t in service if not t.row["closedFlag"]]
    closed_ones = [t for t in service if t.row["closedFlag"]]
    if len(open_ones) < 20:
        return
    picked = random.sample(open_ones, min(20, len(open_ones)) // 2 * 2)
    for parent, child in zip(picked[::2], picked[1::2], strict=True):
        parent.row["hasChildTicket"] = True
        child.row["parentTicketId"] = parent.row["id"]
    for gone in random.sample(closed_ones, min(12, len(closed_ones))):
        parent = random.choice(open_ones)
        parent.row["hasMergedChildTicketFlag"] = True
        gone.row["mergedParentTicket"] = {
            "id": parent.row["id"],
            "summary": parent.row["summary"],
            "_info": {"ticket_href": f"{API}/service/tickets/{parent.row['id']}"},
        }
