"""A ConnectWise of prepared pages in a process of its own: fast enough that the client is what is measured.

`python -m tests.bench.pages TICKETS` prints its address. Tickets are open rows of the
simulator under other ids, each page encoded once; all but tickets is answered by the simulator itself.
`POST /bench/changes?count=N` lets ten minutes pass, in which N tickets change their status;
`POST /bench/wait?seconds=S` lets each page take so long; each of them tells what was asked since the last time.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send

from slamon.simulator import SimClock, Simulator
from slamon.simulator.app import create_app
from slamon.simulator.fields import Tree, pick, tree
from slamon.simulator.ticket_row import with_links
from slamon.simulator.world import API, Row

BASE = "/v4_6_release/apis/3.0"
LIST = f"{BASE}/service/tickets"
TRAIL = f"{BASE}/system/audittrail"
START = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
APART = timedelta(seconds=200)  # between two tickets' entries, so that the newest changes are few
PASSES = timedelta(minutes=10)
_BOUND = re.compile(r"\bid (>|<=) (\d+)")
_IDS = re.compile(r"\bid in \(([^)]*)\)")
_SINCE = re.compile(r"lastUpdated >= \[([^]]*)\]")


class Pages:
    """The tickets 1 to *count*, as an ASGI application."""

    def __init__(self, count: int) -> None:
        self.clock = SimClock(START, speed=0)
        simulator = Simulator(7, 400, 0, clock=self.clock, arrivals_a_day=0)
        self.count = count
        self.wait_seconds = 0.0
        self._inner = create_app(simulator)
        self._world = simulator.world
        self._templates = [
            with_links(ticket.row)
            for ticket in simulator.world.tickets.values()
            if ticket.row["_info"]["lastUpdated"] == ticket.row["_info"]["dateEntered"]
        ]
        self._changed: dict[int, list[datetime]] = {}
        self._next = 1
        self._bodies: dict[tuple[object, ...], tuple[bytes, int]] = {}
        self.requests = self.rows = self.bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path, query = scope["path"], {k: v[0] for k, v in parse_qs(scope["query_string"].decode()).items()}
        if path.startswith("/bench/"):
            await _send(send, gzip.compress(self._command(path, query)), self.clock())
            return
        self.requests += 1
        if path not in (LIST, f"{LIST}/count", TRAIL):
            await self._inner(scope, receive, send)
            return
        await asyncio.sleep(self.wait_seconds)
        body, rows = self._answer(path, query)
        self.rows += rows
        self.bytes += len(body)
        await _send(send, body, self.clock())

    def _command(self, path: str, query: dict[str, str]) -> bytes:
        if path == "/bench/changes":
            count = int(query["count"])
            self.clock.advance(PASSES.total_seconds())
            for place in range(count):
                at = self.clock() - PASSES * (1 - (place + 1) / count)
                self._changed.setdefault(self._next, []).append(at.replace(microsecond=0))
                self._next = self._next % self.count + 1
            self._bodies.clear()
        if path == "/bench/wait":
            self.wait_seconds = float(query["seconds"])
        told = {"requests": self.requests, "rows": self.rows, "bytes": self.bytes}
        self.requests = self.rows = self.bytes = 0
        return msgspec.json.encode(told)

    def _answer(self, path: str, query: dict[str, str]) -> tuple[bytes, int]:
        """Return the compressed body and how many rows it holds."""
        if path == TRAIL:
            rows: list[Row] = self._trail(int(query["id"]))
            return gzip.compress(msgspec.json.encode(rows), 4), len(rows)
        conditions, size = query.get("conditions", ""), int(query.get("pageSize", 25))
        if path != LIST:
            return gzip.compress(msgspec.json.encode({"count": sum(1 for _ in self._ids(conditions))})), 0
        down = "desc" in query.get("orderBy", "")
        key = (conditions, size, down, query.get("fields", ""))
        if key not in self._bodies:
            ids = list(self._ids(conditions))
            shown = (ids[::-1] if down else ids)[:size]
            wanted = tree(query.get("fields", ""))
            body = b"[" + b",".join(self._row(number, wanted) for number in shown) + b"]"
            self._bodies[key] = gzip.compress(body.replace(API.encode(), b"http://127.0.0.1"), 4), len(shown)
        return self._bodies[key]

    def _ids(self, conditions: str) -> Iterable[int]:
        low, high = 1, self.count
        for sign, number in _BOUND.findall(conditions):
            low, high = (max(low, int(number) + 1), high) if sign == ">" else (low, min(high, int(number)))
        if found := _IDS.search(conditions):
            return [n for n in sorted(map(int, found[1].split(","))) if low <= n <= high]
        if "closedFlag" in conditions or not (since := _SINCE.search(conditions)):
            return range(low, high + 1)
        floor = datetime.fromisoformat(since[1])
        newest = {number for number in range(low, min(high, 3) + 1) if self._entered(number) >= floor}
        return sorted(newest | {n for n, at in self._changed.items() if low <= n <= high and at[-1] >= floor})

    def _entered(self, number: int) -> datetime:
        return START - timedelta(days=10) - APART * number

    def _row(self, number: int, wanted: Tree) -> bytes:
        template = self._templates[number % len(self._templates)]
        times = self._changed.get(number, [])
        entered = f"{self._entered(number):%Y-%m-%dT%H:%M:%SZ}"
        updated = f"{times[-1]:%Y-%m-%dT%H:%M:%SZ}" if times else entered
        info = {**template["_info"], "dateEntered": entered, "lastUpdated": updated}
        row = {**template, "id": number, "status": self._status(number, len(times)), "_info": info}
        return msgspec.json.encode(pick(row, wanted) if wanted else row)

    def _status(self, number: int, turns: int) -> Row:
        """Return the status after so many changes: to and fro between the board's first and its answered one."""
        template = self._templates[number % len(self._templates)]
        flow = self._world.workflows[template["board"]["id"]]
        return template["status"] if turns % 2 == 0 else self._world.reference("status", flow.answered)

    def _trail(self, number: int) -> list[Row]:
        times = self._changed.get(number, [])
        return [
            {
                "text": f'Status has been updated from "{self._status(number, turn)["name"]}"'
                f' to "{self._status(number, turn + 1)["name"]}".',
                "enteredDate": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "enteredBy": "jdoe",
                "auditType": "Ticket",
                "auditSubType": "Status",
            }
            for turn, at in reversed(list(enumerate(times)))
        ]


async def _send(send: Send, body: bytes, now: datetime) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-encoding", b"gzip"),
        (b"content-length", str(len(body)).encode()),
        (b"date", format_datetime(now.replace(microsecond=0), usegmt=True).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app = Pages(int(sys.argv[1]))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, lifespan="off", log_config=None, date_header=False, server_header=False)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
