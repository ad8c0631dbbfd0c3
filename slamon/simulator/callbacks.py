"""`/system/callbacks`: who wants to be told of changes, and the key with which each is told."""

from ipaddress import ip_address
from secrets import token_hex
from urllib.parse import urlsplit
from uuid import uuid4

from slamon.simulator.errors import Problem, not_found
from slamon.simulator.records import Records
from slamon.simulator.simulator import Simulator
from slamon.simulator.world import CallbackKey, Row

API_MEMBER_ID = 190
OWNER = "owner"
LEVELS = {
    "ticket": (OWNER, "board", "status", "priority", "company"),
    "company": (OWNER, "company", "territory", "status"),
}
"""The types with deliveries, and the levels one may narrow them by: objectId is then that record's id."""

QUIET = frozenset(
    [
        "activity",
        "agreement",
        "configuration",
        "contact",
        "expense",
        "invoice",
        "member",
        "opportunity",
        "product",
        "project",
        "purchaseorder",
        "schedule",
        "site",
        "time",
    ]
)
"""Types that can be asked for, at level owner, and that never happen here."""

LONGEST_URL = 2_000


class Callbacks(Records):
    """The callback entries of the API member."""

    def read(self, sent: Row) -> tuple[Row, list[Problem]]:
        """Return the fields sent; at level owner object 0 means 1."""
        changes, problems = super().read(sent)
        if changes.get("level") == OWNER and changes.get("objectId") in (None, 0):
            changes["objectId"] = 1
        return changes, problems

    def inspect(self, row: Row, old: Row | None) -> list[Problem]:
        """Return what is wrong with type, level, object or address."""
        levels = LEVELS.get(row["type"], (OWNER,) if row["type"] in QUIET else ())
        if not levels:
            return [Problem("InvalidField", f"Unrecognized type {row['type'][:50]}.", "type")]
        if row["level"] not in levels:
            message = f"Unrecognized level for type {row['type']}: {row['level'][:50]}"
            return [Problem("InvalidField", message, "level")]
        if row["level"] == OWNER and row["objectId"] != 1:
            return [Problem("InvalidField", "The level owner needs objectId 1.", "objectId")]
        if not is_loopback(row["url"]):
            message = (
                "This simulator calls back to http and https on loopback addresses only, such as http://127.0.0.1:8000/"
            )
            return [Problem("InvalidField", message, "url")]
        return self._twin(row, old)

    def _twin(self, row: Row, old: Row | None) -> list[Problem]:
        keys = ("url", "type", "level", "objectId")
        for other in self.world.rows("callbacks"):
            if other is not old and all(other.get(key) == row.get(key) for key in keys):
                return [Problem("ObjectExists", "A matching callback entry already exists", "url")]
        return []

    def wrote(self, row: Row, action: str) -> None:
        """Give a new entry its key, and listen while there is someone to tell."""
        if action == "added":
            row |= {"memberId": API_MEMBER_ID, "payloadVersion": "3.0.0", "connectWiseID": self.world.company_id}
            self.world.callback_keys[row["id"]] = CallbackKey(str(uuid4()), token_hex(32))
        elif action == "deleted":
            self.world.callback_keys.pop(row["id"], None)
        elif not row["inactiveFlag"]:
            self.world.callback_failing_since.pop(row["id"], None)
        if not self.world.tables["callbacks"]:
            self.world.changes = None
        elif self.world.changes is None:
            self.world.changes = {}


def signing_key(simulator: Simulator, guid: str) -> Row:
    """
    Return what the address of a key answers.

    Raises:
        ApiError: 404, no callback has this key.
    """
    for key in simulator.world.callback_keys.values():
        if key.guid == guid:
            return {"signing_key": key.secret}
    raise not_found("Callback key", guid[:50])


def wanted(entry: Row, kind: str, row: Row | None) -> bool:
    """Return whether a callback *entry* asks for changes of this record; *row* is None when it is gone."""
    if entry["inactiveFlag"] or entry["type"] != kind:
        return False
    if entry["level"] == OWNER or row is None:
        return True
    if entry["level"] == kind:
        return bool(row["id"] == entry["objectId"])
    return bool(row.get(entry["level"], {}).get("id") == entry["objectId"])


def is_loopback(url: str) -> bool:
    """Return whether *url* is an http or https address on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
