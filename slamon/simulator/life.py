"""
The life of the desk: members answer, plan, park, resolve, close and reopen tickets, customers open new ones.

Every decision of a ticket is drawn from a random stream of its own, keyed by (seed, ticket, step), and every event
has its simulated instant in one queue. So the same seed gives the same desk, however often and in
whatever strides it is asked to move on.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from slamon.simulator import desk
from slamon.simulator.hours import AllHours, Hours, NeverOpenError
from slamon.simulator.people import CUSTOMERS, MEMBERS
from slamon.simulator.sla import RESOLVED, WAITING
from slamon.simulator.texts import ALERTS, ANSWERS, DEALS, DESCRIPTION, REOPENING, RESOLUTION, SUMMARIES
from slamon.simulator.ticket_row import Draft
from slamon.simulator.world import Ticket, Workflow, World

HOUR, DAY = 3_600, 86_400
ARRIVALS = -1
"""The key under which the queue holds the next ticket to be opened."""

CLIENT_KEYS = 1_000_000_000
"""Where the keys of tickets created over HTTP begin."""

DEFAULT_GOALS = (4.0, 8.0, 24.0)
LAST_STEP = 14
"""After so many steps a ticket is resolved whatever happens: nothing stays open for ever."""

BOARD_WEIGHTS = ((1, 56), (12, 26), (9, 6), (21, 6), (30, 6))
PRIORITY_WEIGHTS = ((1, 6), (2, 18), (3, 46), (4, 26), (5, 4))
"""By rank."""

COMPANIES = [customer.id for customer in CUSTOMERS]


class Life:
    """Moves a world forward through simulated time, in epoch seconds."""

    def __init__(self, world: World, seed: int, arrivals_a_day: float) -> None:
        self.world = world
        self.seed = seed
        self.arrivals_a_day = arrivals_a_day
        self._next_key = 1
        self._client_key = CLIENT_KEYS
        self._by_key: dict[int, Ticket] = {}
        self._queue: list[tuple[int, int]] = []

    def random(self, key: int, step: int) -> Random:
        """Return the random stream of one decision."""
        return Random((self.seed * 1_000_003 + key) * 4_099 + step)

    def start(self, at: int) -> None:
        """Let customers open tickets from *at* on."""
        self._plan_arrival(at)

    def adopt(self, ticket: Ticket, due: int | None) -> None:
        """Let *ticket* live on, with its next event at *due* (None: nothing happens until someone touches it)."""
        ticket.due_step = due
        if due is not None:
            self._by_key[ticket.key] = ticket
            heapq.heappush(self._queue, (due, ticket.key))

    def touched(self, ticket: Ticket, at: int) -> None:
        """Take note that a client changed *ticket*: one that was done with gets a next event again."""
        if ticket.due_step is None and not ticket.row["closedFlag"]:
            self.adopt(ticket, self.next_due(ticket, at))

    def advance(self, now: int) -> int:
        """Carry out everything planned up to and including *now*; return how many events that were."""
        count = 0
        while self._queue and self._queue[0][0] <= now:
            at, key = heapq.heappop(self._queue)
            if key == ARRIVALS:
                self._arrive(at)
            else:
                ticket = self._by_key.pop(key, None)
                if ticket is not None:
                    self._live(ticket, at)
            count += 1
        return count

    def forget(self, ticket: Ticket) -> None:
        """Let nothing more happen to a ticket that was deleted."""
        self._by_key.pop(ticket.key, None)

    def _live(self, ticket: Ticket, at: int) -> None:
        if ticket.row["board"]["id"] in self.world.workflows:  # nobody here knows the way on boards that clients made
            self.step(ticket, at)
            self.adopt(ticket, self.next_due(ticket, at))
        else:
            self.adopt(ticket, None)

    def step(self, ticket: Ticket, at: int) -> None:
        """Carry out the ticket's next event at *at*."""
        ticket.step += 1
        random = self.random(ticket.key, ticket.step)
        workflow = self.world.workflows[ticket.row["board"]["id"]]
        acts(self.world, ticket, workflow, at, random)

    def next_due(self, ticket: Ticket, at: int) -> int | None:
        """Return when the ticket's next event comes after *at*, or None if its life is over."""
        random = self.random(-ticket.key, ticket.step)
        if ticket.row["closedFlag"]:
            reopens = ticket.step < LAST_STEP and random.random() < 0.03
            return at + random.randint(2 * HOUR, 4 * DAY) if reopens else None
        if _is_waiting(self.world, ticket):
            return at + round(random.lognormvariate(2.6, 0.9) * HOUR)
        if ticket.sla is not None and ticket.sla.reached == RESOLVED:
            return at + random.randint(6 * HOUR, 60 * HOUR)
        hours = ticket.sla.hours if ticket.sla else ALL_HOURS
        seconds = _work_seconds(ticket, random)
        try:
            return hours.forward(max(at, ticket.sla.start if ticket.sla else at), seconds)
        except NeverOpenError:  # a client took all hours from the calendar
            return at + seconds

    def draft(self, random: Random, board: int | None = None, company: int | None = None) -> Draft:
        """Return the next thing a customer would write about."""
        boards, weights = zip(*BOARD_WEIGHTS, strict=True)
        board = board or random.choices(boards, weights)[0]
        company = company or random.choice(COMPANIES)
        ranks, weights = zip(*PRIORITY_WEIGHTS, strict=True)
        texts = {12: ALERTS, 9: DEALS}.get(board, SUMMARIES)
        draft = Draft(
            summary=random.choice(texts),
            company=company,
            board=board,
            priority=self.world.priority_ids[random.choices(ranks, weights)[0] - 1],
            status=self.world.workflows[board].new,
            contact=2000 + company * 2 + random.randint(0, 1),
            severity=random.choice(("Low", "Medium", "High")),
            impact=random.choice(("Low", "Medium", "High")),
            description=DESCRIPTION,
        )
        return desk.complete(self.world, draft)

    def take_key(self) -> int:
        """Return a key for a new ticket's random stream."""
        key, self._next_key = self._next_key, self._next_key + 1
        return key

    def take_client_key(self) -> int:
        """Return a key for a ticket that a client creates; those of the customers' tickets are not disturbed by it."""
        self._client_key += 1
        return self._client_key

    def _arrive(self, at: int) -> None:
        key = self.take_key()
        random = self.random(key, 0)
        ticket = desk.open_ticket(self.world, self.draft(random), at, "customer", key)
        desk.register(self.world, ticket)
        self.adopt(ticket, self.next_due(ticket, at))
        self._plan_arrival(at)

    def _plan_arrival(self, at: int) -> None:
        """Plan the next new ticket: three times as many on a US working day as at night or on a weekend."""
        if self.arrivals_a_day <= 0:
            return
        random = self.random(ARRIVALS, at)
        moment = datetime.fromtimestamp(at, UTC)
        busy = moment.weekday() < 5 and 12 <= moment.hour < 23
        rate = self.arrivals_a_day * (1.8 if busy else 0.6) / DAY
        heapq.heappush(self._queue, (at + max(1, round(random.expovariate(rate))), ARRIVALS))


