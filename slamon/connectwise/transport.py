"""Requests to ConnectWise: when they are sent, how often they are tried, and what is counted of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import stamina

from slamon.connectwise.address import check_url
from slamon.connectwise.answers import Answer, RawAnswer, proved, read_answer, retry_after
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.exchange import Exchange, UntrustedCertificateError
from slamon.connectwise.limits import DEFAULT_LIMITS, Limits
from slamon.connectwise.rate import Pace
from slamon.connectwise.request import Request
from slamon.errors import InputError, OutcomeUnknownError, PayloadError, SourceRefusedError, SourceUnavailableError
from slamon.ports import Observer, Unobserved

R = TypeVar("R")

# stamina would log every try by itself and count it in a registry that is not ours.
stamina.instrumentation.set_on_retry_hooks(())


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
        self._exchange = Exchange(self.base_url, credentials, limits, ca_file)

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
        """Send *request* and return its good answer, proved to be whole; all else is as with `read`."""
        return await self.read(request, proved)

    async def read(self, request: Request, reader: Callable[[Answer], R]) -> R:
        """Send *request* and return what *reader* makes of its good answer, whose body may be cut or no JSON.

        Tried again, with growing pauses or after what `Retry-After` says,
        on 429, 5xx, time-outs, broken connections and bodies that *reader*
        finds cut; never on other 4xx.
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
                    return await self._try(request, reader)
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
                        return reader(Answer(b"", has_next=False))  # the try that seemed to fail has deleted it
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

    async def _try(self, request: Request, reader: Callable[[Answer], R]) -> R:
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
        answer = read_answer(raw, str(request), self._credentials, may_be_empty=request.method == "DELETE")
        try:
            return reader(answer)
        except SourceUnavailableError as error:
            raise SourceUnavailableError(f"{request}: {error}") from error
        except PayloadError as error:
            raise PayloadError(f"{request}: {error}", reason=error.reason) from error

    def _note_throttling(self, sent_at: float, seconds: float | None) -> None:
        self._pace.slow_down(sent_at, seconds)
        if seconds:
            self._observer.count("slamon_api_throttled_seconds_total", seconds, tenant=self._tenant)

    async def _measured(self, request: Request) -> RawAnswer:
        started, code = time.monotonic(), "error"
        try:
            raw = await self._exchange.carry_out(request)
            code = f"{raw.status // 100}xx"
            return raw
        finally:
            endpoint = request.endpoint
            self._observer.count("slamon_api_requests_total", tenant=self._tenant, endpoint=endpoint, code=code)
            self._observer.observe("slamon_api_request_duration_seconds", time.monotonic() - started, endpoint=endpoint)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
