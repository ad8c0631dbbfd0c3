"""Where the API is: the codebase of a ConnectWise site, asked for once and again when it has moved."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from slamon.clean import shown
from slamon.connectwise.address import check_url
from slamon.connectwise.answers import Answer, proved
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import DEFAULT_LIMITS, Limits
from slamon.connectwise.rate import Pace
from slamon.connectwise.records import CompanyInfo
from slamon.connectwise.request import Request
from slamon.connectwise.rows import decode
from slamon.connectwise.transport import Transport
from slamon.errors import PayloadError, SourceRefusedError
from slamon.ports import Observer, Unobserved

R = TypeVar("R")

CLOUD = ".myconnectwise.net"

_API = re.compile(r"/apis/\d+\.\d+/?$", re.IGNORECASE)
_CODEBASE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def names_api(url: str) -> bool:
    """Tell whether *url* is the API's own address (`.../apis/3.0`) rather than a site's."""
    return bool(_API.search(urlsplit(url).path))


def login_root(url: str) -> str:
    """Return where a site answers `/login/companyinfo`: in the cloud, the host without `api-`."""
    parts = urlsplit(url)
    host = parts.netloc
    if (parts.hostname or "").lower().endswith(CLOUD):
        host = host.removeprefix("api-")
    return urlunsplit((parts.scheme, host, "", "", ""))


def api_root(url: str, codebase: str) -> str:
    """Return the API's address for *codebase*: in the cloud, on the host with `api-`."""
    parts = urlsplit(url)
    host = parts.netloc
    if (parts.hostname or "").lower().endswith(CLOUD) and not host.startswith("api-"):
        host = f"api-{host}"
    return urlunsplit((parts.scheme, host, f"/{codebase}/apis/3.0", "", ""))


def _tell(observer: Observer, tenant: str, per_minute: float) -> None:
    observer.set("slamon_api_allowed_requests_per_minute", per_minute, tenant=tenant)


class Connection:
    """Requests to the API of a ConnectWise site, wherever it is at the moment.

    *url* is the API's address, or a site's, whose codebase is then asked for
    at the first request. A codebase changes when ConnectWise is upgraded, so
    after a 404 to a path it is asked for once more, and the request repeated
    if it is another one. The host is always the configured one: no answer can send
    the credentials elsewhere.

    Raises:
        ConfigError: *url* or *ca_file* cannot be used.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        limits: Limits = DEFAULT_LIMITS,
        ca_file: Path | None = None,
        tenant: str = "",
        observer: Observer | None = None,
    ) -> None:
        check_url(url)
        self.url = url
        self._credentials = credentials
        pace = Pace(limits.requests_per_minute, told=partial(_tell, observer or Unobserved(), tenant))
        self._open = partial(Transport, limits=limits, ca_file=ca_file, tenant=tenant, observer=observer, pace=pace)
        self._lock = asyncio.Lock()
        self._left: list[Transport] = []
        self._transport = self._open(url, credentials) if names_api(url) else None
        self._discovered = self._transport is None

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    async def send(self, request: Request) -> Answer:
        """Do as `Transport.send` does."""
        return await self.read(request, proved)

    async def read(self, request: Request, reader: Callable[[Answer], R]) -> R:
        """Do as `Transport.read` does."""
        transport = self._transport or await self._find(known=None)
        try:
            return await transport.read(request, reader)
        except SourceRefusedError as error:
            # An API that knows the path but not the record is where it should be.
            if error.status != 404 or error.code == "NotFound" or not self._discovered:
                raise
            moved = await self._find(known=transport)
            if moved is transport:
                raise
            return await moved.read(request, reader)

    async def fetch_company_info(self) -> CompanyInfo:
        """Return what the site says, without a login, about the company: its codebase and version.

        Raises:
            SourceRefusedError: The site knows no such company (status 404).
            SourceError: It does not answer.
        """
        company = self._credentials.company
        async with self._open(login_root(self.url)) as anonymous:
            answer = await anonymous.get("/login/companyinfo/{company}", {"company": company})
        info = decode(answer.body, CompanyInfo | None)  # type: ignore[arg-type]
        if info is None:
            raise SourceRefusedError(
                f"{login_root(self.url)} knows no company {shown(company)}; check `company` and `url`", status=404
            )
        return info

    async def _find(self, known: Transport | None) -> Transport:
        """Return a transport to where the API is now: *known*, if it is still there."""
        async with self._lock:
            if self._transport is not known and self._transport is not None:
                return self._transport  # another request found it while this one waited
            root = api_root(self.url, await self._fetch_codebase())
            if known is None or known.base_url != root:
                if known is not None:
                    self._left.append(known)  # others may still be waiting for its answers
                self._transport = self._open(root, self._credentials)
            assert self._transport is not None
            return self._transport

    async def _fetch_codebase(self) -> str:
        company, info = self._credentials.company, await self.fetch_company_info()
        codebase = (info.codebase or "").strip("/")
        if not _CODEBASE.fullmatch(codebase):
            raise PayloadError(
                f"companyinfo of {shown(company)} names the codebase {shown(info.codebase)}; write the API's"
                " whole address (.../apis/3.0) in `url`",
                reason="bad_shape",
            )
        return codebase

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in (*self._left, self._transport):
            if transport is not None:
                await transport.aclose()