ALL_HOURS: Hours = AllHours()


def acts(world: World, ticket: Ticket, workflow: Workflow, at: int, random: Random) -> None:
    """Do to the ticket what someone does in its present state."""
    member = random.choice(MEMBERS)
    by = member[1]
    if ticket.row["closedFlag"] or _is_done(world, ticket):
        _act_on_done(world, ticket, workflow, at, random)
    elif ticket.step >= LAST_STEP:
        resolve(world, ticket, workflow, at, by, random)
    else:
        if "owner" not in ticket.row or random.random() < 0.06:
            desk.set_owner(world, ticket, member[0], at, by)
        _pick(random, _choices(world, ticket, workflow, at, by, random))()


Choice = tuple[float, Callable[[], None]]


def _choices(world: World, ticket: Ticket, flow: Workflow, at: int, by: str, random: Random) -> list[Choice]:
    """Return what may happen next, with weights, in the ticket's present stage."""

    def status(*numbers: int) -> Callable[[], None]:
        return lambda: desk.set_status(world, ticket, random.choice(numbers), at, by)

    def finish() -> None:
        resolve(world, ticket, flow, at, by, random)

    def reprioritise() -> None:
        desk.set_priority(world, ticket, world.priority_ids[_pick_rank(random) - 1], at, by)

    wait: list[Choice] = [(0.32, status(*flow.waiting))] if flow.waiting else []
    if _is_waiting(world, ticket):
        return [(0.8, status(*flow.planned)), (0.12, finish), *wait[:1]]
    stage = _stage(world, ticket)
    if stage == 0:
        return [
            (0.5, lambda: answer(world, ticket, flow, at, by, random)),
            (0.26, status(*flow.planned)),
            (0.06, finish),
            (0.07, reprioritise),
            (0.05, lambda: _triage(world, ticket, at, by)),
            *((weight / 6, act) for weight, act in wait),
        ]
    if stage == 1:
        return [(0.6, status(*flow.planned)), (0.15, finish), (0.05, reprioritise), *wait]
    back = (0.05, status(flow.answered))
    return [(0.55, finish), *wait, (0.05, reprioritise), back, (0.08, status(*flow.planned))]


