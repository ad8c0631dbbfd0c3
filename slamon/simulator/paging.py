"""
Pages of a list: navigable (page, pageSize, Link with first, prev, next, last) and forward-only (pageId, next alone).

pageSize defaults to 25; what is over 1000 is cut to 1000 without a word. A page past the end is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from slamon.simulator.errors import bad_argument
from slamon.simulator.world import Row

DEFAULT_SIZE, LARGEST_SIZE = 25, 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """What part of the list is wanted; *after_id* is set for forward-only paging."""

    size: int
    number: int = 1
    after_id: int | None = None


def read_page(query: Mapping[str, str], *, forward_only: bool) -> Page:
    """
    Return the page that *query* (names in lower case) asks for.

    Raises:
        ApiError: 400, a parameter is no number, or orderBy is given where the order is fixed.
    """
    size = min(max(_number(query, "pagesize", DEFAULT_SIZE), 1), LARGEST_SIZE)
    if not forward_only:
        return Page(size, max(_number(query, "page", 1), 1))
    if "orderby" in query:
        raise bad_argument("orderBy is not supported with forward-only pagination.")
    return Page(size, after_id=_number(query, "pageid", 0))


def cut(rows: list[Row], page: Page) -> list[Row]:
    """Return the rows of *page*; with forward-only paging *rows* must come in the order of their ids."""
    if page.after_id is not None:
        later = [row for row in rows if row["id"] > (page.after_id or 0)]
        return later[: page.size]
    first = (page.number - 1) * page.size
    return rows[first : first + page.size]


def link_header(url: str, query: Mapping[str, str], rows: list[Row], page: Page) -> str | None:
    """
    Return the Link header for *page* of *rows*, None where there is none.

    Forward-only always has one; it is empty when nothing follows. *query* is the request's own, as sent.
    """
    if page.after_id is not None:
        return _forward(url, query, rows, page)
    last = -(-len(rows) // page.size)
    wanted: dict[str, int] = {}
    if page.number > 1 and last:
        wanted |= {"first": 1, "prev": min(page.number - 1, last)}
    if page.number < last:
        wanted |= {"next": page.number + 1, "last": last}
    links = [_link(url, query, {"pageSize": page.size, "page": to}, rel) for rel, to in wanted.items()]
    return ", ".join(links) or None


def _forward(url: str, query: Mapping[str, str], rows: list[Row], page: Page) -> str:
    shown = cut(rows, page)
    if not shown or shown[-1]["id"] == rows[-1]["id"]:
        return ""
    return _link(url, query, {"pageSize": page.size, "pageId": shown[-1]["id"]}, "next")


def _link(url: str, query: Mapping[str, str], paging: dict[str, int], rel: str) -> str:
    dropped = {"page", "pagesize", "pageid"}
    kept = {name: value for name, value in query.items() if name.lower() not in dropped}
    return f'<{url}?{urlencode({**kept, **paging})}>; rel="{rel}"'


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise bad_argument(f"{name} must be a number.") from None
