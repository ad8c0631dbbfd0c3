"""A state machine: time passes, tickets change, slamon polls and sends, its mail server fails, it is killed anywhere.

ConnectWise is the simulator behind a socket, the mail server listens on another, the database is a file. After each
step what is kept and what was accepted are judged by plain SQL and by the checker, which share no code with slamon, and
after each poll the readings by the independent derivation.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from slamon.simulator import SimClock, Simulator, SimulatorServer, desk
from slamon.simulator.people import API_MEMBER
from slamon.simulator.world import Ticket
from slamon.store.migrate import open_store
from tests.faults.desk import HandTime
from tests.faults.kills.checker import check, read_database
from tests.faults.kills.databases import pass_leases
from tests.faults.machine.process import Fate, Killed, Process
from tests.faults.outages.mailserver import RESET, MailServer, well

START = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
RECIPIENTS = ("desk@msp.example", "lead@msp.example")
FALLBACK = "noc@msp.example"
SETTLED = ("breached", "missed", "cancelled", "no_target", "not_measured")
"""What a goal that was breached may say later, while its deadline version stands and its history is not told anew."""

_CONFIG = """\
[store]
url = "sqlite:///{store}"
[mail]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "slamon@msp.example"
fallback = "noc@msp.example"
[alerts]
recipients = ["desk@msp.example", "lead@msp.example"]
[tenant.main]
url = "{source}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
requests_per_minute = 60000
"""

CHANGES = ("answer", "plan", "wait", "finish", "close", "reopen", "priority", "board", "merge", "delete")
ANSWERS = {
    "greylisted": ("RCPT", "451 try later"),
    "refused": ("RCPT", "550 no such user"),
    "too busy": ("MAIL", "421 too busy"),
    "not now": (".", "450 not now"),
    "reset before the dot": ("DATA", RESET),
    "reset after the dot": (".", RESET),
}
"""What a mail server may do once, and at which step."""


class Machine(RuleBasedStateMachine):
    """Small enough that two of its goals meet, long enough that each may break."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.process: Process | None = None
        self.fate = Fate()
        self.events: Counter[tuple[Any, ...]] = Counter()
        self.told: Counter[tuple[Any, ...]] = Counter()
        self.breached: dict[tuple[int, str], int] = {}  # (ticket, stage): deadline version
        self.kills = 0

    @initialize(seed=st.integers(0, 50))
    def set_up(self, seed: int) -> None:
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="slamon-machine-")))
        self.file = self.folder / "slamon.db"
        shutil.copyfile(_empty(), self.file)
        self.url = f"sqlite:///{self.file}"
        self.clock = SimClock(START, speed=0)
        self.simulator = Simulator(seed, 14, 2, clock=self.clock, arrivals_a_day=24)
        self.portal: BlockingPortal = self.stack.enter_context(start_blocking_portal())
        source = self.stack.enter_context(self.portal.wrap_async_context_manager(SimulatorServer(self.simulator)))
        self.server = MailServer()
        self.server.up()
        self.stack.callback(self.server.down)
        (self.folder / "key").write_text("private")
        self.config = self.folder / "slamon.toml"
        self.config.write_text(_CONFIG.format(store=self.file, mail=self.server.port, source=source.url))
        self._live(lambda process: process.poll())

    # --- slamon

    def _live(self, act: Callable[[Process], object], left: int | None = None) -> bool:
        """Let slamon do something, started first if it is dead; with *left* it is killed by then. Say if it lives."""
        self.fate.left = left
        try:
            if self.process is None:
                self.fate.is_dead = False
                self.process = Process(self.config, HandTime(self.clock), self.fate)
            act(self.process)
        except Killed:
            pass
        if left is None and not self.fate.is_dead:
            return True
        self._kill()
        return False

    def _kill(self) -> None:
        """Take its claims and leases away too, as time would."""
        self.fate.die()
        self.kills += 1
        if self.process is not None:
            self.process.end()
            self.process = None
        pass_leases(self.url)

    @rule()
    def poll(self) -> None:
        if self._live(lambda process: process.poll()):
            assert self.process is not None
            assert self.process.disagreements() == []

    @rule()
    def catch_up(self) -> None:
        self._live(lambda process: process.catch_up())

    @rule(answer=st.sampled_from((*ANSWERS, "")), kept=st.booleans())
    def send(self, answer: str, kept: bool) -> None:
        self._answer(answer, kept)
        self._live(lambda process: process.send())

    @rule(statements=st.integers(0, 60))
    def die_in_a_poll(self, statements: int) -> None:
        self._live(lambda process: process.poll(), statements)

    @rule(statements=st.integers(0, 12))
    def die_while_sending(self, statements: int) -> None:
        self._answer("", kept=True)
        self._live(lambda process: process.send(), statements)

    @rule(step=st.sampled_from(("EHLO", "RCPT", "DATA", ".")), kept=st.booleans())
    def die_in_a_dialogue(self, step: str, kept: bool) -> None:
        """The connection ends with the process, and the server may have the mail or not."""

        def habit(at: str, _line: str) -> str:
            if at != step:
                return ""
            self.fate.die()
            return RESET

        self.server.habit, self.server.keeps_unanswered = habit, kept
        self._live(lambda process: process.send())

    def _answer(self, name: str, kept: bool) -> None:
        """Let the mail server do something bad once, but never to the fallback."""
        self.server.keeps_unanswered = kept
        self.server.habit = _once(*ANSWERS[name]) if name else well

    # --- the desk

    @rule(minutes=st.sampled_from((1, 7, 30, 120, 600)))
    def pass_time(self, minutes: int) -> None:
        self.portal.call(self.simulator.advance, 60.0 * minutes)

    @precondition(lambda self: len(self.simulator.world.tickets) > 3)
    @rule(place=st.integers(0, 30), change=st.sampled_from(CHANGES), other=st.integers(0, 30))
    def change(self, place: int, change: str, other: int) -> None:
        self.portal.call(self._change, place, change, other)

    def _change(self, place: int, change: str, other: int) -> None:
        world, at = self.simulator.world, self.simulator.now
        tickets = [world.tickets[number] for number in sorted(world.tickets)]
        ticket, second = tickets[place % len(tickets)], tickets[other % len(tickets)]
        if change == "delete":
            self.simulator.life.forget(ticket)
            desk.drop(world, ticket)
            return
        if change == "priority":
            desk.set_priority(world, ticket, world.priority_ids[other % len(world.priority_ids)], at, API_MEMBER)
        elif change == "board":
            boards = sorted(world.workflows)
            board = boards[other % len(boards)]
            desk.set_board(world, ticket, board, world.workflows[board].new, at, API_MEMBER)
        elif change == "merge" and ticket is not second:
            desk.merge(world, ticket, second, _status(self.simulator, ticket, "close"), at, API_MEMBER)
        else:
            desk.set_status(world, ticket, _status(self.simulator, ticket, change), at, API_MEMBER)
        self.simulator.life.touched(ticket, at)

    # --- what must hold

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return list(connection.execute(sql))

    @invariant()
    def what_happened_stays(self) -> None:
        for name, sql in (("events", "SELECT * FROM events"), ("told", "SELECT * FROM transitions")):
            before, now = getattr(self, name), Counter(self._rows(sql))
            assert not before - now, f"{name}: gone or changed"
            setattr(self, name, now)

    @invariant()
    def every_breach_has_its_mails(self) -> None:
        counts = Counter(self._rows("SELECT ticket_id, recipient FROM notifications WHERE kind = 'breached'"))
        since = int(START.timestamp())
        happened = f"change = 'breached' AND at >= {since}"
        broke = self._rows(f"SELECT ticket_id, count(*) FROM transitions WHERE {happened} GROUP BY ticket_id")
        for ticket_id, number in broke:
            for recipient in RECIPIENTS:
                assert counts[(ticket_id, recipient)] >= number, f"ticket {ticket_id}: {recipient} does not hear of it"

    @invariant()
    def mail_is_neither_lost_nor_twice_without_a_label(self) -> None:
        assert check(read_database(self.url), self.server.accepted, ()).faults == []

    @invariant()
    def a_breach_stands(self) -> None:
        """It ends with a new deadline, or where the ticket's history is told anew."""
        retold = {row[0] for row in self._rows("SELECT DISTINCT ticket_id FROM events WHERE kind = 'retold'")}
        for ticket_id, stage, verdict, version in self._verdicts():
            known = self.breached.get((ticket_id, stage))
            if known == version and ticket_id not in retold:
                assert verdict in SETTLED, f"ticket {ticket_id}, stage {stage}: breached, then {verdict}"
            if verdict == "breached":
                self.breached[(ticket_id, stage)] = version

    def _verdicts(self) -> Iterator[tuple[int, str, str, int]]:
        """Yield (ticket, stage, verdict, deadline version) of every newest reading."""
        newest = "as_of = (SELECT max(as_of) FROM readings n WHERE n.tenant = r.tenant AND n.ticket_id = r.ticket_id)"
        for stage in ("respond", "plan", "resolve"):
            columns = f"ticket_id, '{stage}', {stage}_verdict, {stage}_version"
            yield from self._rows(f"SELECT {columns} FROM readings r WHERE {newest}")

    def teardown(self) -> None:
        """Let all become well: then everything was told, and every mail arrived."""
        try:
            if hasattr(self, "server"):
                self._come_to_rest()
        finally:
            if self.process is not None:
                self.process.end()
            self.stack.close()

    def _come_to_rest(self) -> None:
        self._answer("", kept=False)
        assert self._live(lambda process: process.poll())
        for _ in range(4):
            self._live(lambda process: process.send())
            self.portal.call(self.simulator.advance, 3600.0 * 5)  # longer than any pause between two tries
        found = check(read_database(self.url), self.server.accepted, ())
        assert (found.faults, found.waiting) == ([], 0)


def _once(step: str, answer: str) -> Callable[[str, str], str]:
    left = [answer]

    def habit(at: str, line: str) -> str:
        return left.pop() if at == step and left and FALLBACK not in line else ""

    return habit


def _status(simulator: Simulator, ticket: Ticket, change: str) -> int:
    """Return the status of the ticket's board that *change* leads to; one that the board lacks leads to its end."""
    flow = simulator.world.workflows[ticket.row["board"]["id"]]
    ways = {"answer": flow.answered, "reopen": flow.reopened, "finish": flow.done}
    if change in ways and ways[change] is not None:
        return int(ways[change] or 0)
    some = {"plan": flow.planned, "wait": flow.waiting}.get(change) or flow.closed
    return some[0]


@cache
def _empty() -> Path:
    """Return a database that has its schema and nothing else."""
    file = Path(tempfile.mkdtemp(prefix="slamon-machine-empty-")) / "slamon.db"
    open_store(f"sqlite:///{file}").close()
    return file
