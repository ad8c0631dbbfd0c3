"""HTTP to ConnectWise. The only module that imports httpx; what httpx lacks is added here and in `body`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from slamon.clean import clean_line
from slamon.connectwise.address import is_loopback
from slamon.connectwise.answers import RawAnswer
from slamon.connectwise.body import BodyReader
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.request import Request
from slamon.errors import ConfigError, PayloadError, Problem, SourceUnavailableError

# Before the first byte was sent; a connection that breaks later may have carried the request.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)

ACCEPT = "application/vnd.connectwise.com+json"


class UntrustedCertificateError(SourceUnavailableError):
    """The server's certificate cannot be verified; trying again at once will not help."""


class Exchange:
    """Connections to one ConnectWise API, kept for the next request; *ca_file* adds certificates to trust.

    Redirects are not followed, TLS is verified. Each try ends by the deadline.

    Raises:
        ConfigError: *ca_file* cannot be used.
    """

    def __init__(self, base_url: str, credentials: Credentials | None, limits: Limits, ca_file: Path | None) -> None:
        self.base_url = base_url
        self.limits = limits
        self._clients = _Clients(partial(_new_client, base_url, credentials, limits, _tls_context(ca_file)))

    async def carry_out(self, request: Request) -> RawAnswer:
        """Return the answer to one try of *request*, whatever its status.

        Raises:
            SourceUnavailableError: Any fault of the network, or no complete answer within the deadline.
            PayloadError: Far too much came, or in an encoding that was not asked for.
        """
        headers = {**request.headers, **({"Content-Type": "application/json"} if request.body is not None else {})}
        try:
            async with (
                asyncio.timeout(self.limits.deadline_seconds),
                self._clients.lend() as client,
                client.stream(
                    request.method, f"{self.base_url}{request.target}", content=request.body, headers=headers
                ) as response,
            ):
                reader = BodyReader(response.headers.get("content-encoding", ""), self.limits.body_bytes)
                async for chunk in response.aiter_raw():
                    reader.feed(chunk)
                return RawAnswer(response.status_code, dict(response.headers.items()), reader.finish())
        except PayloadError as error:
            raise PayloadError(f"{request}: {error}", reason=error.reason) from error
        except SourceUnavailableError as error:
            raise SourceUnavailableError(f"{request}: {error}") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            within = f"{self.limits.deadline_seconds:g} s"
            raise SourceUnavailableError(
                f"{request}: no complete answer within {within}", surely_not_done=isinstance(error, _NEVER_CONNECTED)
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _translated(str(request), self.base_url, error) from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._clients.aclose()


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
