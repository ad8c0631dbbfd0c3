"""Whether ConnectWise wrote a callback: its signature, and the key fetched from the configured site only."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from slamon.connectwise.discovery import api_root, login_root
from slamon.connectwise.limits import Limits
from slamon.connectwise.rows import decode
from slamon.connectwise.transport import Transport
from slamon.errors import PayloadError, SourceRefusedError, SourceUnavailableError

T = TypeVar("T")

LONGEST_URL = 1000
LONGEST_KEY = 4096
KEYS = 8  # kept, the longest unused forgotten first
KEPT_SECONDS = 3600.0
REFUSALS = 64  # remembered for REFUSED_SECONDS, so that one bad address is not asked for twice
REFUSED_SECONDS = 300.0
AWAY_SECONDS = 5.0
FETCHES_A_MINUTE = 6

# ConnectWise waits five seconds for the answer to a callback.
KEY_LIMITS = Limits(deadline_seconds=3.0, connect_seconds=3.0, tries=1, body_bytes=65_536, parallel=1)

_PATH = re.compile(r"/(?:[A-Za-z0-9_.-]*/)*system/+callbackkey/+[A-Za-z0-9_.-]+", re.IGNORECASE)
_PORTS = {"https": 443, "http": 80}


class SigningKey(Struct):
    """The answer of a key's address."""

    signing_key: str


def sign(body: bytes, key: str) -> str:
    """Return what ConnectWise puts into `x-content-signature` for *body*, byte by byte as sent."""
    secret = hashlib.sha256(key.encode()).digest()
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def is_signed(body: bytes, signature: str, key: str) -> bool:
    """Tell whether *signature* is that of *body*; how long it takes does not depend on where they differ."""
    return hmac.compare_digest(sign(body, key).encode(), signature.encode("utf-8", "replace"))


def pinned(key_url: str, sites: Iterable[str], company: str) -> tuple[str, str, dict[str, str]] | None:
    """Return site, path and query of *key_url*, or None if it may not be asked.

    Only the *sites* are, under the path where ConnectWise keeps callback
    keys, and for *company* alone: another customer of the same cloud has
    keys of his own there. What is asked is put together from our own site,
    never from the address that came in.
    """
    if len(key_url) > LONGEST_URL or not re.fullmatch(r"[!-~]+", key_url) or "\\" in key_url:
        return None
    try:
        parts = urlsplit(key_url)
        asked = _origin(key_url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, max_num_fields=8)
    except ValueError:
        return None
    if "@" in parts.netloc or parts.fragment or ".." in parts.path or not _PATH.fullmatch(parts.path):
        return None
    names = [name.casefold() for name, _ in pairs]
    companies = [value.casefold() for name, value in pairs if name.casefold() == "companyname"]
    if len(set(names)) != len(names) or companies != [company.casefold()]:
        return None
    site = next((site for site in sites if _origin(site) == asked), None)
    return None if site is None else (site, parts.path, dict(pairs))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)


class KeyRing:
    """The signing keys of one tenant, fetched without credentials and kept. *now* is a monotonic clock.

    One key is fetched at a time, and few a minute, whatever comes in.
    """

    def __init__(
        self, url: str, company: str, *, ca_file: Path | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        # In the cloud the keys may be on either host of the region.
        self.sites = tuple(dict.fromkeys((login_root(url), _site(api_root(url, "x")))))
        self._company = company
        self._ca_file = ca_file
        self._now = now
        self._keys: OrderedDict[str, tuple[str, float]] = OrderedDict()  # with when to ask again
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._fetched: deque[float] = deque(maxlen=FETCHES_A_MINUTE)
        self._away_until = 0.0
        self._fetching = asyncio.Lock()

    def __repr__(self) -> str:
        return f"KeyRing({self.sites!r})"

    async def find(self, key_url: str) -> str | None:
        """Return the key at *key_url*, None where there is none to be trusted.

        Raises:
            SourceUnavailableError: It cannot be had at the moment.
        """
        target = pinned(key_url, self.sites, self._company)
        if target is None:
            return None
        if (known := self._kept(key_url)) is not None:
            return known  # without waiting for the key of somebody else
        async with self._fetching:
            if (known := self._kept(key_url)) is not None:
                return known
            if self._refused.get(key_url, 0.0) > self._now():
                return None
            self._take_turn()
            key = await self._fetch(*target)
            if key is None:
                _remember(self._refused, key_url, self._now() + REFUSED_SECONDS, REFUSALS)
            else:
                _remember(self._keys, key_url, (key, self._now() + KEPT_SECONDS), KEYS)
            return key

    def _kept(self, key_url: str) -> str | None:
        key, until = self._keys.get(key_url, ("", 0.0))
        if until <= self._now():
            return None
        self._keys.move_to_end(key_url)
        return key

    def _take_turn(self) -> None:
        now = self._now()
        if now < self._away_until:
            raise SourceUnavailableError("callback key: the site did not answer a moment ago")
        if len(self._fetched) == FETCHES_A_MINUTE and now - self._fetched[0] < 60:
            raise SourceUnavailableError("callback key: too many were asked for within a minute")
        self._fetched.append(now)

    async def _fetch(self, site: str, path: str, query: dict[str, str]) -> str | None:
        try:
            async with Transport(site, limits=KEY_LIMITS, ca_file=self._ca_file) as transport:
                answer = await transport.get(path, None, query)
            key = decode(answer.body, SigningKey).signing_key
        except (SourceRefusedError, PayloadError):
            return None
        except SourceUnavailableError:
            self._away_until = self._now() + AWAY_SECONDS
            raise
        return key if 0 < len(key) <= LONGEST_KEY else None


def _remember(kept: OrderedDict[str, T], key_url: str, value: T, most: int) -> None:
    kept[key_url] = value
    while len(kept) > most:
        kept.popitem(last=False)


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
