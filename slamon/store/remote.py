"""A Postgres on another machine must prove who it is: its address says how, or it is refused."""

from __future__ import annotations

import ipaddress
import os

from sqlalchemy.engine import URL

from slamon.errors import StoreError
from slamon.store.failures import shown


def require_proof(url: URL) -> None:
    """Let pass a server on this machine, and one whose address says how it is to be verified.

    libpq's own default encrypts if the server likes to, and believes whoever answers.

    Raises:
        StoreError: On another machine, and nothing is said.
    """
    if is_local(url) or "sslmode" in url.query or os.environ.get("PGSSLMODE"):
        return
    remedy = "add ?sslmode=verify-full&sslrootcert=system to the store's URL (or sslrootcert=FILE of its authority)"
    raise StoreError(f"{shown(url)}: the server is on another machine and does not have to prove who it is; {remedy}")


def is_local(url: URL) -> bool:
    """Say whether every server that *url* names is reached without leaving this machine."""
    named = url.query.get("host", ())
    hosts = [url.host] if url.host else [named] if isinstance(named, str) else list(named)
    hosts = hosts or [os.environ.get("PGHOST", "")]
    return all(_is_local(host) for part in hosts if part is not None for host in part.split(","))


def _is_local(host: str) -> bool:
    host = host.rpartition(":")[0] if host.count(":") == 1 else host
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
