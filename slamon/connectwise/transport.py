"""HTTP to ConnectWise. The only module that imports httpx; what httpx lacks is added here and in `body`."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import httpx
import stamina

from slamon.clean import clean_line
from slamon.connectwise.answers import Answer, RawAnswer, read_answer
from slamon.connectwise.body import BodyReader
from slamon.connectwise.credentials import Credentials
from slamon.errors import ConfigError, PayloadError, Problem, SourceUnavailableError
from slamon.ports import Observer, Unobserved

ACCEPT = "application/vnd.connectwise.com+json"

# stamina would log every try by itself and count it in a registry that is not ours.
stamina.instrumentation.set_on_retry_hooks(())


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often, how much. A deadline holds for one try from first to last byte."""

    deadline_seconds: float = 60.0
    connect_seconds: float = 10.0
    tries: int = 5
    total_seconds: float = 180.0  # no new try starts later than this after the first
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    jitter_seconds: float = 1.0
    body_bytes: int = 64 * 2**20
    parallel: int = 6


DEFAULT_LIMITS = Limits()


class UntrustedCertificateError(SourceUnavailableError):
    """The server's certificate cannot be verified; trying again at once will not help."""


class Transport:
    """GET requests to one ConnectWise API, with deadlines, retries and counts.

    *base_url* is the part before `/service/...`. Without *credentials* the
    requests are anonymous. Redirects are not followed, TLS is verified;
    *ca_file* adds certificates to trust. Plain http is for loopback only.
    At most `limits.parallel` requests are under way at once.

    Raises:
        ConfigError: *base_url* or *ca_file* cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        ca_file: Path | None = None,
        tenant: str = "",
        observer: Observer | None = None,
    ) -> None:
        check_url(base_url)
        self.base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._limits = limits
        self._tenant = tenant
        self._observer: Observer = observer or Unobserved()
        self._slots = asyncio.Semaphore(limits.parallel)
        self._silent_until = 0.0  # monotonic; set by a 429, respected by every request
        self._http = httpx.AsyncClient(
            headers={
                "Accept": ACCEPT,
                "Accept-Encoding": "gzip",
                **(credentials.headers() if credentials else {}),
            },
            verify=_tls_context(ca_file),
            timeout=httpx.Timeout(limits.deadline_seconds, connect=limits.connect_seconds),
            limits=httpx.Limits(max_connections=limits.parallel, max_keepalive_connections=limits.parallel),
            follow_redirects=False,
            # A proxy named in the environment must not see what is meant for this machine.
            trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
        )

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    async def get(
        self,
        endpoint: str,
        ids: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """Ask for *endpoint*, a template such as `/service/boards/{board}/statuses`, filled from *ids*.

        Tried again, with growing pauses or after what `Retry-After` says,
        on 429, 5xx, time-outs and broken connections; never on other 4xx.

        Raises:
            SourceUnavailableError: No good answer within the limits; `retry_after` if the server named it.
            SourceRefusedError: The server will not answer this.
            PayloadError: It answered with something else than JSON, or far too much.
        """
        path = endpoint.format_map({k: quote(str(v), safe="") for k, v in (ids or {}).items()})
        query = "&".join(f"{k}={quote(str(v), safe='/,:()')}" for k, v in (params or {}).items())
        url = f"{self.base_url}{path}" + (f"?{query}" if query else "")
        async for attempt in stamina.retry_context(
            on=self._retry_rule(),
            attempts=self._limits.tries,
            timeout=self._limits.total_seconds,
            wait_initial=self._limits.first_wait_seconds,
            wait_max=self._limits.longest_wait_seconds,
            wait_jitter=self._limits.jitter_seconds,
        ):
            with attempt:
                return await self._try(endpoint, f"GET {path}", url)
        raise AssertionError("stamina either returns or raises")

    def _retry_rule(self) -> Callable[[Exception], bool | float]:
        give_up_at = time.monotonic() + self._limits.total_seconds

        def rule(error: Exception) -> bool | float:
            if not isinstance(error, SourceUnavailableError) or isinstance(error, UntrustedCertificateError):
                return False
            if error.retry_after is None:
                return True
            return error.retry_after if time.monotonic() + error.retry_after <= give_up_at else False

        return rule

    async def _try(self, endpoint: str, request: str, url: str) -> Answer:
        async with self._slots:
            await self._keep_silence(request)
            raw = await self._measured(endpoint, request, url)
        try:
            return read_answer(raw, request, self._credentials)
        except SourceUnavailableError as error:
            self._note_throttling(error.retry_after)
            raise

    async def _keep_silence(self, request: str) -> None:
        """Wait while the server wants silence; when that is too long, say so without asking it."""
        left = self._silent_until - time.monotonic()
        if left > self._limits.total_seconds:
            raise SourceUnavailableError(
                f"{request}: not sent, the server asked for {left:.0f} more seconds without requests",
                retry_after=left,
            )
        if left > 0:
            await asyncio.sleep(left)

    def _note_throttling(self, seconds: float | None) -> None:
        if seconds:
            self._silent_until = max(self._silent_until, time.monotonic() + seconds)
            self._observer.count("slamon_api_throttled_seconds_total", seconds, tenant=self._tenant)

    async def _measured(self, endpoint: str, request: str, url: str) -> RawAnswer:
        started, code = time.monotonic(), "error"
        try:
            raw = await self._exchange(request, url)
            code = f"{raw.status // 100}xx"
            return raw
        finally:
            self._observer.count("slamon_api_requests_total", tenant=self._tenant, endpoint=endpoint, code=code)
            self._observer.observe("slamon_api_request_duration_seconds", time.monotonic() - started, endpoint=endpoint)

    async def _exchange(self, request: str, url: str) -> RawAnswer:
        """Do one request; every fault of the network becomes a SourceUnavailableError here."""
        try:
            async with (
                asyncio.timeout(self._limits.deadline_seconds),
                self._http.stream("GET", url) as response,
            ):
                reader = BodyReader(response.headers.get("content-encoding", ""), self._limits.body_bytes)
                async for chunk in response.aiter_raw():
                    reader.feed(chunk)
                return RawAnswer(response.status_code, dict(response.headers.items()), reader.finish())
        except PayloadError as error:
            raise PayloadError(f"{request}: {error}", reason=error.reason) from error
        except SourceUnavailableError as error:
            raise SourceUnavailableError(f"{request}: {error}") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            within = f"{self._limits.deadline_seconds:g} s"
            raise SourceUnavailableError(f"{request}: no complete answer within {within}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _translated(request, self.base_url, error) from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _translated(request: str, base_url: str, error: Exception) -> SourceUnavailableError:
    said = clean_line(str(error)) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return UntrustedCertificateError(
            f"{request}: the certificate of {base_url} cannot be verified ({said});"
            " name the file of the authority behind it in `ca_file`"
        )
    return SourceUnavailableError(f"{request}: {base_url} could not be reached, or broke off ({said})")


def check_url(url: str) -> None:
    """Refuse an address slamon must not send credentials to.

    Raises:
        ConfigError: Not an http(s) address, plain http to another machine, or with a password or query.
    """
    remedy = ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("ConnectWise", [Problem("url", "", "is not an address")]) from None
    if parts.username is not None or parts.password is not None:
        # Shown without its value, which is a secret.
        raise ConfigError("ConnectWise", [Problem("url", "", "must not hold a user name or password")])
    if parts.scheme not in ("http", "https") or not host:
        remedy = "must be an address such as https://api-na.myconnectwise.net"
    elif parts.scheme == "http" and not is_loopback(host):
        remedy = "plain http would show the credentials to the network; use https"
    elif parts.query or parts.fragment:
        remedy = "must end before any ? or #"
    if remedy:
        raise ConfigError("ConnectWise", [Problem("url", clean_line(url), remedy)])


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine, by name or by number; no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                "ConnectWise", [Problem("ca_file", str(ca_file), f"cannot be read as certificates: {error}")]
            ) from error
    return context
