"""What was answered before: the source of old copies, repeated pages and rows that stand on the wrong page."""

import re
from collections import OrderedDict
from urllib.parse import unquote_plus

from slamon.simulator.reply import Reply
from slamon.simulator.world import Row

REMEMBERED = 200  # answers
REMEMBERED_ROWS = 50_000
_FIELDS = re.compile(r"[?&]fields=([^&]*)")
_PAGING = re.compile(r"(\bid (?:>=|<=|>|<) |[?&]page(?:Id)?=)\d+", re.IGNORECASE)


class Memory:
    """Remembers the answers to the addresses asked last."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, Reply] = OrderedDict()
        self._older: dict[str, Reply] = {}
        self._pages: dict[str, str] = {}
        self._moved: dict[str, Row] = {}
        self._rows: OrderedDict[tuple[str, object], tuple[Row, Row]] = OrderedDict()

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
            self._pages.pop(list_of(gone), None)
        for row in reply.rows():
            self._note_row((_kind_of(target), row.get("id")), row)

    def _note_row(self, key: tuple[str, object], row: Row) -> None:
        newest, older = self._rows.pop(key, (row, row))
        self._rows[key] = (row, older if row == newest else newest)
        if len(self._rows) > REMEMBERED_ROWS:
            self._rows.popitem(last=False)

    def older(self, target: str, reply: Reply) -> Reply | None:
        """Return what *target* answered before it answered as it does now."""
        known = self._newest.get(target)
        return known if known is not None and known.body != reply.body else self._older.get(target)

    def older_row(self, target: str, row: Row) -> Row | None:
        """Return *row* as this endpoint gave it before it became as it is, with the same fields."""
        newest, older = self._rows.get((_kind_of(target), row.get("id")), (row, row))
        found = newest if newest != row else older
        return found if found != row else None

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


def _kind_of(target: str) -> str:
    """Return what rows of one kind have in common: the path, and the fields that were asked for."""
    fields = _FIELDS.search(target)
    return f"{target.partition('?')[0]}?{fields[1] if fields else ''}"


def list_of(target: str) -> str:
    """Return the address without what tells one page of the list from another."""
    return _PAGING.sub(r"\1*", unquote_plus(target))
