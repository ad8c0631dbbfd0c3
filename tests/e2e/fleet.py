"""Several daemons on one database, the desks they watch, and the mailbox they all send to."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from slamon.mailbox import Mailbox
from tests.e2e.processes import get, running, sample, simulator, wait_for

PATIENCE = 180.0  # seconds; what is awaited comes in a few
STARTS_AT = "2026-11-16T14:00:00Z"  # a Monday morning in New York

_HEAD = """\
[web]
listen = "127.0.0.1:0"
[mail]
host = "127.0.0.1"
port = {mail_port}
security = "none"
sender = "slamon@msp.example"
[alerts]
recipients = ["noc@msp.example", "boss@msp.example"]
[[report]]
name = "breaches"
cron = "0 */4 * * *"
[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{starts_at}"
"""
_TENANT = """\
[tenant.{name}]
url = "{url}"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
poll_seconds = {poll_seconds}
requests_per_minute = 60000
"""


@dataclass(slots=True)
class Member:
    """One daemon of the fleet."""

    process: subprocess.Popen[bytes]
    log: Path
    address: str = ""

    def started(self) -> Member:
        self.address = wait_for("an address", lambda: self._address(), PATIENCE)
        return self

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.log.read_text()
        return next((str(e["address"]) for e in self.events() if e["event"] == "started"), None)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def page(self) -> str:
        return get(f"{self.address}/metrics")[1]

    def read(self, series: str) -> float:
        return sample(self.page(), series) or 0.0

    def holds(self, tenant: str) -> bool:
        return self.read(f'slamon_lease_held{{tenant="{tenant}"}}') == 1

    def requests(self, tenant: str) -> float:
        """Return how many requests it has sent to the tenant's ConnectWise."""
        lines = (line for line in self.page().splitlines() if line.startswith("slamon_api_requests_total{"))
        return sum(float(line.rpartition(" ")[2]) for line in lines if f'tenant="{tenant}"' in line)

    def is_ready(self) -> bool | None:
        return get(f"{self.address}/-/ready")[0] == 200 or None

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0


@dataclass(slots=True)
class Fleet:
    """The database at *url*, and the daemons started on it; *head* and *desks* make their configuration."""

    url: str
    folder: Path
    mails: Path
    head: str
    desks: dict[str, str]
    poll_seconds: int
    stack: ExitStack
    members: list[Member] = field(default_factory=list)

    def write_config(self) -> Path:
        (self.folder / "key").write_text("private")
        tenants = [
            _TENANT.format(name=name, url=url, poll_seconds=self.poll_seconds) for name, url in self.desks.items()
        ]
        path = self.folder / "slamon.toml"
        path.write_text(self.head + "".join(tenants))
        return path

    def start(self, *command: str) -> Member:
        """Start another daemon, by `run` or *command*; it is not awaited."""
        config, log = self.write_config(), self.folder / f"log-{len(self.members)}"
        process = self.stack.enter_context(
            running("-c", str(config), *(command or ("run",)), cwd=self.folder, log=log, SLAMON_STORE__URL=self.url)
        )
        self.members.append(Member(process, log))
        return self.members[-1]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(query)]
        engine.dispose()
        return found

    def lived_seconds(self) -> int:
        """Return how much simulated time lies between the first poll and the last."""
        return int(self.rows("SELECT max(started_at) - min(started_at) FROM polls")[0][0] or 0)

    def polls(self, tenant: str) -> int:
        """Return how many polls of the tenant worked."""
        return int(self.rows(f"SELECT count(*) FROM polls WHERE tenant = '{tenant}' AND result <> 'failed'")[0][0])

    def sent(self) -> list[EmailMessage]:
        parser = BytesParser(policy=policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in sorted(self.mails.glob("*.eml"))]

    def wait_for_polls(self, tenant: str, more: int) -> None:
        goal = self.polls(tenant) + more
        wait_for(f"{more} polls of {tenant}", lambda: self.polls(tenant) >= goal or None, PATIENCE)

    # --- what must hold, whatever was done to the daemons

    def check(self) -> None:
        """Check that no poll ran beside another, nothing was told twice, and nothing of one tenant told of another."""
        for tenant in self.desks:
            rows = self.rows(f"SELECT started_at, finished_at FROM polls WHERE tenant = '{tenant}' ORDER BY id")
            for (_, finished), (started, _) in pairwise(rows):
                assert finished <= started, (tenant, finished, started)
        twice = self.rows(
            "SELECT tenant, ticket_id, count(*) FROM events WHERE kind IN ('entered', 'retold')"
            " GROUP BY tenant, ticket_id HAVING sum(CASE kind WHEN 'entered' THEN 1 ELSE -1 END) > 1"
        )
        assert twice == []
        ids = [str(mail["Message-ID"]) for mail in self.sent()]
        assert len(ids) == len(set(ids))
        self._check_mixups()

    def _check_mixups(self) -> None:
        """Both desks have tickets of the same numbers: a message must name the company of its own tenant's ticket."""
        query = (
            "SELECT n.tenant, n.ticket_id, n.text, t.company FROM notifications n"
            " JOIN tickets t ON t.tenant = n.tenant AND t.id = n.ticket_id WHERE n.ticket_id IS NOT NULL"
        )
        for tenant, ticket, text, company in self.rows(query):
            assert f"Ticket {ticket} at {company}" in text, (tenant, ticket, company, text[:200])


@contextmanager
def fleet(
    url: str, folder: Path, *, tenants: Sequence[str], speed: float, poll_seconds: int, tickets: int = 30
) -> Iterator[Fleet]:
    """Serve a desk of its own for each tenant, and a mailbox for all."""
    anchor = datetime.now(UTC).isoformat()
    with ExitStack() as stack:
        mails = folder / "mails"
        mails.mkdir()
        port = stack.enter_context(mailbox(mails))
        desks = {}
        for number, name in enumerate(tenants):
            own = folder / name
            own.mkdir()
            desks[name] = stack.enter_context(
                simulator(
                    own,
                    *("--seed", str(number + 1), "--tickets", str(tickets + number), "--closed", "5"),
                    *("--speed", str(speed), "--anchor", anchor, "--starts-at", STARTS_AT),
                )
            )
        head = _HEAD.format(mail_port=port, speed=speed, anchor=anchor, starts_at=STARTS_AT)
        yield Fleet(url, folder, mails, head, desks, poll_seconds, stack)


@contextmanager
def mailbox(folder: Path) -> Iterator[int]:
    """Take mails in a thread; give the port."""
    loop, box = asyncio.new_event_loop(), Mailbox(folder)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(box.__aenter__(), loop).result(30)
    try:
        yield box.port
    finally:
        asyncio.run_coroutine_threadsafe(box.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
