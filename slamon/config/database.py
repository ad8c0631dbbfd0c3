"""Addresses of databases: which are taken, where SQLite's file lies, and how they are shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slamon.redact import MASK

DEFAULT_URL = "sqlite:///slamon.db"
_QUERY = re.compile(r"((?:^|[?&])(?:ssl)?password=)([^&]*)", re.IGNORECASE)
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:)([^?]+)(.*)", re.DOTALL)
_REMEDY = "write sqlite:///FILE or postgresql://USER@HOST/NAME"


def check_url(url: str) -> str:
    """Return *url* as given.

    Raises:
        ValueError: Not a database slamon works with; the message never repeats the address.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "postgres":
        raise ValueError("write postgresql:// instead of postgres://")
    try:
        known = scheme in ("sqlite", "postgresql") and "://" in url and urlsplit(url).port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError(_REMEDY)
    return url


def anchor_url(url: str, folder: Path) -> str:
    """Return *url* with a relative SQLite file made absolute, seen from *folder*."""
    match = _SQLITE.fullmatch(url)
    return f"{match[1]}{(folder / match[2]).absolute()}{match[3]}" if match else url


def passwords_of(url: str) -> list[str]:
    """Return the passwords an address holds, decoded."""
    try:
        inline = urlsplit(url).password
    except ValueError:
        inline = None
    query = [match[2] for match in _QUERY.finditer(url.partition("?")[2])]
    return [unquote(password) for password in (inline, *query) if password]


def mask_url(url: str) -> str:
    """Return *url* fit to be shown: its passwords are stars."""
    userinfo, at, rest = url.rpartition("@")
    scheme, slashes, credentials = userinfo.partition("://")
    if at and slashes and ":" in credentials:
        url = f"{scheme}://{credentials.partition(':')[0]}:{MASK}@{rest}"
    base, mark, query = url.partition("?")
    return base + mark + _QUERY.sub(rf"\g<1>{MASK}", query)


def sslmode_of(url: str) -> str | None:
    """Return the `sslmode` that an address of Postgres names, None without one."""
    found = re.search(r"[?&]sslmode=([\w-]+)", url)
    return found[1] if found else None