def answer(world: World, ticket: Ticket, flow: Workflow, at: int, by: str, random: Random) -> None:
    """Give the first answer: a public note and the status that says so."""
    desk.add_note(world, ticket, random.choice(ANSWERS), at, by, "detailDescriptionFlag")
    desk.set_status(world, ticket, flow.answered, at, by)


def resolve(world: World, ticket: Ticket, flow: Workflow, at: int, by: str, random: Random) -> None:
    """Resolve the ticket: to the board's "done" status where it has one, else straight to closed."""
    desk.add_note(world, ticket, RESOLUTION, at, by, "resolutionFlag")
    ticket.row["actualHours"] = round(ticket.row["actualHours"] + random.uniform(0.1, 3), 2)
    desk.set_status(world, ticket, flow.done or random.choice(flow.closed), at, by)


def reopen(world: World, ticket: Ticket, flow: Workflow, at: int) -> None:
    """Let the customer come back on a resolved ticket."""
    note = desk.add_note(world, ticket, REOPENING, at, "customer", "detailDescriptionFlag", customer=True)
    assert note["customerUpdatedFlag"]
    desk.set_status(world, ticket, flow.reopened, at, "customer")


def _act_on_done(world: World, ticket: Ticket, flow: Workflow, at: int, random: Random) -> None:
    if ticket.row["closedFlag"] or (ticket.step < LAST_STEP and random.random() < 0.12):
        reopen(world, ticket, flow, at)
    else:
        desk.set_status(world, ticket, random.choice(flow.closed), at, random.choice(MEMBERS)[1])


def _triage(world: World, ticket: Ticket, at: int, by: str) -> None:
    """Move a ticket that landed on the wrong board between the two support boards."""
    board = {1: 12, 12: 1}.get(ticket.row["board"]["id"])
    if board is not None:
        desk.set_board(world, ticket, board, world.workflows[board].new, at, by)


def _work_seconds(ticket: Ticket, random: Random) -> int:
    """
    Return how much open time passes before someone works on the ticket.

    Drawn around a part of the goal ahead, so that most promises are kept and some are not.
    """
    state = ticket.sla
    goals = [goal or usual for goal, usual in zip(state.goals if state else DEFAULT_GOALS, DEFAULT_GOALS, strict=True)]
    stage = min(state.reached, 2) if state else 2
    ahead = goals[stage] - (goals[stage - 1] if stage else 0.0)
    median, spread = ((0.42, 0.75), (0.4, 0.8), (0.28, 0.9))[stage]
    return max(20, round(ahead * HOUR * median * random.lognormvariate(0, spread)))


def _pick(random: Random, choices: list[Choice]) -> Callable[[], None]:
    return random.choices([act for _, act in choices], [weight for weight, _ in choices])[0]


def _pick_rank(random: Random) -> int:
    ranks, weights = zip(*PRIORITY_WEIGHTS, strict=True)
    return int(random.choices(ranks, weights)[0])


def _stage(world: World, ticket: Ticket) -> int:
    """Return how far the ticket is: the ratchet's word, or the status' where there is no SLA."""
    if ticket.sla is not None:
        return ticket.sla.reached
    level = world.tables["statuses"][ticket.row["status"]["id"]]["escalationStatus"]
    return {"NotResponded": 0, "Responded": 1}.get(level, 2)


def _is_waiting(world: World, ticket: Ticket) -> bool:
    level = world.tables["statuses"][ticket.row["status"]["id"]]["escalationStatus"]
    return bool(level == WAITING)


def _is_done(world: World, ticket: Ticket) -> bool:
    level = world.tables["statuses"][ticket.row["status"]["id"]]["escalationStatus"]
    return bool(level == "Resolved")
