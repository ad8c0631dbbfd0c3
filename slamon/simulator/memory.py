"""What was answered before: the source of old copies, repeated pages and rows that stand on the wrong page."""

import re
from collections import OrderedDict
from urllib.parse import unquote_plus

from slamon.simulator.reply import Reply
from slamon.simulator.world import Row

REMEMBERED = 200
_PAGING = re.compile(r"(\bid (?:>=|<=|>|<) |[?&]page(?:Id)?=)\d+", re.IGNORECASE)


class Memory:
    """Remembers the answers to the addresses asked last."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, Reply] = OrderedDict()
        self._older: dict[str, Reply] = {}
        self._pages: dict[str, str] = {}
        self._moved: dict[str, Row] = {}

    def note(self, target: str, reply: Reply) -> None:
        """Keep a good answer as the server gave it; *target* is path and query."""
        if reply.status != 200:
            return
        known = self._newest.pop(target, None)
        if known is not None and known.body != reply.body:
            self._older[target] = known
        self._newest[target] = reply
        self._pages[list_of(target)] = target
        if len(self._newest) > REMEMBERED:
            gone, _ = self._newest.popitem(last=False)
            self._older.pop(gone, None)

    def older(self, target: str, reply: Reply) -> Reply | None:
        """Return what *target* answered before it answered as it does now."""
        known = self._newest.get(target)
        return known if known is not None and known.body != reply.body else self._older.get(target)

    def other_page(self, target: str) -> Reply | None:
        """Return the page of the same list that was given last, if it was another one."""
        before = self._pages.get(list_of(target))
        return self._newest.get(before) if before is not None and before != target else None

    def put_off(self, target: str, row: Row) -> None:
        """Keep *row* for the list's next page."""
        self._moved[list_of(target)] = row

    def take_row(self, target: str) -> Row | None:
        """Return the row that waits for this list's next page, and forget it."""
        return self._moved.pop(list_of(target), None)


def list_of(target: str) -> str:
    """Return the address without what tells one page of the list from another."""
    return _PAGING.sub(r"\1*", unquote_plus(target))
