"""
Telling callbacks what happened: signed POSTs, tried again as ConnectWise does.

The signature in `x-content-signature` is base64(HMAC-SHA256(SHA256(signing key), body)). Answers 404, 409, 419 and 429
are tried again after two and four seconds, nothing else is; three days of failures in a row make an entry inactive.
A callback is no promise: what cannot be told is dropped.
"""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Sequence
from uuid import uuid4

import httpx
import msgspec

from slamon.simulator.callbacks import wanted
from slamon.simulator.simulator import Simulator
from slamon.simulator.system import CODEBASE
from slamon.simulator.tickets import Tickets
from slamon.simulator.world import API, CallbackKey, Row

TRIED_AGAIN = frozenset((404, 409, 419, 429))
RETRY_SECONDS = (2.0, 4.0)
TIMEOUT_SECONDS = 5.0
FAILING_DAYS_SECONDS = 3 * 86_400
MOST_AT_ONCE = 8


class CallbackSender:
    """Delivers what `world.changes` collects; *retry_seconds* are the pauses before the second and third try."""

    def __init__(
        self,
        simulator: Simulator,
        base_url: str,
        *,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.simulator = simulator
        self.base_url = base_url
        self.retry_seconds = tuple(retry_seconds)
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=tls or ssl.create_default_context()
        )

    def pump(self) -> None:
        """Start the delivery of all that has happened since the last call."""
        world = self.simulator.world
        if not world.changes:
            return
        happened, world.changes = world.changes, {}
        for (kind, number), action in happened.items():
            row = self._row(kind, number)
            if row is None and action != "deleted":
                continue
            for entry in world.rows("callbacks"):
                if wanted(entry, kind, row):
                    task = asyncio.create_task(self._deliver(dict(entry), kind, number, action, row))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def _row(self, kind: str, number: int) -> Row | None:
        world = self.simulator.world
        if kind == "ticket":
            ticket = world.tickets.get(number)
            return None if ticket is None else with_figures(self.simulator, ticket.row)
        return world.tables["companies"].get(number)

    async def _deliver(self, entry: Row, kind: str, number: int, action: str, row: Row | None) -> None:
        key, at = self.simulator.world.callback_keys.get(entry["id"]), self.simulator.lived
        if key is None:
            return
        body = self._body(entry, key, kind, number, action, row)
        headers = {"Content-Type": "application/json", "x-content-signature": signature(key.secret, body)}
        async with self._slots:
            done = await self._try(address(entry["url"], number, action), body, headers)
        self._remember(entry["id"], done, at)

    async def _try(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        for pause in (*self.retry_seconds, None):
            try:
                status = (await self._http.post(url, content=body, headers=headers)).status_code
            except (httpx.HTTPError, httpx.InvalidURL):
                return False
            if status not in TRIED_AGAIN or pause is None:
                return 200 <= status < 300
            await asyncio.sleep(pause)
        return False

    def _remember(self, entry_id: int, done: bool, at: int) -> None:
        """Make an entry inactive if all deliveries begun in the three simulated days before *at* have failed."""
        world = self.simulator.world
        entry = world.tables["callbacks"].get(entry_id)
        if done or entry is None:
            world.callback_failing_since.pop(entry_id, None)
        elif at - world.callback_failing_since.setdefault(entry_id, at) >= FAILING_DAYS_SECONDS:
            entry["inactiveFlag"] = True

    def _body(self, entry: Row, key: CallbackKey, kind: str, number: int, action: str, row: Row | None) -> bytes:
        company = self.simulator.world.company_id
        base = f"{self.base_url}/{CODEBASE}/apis/3.0/"
        entity = None if row is None else msgspec.json.encode(row).replace(API.encode(), base.encode()).decode()
        key_url = f"{self.base_url}/{CODEBASE}//system/callbackkey/index.rails?companyName={company}&id={key.guid}"
        return msgspec.json.encode(
            {
                "MessageId": str(uuid4()),
                "FromUrl": self.base_url.partition("//")[2],
                "CompanyId": company,
                "MemberId": "apimember",
                "Action": action,
                "Type": kind,
                "ID": number,
                "ProductInstanceId": None,
                "PartnerId": None,
                "Entity": entity,
                "Metadata": {"key_url": key_url},
                "CallbackObjectRecId": entry["id"],
            }
        )


def with_figures(simulator: Simulator, row: Row) -> Row:
    """Return a ticket as its own address shows it."""
    return Tickets.of(simulator).show_one(row)


def signature(signing_key: str, body: bytes) -> str:
    """Return the header's value for *body*."""
    key = hashlib.sha256(signing_key.encode()).digest()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def address(url: str, number: int, action: str) -> str:
    """Return the address of one delivery: the id goes behind a final `=`, else it gets a name of its own."""
    if url.endswith("="):
        return f"{url}{number}&action={action}"
    return f"{url}{'&' if '?' in url else '?'}id={number}&action={action}"
