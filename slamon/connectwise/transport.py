"""HTTP to ConnectWise. The only module that imports httpx; what httpx lacks is added here and in `body`."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import stamina

from slamon.clean import clean_line
from slamon.connectwise.address import check_url, is_loopback
from slamon.connectwise.answers import Answer, RawAnswer, read_answer, retry_after
from slamon.connectwise.body import BodyReader
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import DEFAULT_LIMITS, Limits
from slamon.connectwise.rate import Pace
from slamon.connectwise.request import Request
from slamon.errors import (
    ConfigError,
    InputError,
    OutcomeUnknownError,
    PayloadError,
    Problem,
    SourceRefusedError,
    SourceUnavailableError,
)
from slamon.ports import Observer, Unobserved

# Before the first byte was sent; a connection that breaks later may have carried the request.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)

ACCEPT = "application/vnd.connectwise.com+json"

# stamina would log every try by itself and count it in a registry that is not ours.
stamina.instrumentation.set_on_retry_hooks(())


class UntrustedCertificateError(SourceUnavailableError):
    """The server's certificate cannot be verified; trying again at once will not help."""


class Transport:
    """Requests to one ConnectWise API, with deadlines, retries and counts.

    *base_url* is the part before `/service/...`. Without *credentials* the
    requests are anonymous. Redirects are not followed, TLS is verified;
    *ca_file* adds certificates to trust. Plain http is for loopback only.
    At most `limits.parallel` requests are under way at once, and they follow
    each other as *pace* allows, which several transports may share.

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
        pace: Pace | None = None,
    ) -> None:
        check_url(base_url)
        self.base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._limits = limits
        self._tenant = tenant
        self._observer: Observer = observer or Unobserved()
        self._slots = asyncio.Semaphore(limits.parallel)
        self._pace = pace or Pace(limits.requests_per_minute)
        self._http = _Clients(partial(_new_client, self.base_url, credentials, limits, _tls_context(ca_file)))

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    async def get(
        self,
        endpoint: str,
        ids: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """Ask for *endpoint*, a template such as `/service/boards/{board}/statuses`, filled from *ids*."""
        return await self.send(Request("GET", endpoint, ids or {}, params or {}))

    async def send(self, request: Request) -> Answer:
        """Send *request* and return its good answer.

        Tried again, with growing pauses or after what `Retry-After` says,
        on 429, 5xx, time-outs and broken connections; never on other 4xx.
        A request that is not repeatable is tried again only where it surely
        was not carried out: after a 429 and without a connection.

        Raises:
            OutcomeUnknownError: It may have been carried out, and twice would do harm.
            SourceUnavailableError: No good answer within the limits; `retry_after` if the server named it.
            SourceRefusedError: The server will not answer this.
            PayloadError: It answered with something else than JSON, or far too much.
            InputError: The body is larger than the limits allow.
        """
        if request.body is not None and len(request.body) > self._limits.sent_bytes:
            raise InputError(f"{request}: the body has {len(request.body)} bytes; at most {self._limits.sent_bytes}")
        unsure = False  # whether an earlier try may have been carried out
        async for attempt in stamina.retry_context(
            on=self._retry_rule(),
            attempts=self._limits.tries,
            timeout=self._limits.total_seconds,
            wait_initial=self._limits.first_wait_seconds,
            wait_max=self._limits.longest_wait_seconds,
            wait_jitter=self._limits.jitter_seconds,
        ):
            with attempt:
                try:
                    return await self._try(request)
                except (SourceUnavailableError, PayloadError) as error:
                    not_done = isinstance(error, SourceUnavailableError) and error.surely_not_done
                    unsure = unsure or not not_done
                    if request.repeatable or not_done:
                        raise
                    raise OutcomeUnknownError(
                        f"{error}; it may or may not have been carried out: look before it is sent again"
                    ) from error
                except SourceRefusedError as error:
                    if unsure and request.method == "DELETE" and error.code == "NotFound":
                        return Answer(b"", has_next=False)  # the try that seemed to fail has deleted it
                    raise
        raise AssertionError("stamina either returns or raises")

    def _retry_rule(self) -> Callable[[Exception], bool | float]:
        give_up_at = time.monotonic() + self._limits.total_seconds

        def rule(error: Exception) -> bool | float:
            if not isinstance(error, SourceUnavailableError):
                return False
            if isinstance(error, UntrustedCertificateError | OutcomeUnknownError):
                return False
            if error.retry_after is None:
                return True
            return error.retry_after if time.monotonic() + error.retry_after <= give_up_at else False

        return rule

    async def _try(self, request: Request) -> Answer:
        async with self._slots:
            sent_at = await self._pace.take_turn(self._limits.total_seconds)
            if sent_at is None:
                left = self._pace.silence_seconds
                raise SourceUnavailableError(
                    f"{request}: not sent, the server asked for {left:.0f} more seconds without requests",
                    retry_after=left,
                    surely_not_done=True,
                )
            raw = await self._measured(request)
        if raw.status == 429:
            self._note_throttling(sent_at, retry_after(raw.headers))
        return read_answer(raw, str(request), self._credentials, may_be_empty=request.method == "DELETE")

    def _note_throttling(self, sent_at: float, seconds: float | None) -> None:
        self._pace.slow_down(sent_at, seconds)
        if seconds:
            self._observer.count("slamon_api_throttled_seconds_total", seconds, tenant=self._tenant)

    async def _measured(self, request: Request) -> RawAnswer:
        started, code = time.monotonic(), "error"
        try:
            raw = await self._exchange(request)
            code = f"{raw.status // 100}xx"
            return raw
        finally:
            endpoint = request.endpoint
            self._observer.count("slamon_api_requests_total", tenant=self._tenant, endpoint=endpoint, code=code)
            self._observer.observe("slamon_api_request_duration_seconds", time.monotonic() - started, endpoint=endpoint)

    async def _exchange(self, request: Request) -> RawAnswer:
        """Do one request; every fault of the network becomes a SourceUnavailableError here."""
        headers = {**request.headers, **({"Content-Type": "application/json"} if request.body is not None else {})}
        try:
            async with (
                asyncio.timeout(self._limits.deadline_seconds),
                self._http.lend() as client,
                client.stream(
                    request.method, f"{self.base_url}{request.target}", content=request.body, headers=headers
                ) as response,
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
            raise SourceUnavailableError(
                f"{request}: no complete answer within {within}", surely_not_done=isinstance(error, _NEVER_CONNECTED)
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _translated(str(request), self.base_url, error) from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _Clients:
    """httpx clients, each in the other's place: once a request was cancelled, later ones get a new client.

    A request that is cancelled at the wrong moment leaves its connection in the
    client's pool, taken for busy for ever. So that client is closed, as soon
    as the other requests that it still has under way have ended.
    """

    def __init__(self, make: Callable[[], httpx.AsyncClient]) -> None:
        self._make = make
        self._current = make()
        self._lent: dict[httpx.AsyncClient, int] = {self._current: 0}  # all that are open, and to how many requests

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend the client for one request."""
        client = self._current
        self._lent[client] += 1
        try:
            yield client
        except asyncio.CancelledError:  # a deadline is seen as one in here, as well as the end of who asked
            if client is self._current:
                self._current = self._make()
                self._lent[self._current] = 0
            raise
        finally:
            self._lent[client] -= 1
            if client is not self._current and not self._lent[client]:
                del self._lent[client]
                await client.aclose()

    async def aclose(self) -> None:
        """Close all of them, whoever still uses one."""
        for client in list(self._lent):
            await client.aclose()


def _translated(request: str, base_url: str, error: Exception) -> SourceUnavailableError:
    said = clean_line(str(error)) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return UntrustedCertificateError(
            f"{request}: the certificate of {base_url} cannot be verified ({said});"
            " name the file of the authority behind it in `ca_file`",
            surely_not_done=True,
        )
    return SourceUnavailableError(
        f"{request}: {base_url} could not be reached, or broke off ({said})",
        surely_not_done=isinstance(error, _NEVER_CONNECTED),
    )


def _new_client(
    base_url: str, credentials: Credentials | None, limits: Limits, tls: ssl.SSLContext
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        headers={"Accept": ACCEPT, "Accept-Encoding": "gzip", **(credentials.headers() if credentials else {})},
        verify=tls,
        timeout=httpx.Timeout(limits.deadline_seconds, connect=limits.connect_seconds),
        # How many are open is bounded by `_slots`; httpx would also count what cancelled requests have left.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=limits.parallel),
        follow_redirects=False,
        # A proxy named in the environment must not see what is meant for this machine.
        trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
    )


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
