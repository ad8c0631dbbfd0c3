"""One request to a channel's server: guarded, bounded in time and size, and read for what its answer means."""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from slamon import __version__
from slamon.channels.guard import ForbiddenAddressError, Resolve, choose_addresses, resolve
from slamon.clean import clean_line
from slamon.errors import ChannelDownError, ConfigError, DeliveryError, DeliveryUnknownError, Problem
from slamon.redact import redact_text

MOST_ADDRESSES = 4  # of a name that are tried
MAX_ANSWER = 4096  # bytes that are read of one
MAX_LINE = 300  # characters that are shown of one
MAX_BODY = 512_000  # bytes that are sent at most
# They speak of us or of the address, not of the message: the next one would be answered the same.
REFUSES_US = (401, 403, 404, 405, 407, 410)
TOO_MANY = (408, 425, 429)
AWAY = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `text` is one clean line, without secrets."""

    status: int
    text: str = ""
    retry_after_seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class HttpSender:
    """Posts to one address. No redirect is followed; a certificate is always verified.

    `timeout_seconds` bounds looking up the name, and then the request as a
    whole. `where` is how the server is called in messages: never by its whole
    address, which may hold a token. `ca_file` replaces the system's authorities.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 20.0,
        ca_file: str = "",
        allow_private: bool = False,
        auth: tuple[str, str] | None = None,
        find: Resolve = resolve,
    ) -> None:
        """
        Raises:
            ConfigError: An unreadable `ca_file`, or no address that can be asked.
        """
        self._url = _configured_url(url)
        self._port = self._url.port or (443 if self._url.scheme == "https" else 80)
        self._timeout = timeout_seconds
        self._allow_private = allow_private
        self._auth = auth
        self._find = find
        self._tls = _configured_tls(ca_file)
        self.where = f"{self._url.host}:{self._port}"

    def __repr__(self) -> str:
        return f"HttpSender({self.where})"

    def post(self, body: bytes, headers: Mapping[str, str], commit: Callable[[], None], *, path: str = "") -> Answer:
        """Return the answer to *body*. *commit* is called before anything of it is sent.

        Raises:
            ChannelDownError: It did not get there, for certain.
            DeliveryUnknownError: It was sent, and no answer came.
            DeliveryError: It is larger than any server takes.
        """
        if len(body) > MAX_BODY:
            raise DeliveryError(f"{self.where}: {len(body)} bytes are too many", permanent=True)
        return asyncio.run(self._post(body, headers, commit, path))

    async def _post(self, body: bytes, headers: Mapping[str, str], commit: Callable[[], None], path: str) -> Answer:
        addresses = await self._look_up()
        commit()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._first_that_connects(addresses, body, headers, path)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ChannelDownError(f"{self.where}: no connection: {_said(error)}") from None
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise DeliveryUnknownError(f"{self.where}: sent, but no answer came: {_said(error)}") from None

    async def _first_that_connects(
        self, addresses: list[str], body: bytes, headers: Mapping[str, str], path: str
    ) -> Answer:
        """Return the answer of the first address that takes a connection: nothing was sent to those before."""
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._exchange(self._request(address, path), body, headers, tries=len(others) + 1)
        return await self._exchange(self._request(last, path), body, headers)

    async def _look_up(self) -> list[str]:
        try:
            async with asyncio.timeout(self._timeout):
                return await choose_addresses(self._url.host, self._port, self._find, allow_private=self._allow_private)
        except ForbiddenAddressError as error:
            raise ChannelDownError(f"{self.where}: {error}") from None
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            raise ChannelDownError(f"{self.where}: its name has no address: {_said(error)}") from None

    def _request(self, address: str, path: str) -> httpx.URL:
        """Return where to connect: the address that was looked at, not the name, which may lead elsewhere by now."""
        return self._url.copy_with(host=address, raw_path=_joined(self._url.raw_path.decode("ascii"), path))

    async def _exchange(self, url: httpx.URL, body: bytes, headers: Mapping[str, str], *, tries: int = 1) -> Answer:
        host = self._url.netloc.decode("ascii")
        whole = {"User-Agent": f"slamon/{__version__}", "Accept-Encoding": "identity", **headers, "Host": host}
        limits = httpx.Timeout(self._timeout, connect=self._timeout / 2 / tries)
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=limits, trust_env=False, auth=self._auth) as client,
            client.stream(
                "POST",
                url,
                content=body,
                headers={"Content-Type": "application/json", **whole},
                extensions={"sni_hostname": self._url.host},
                follow_redirects=False,
            ) as answer,
        ):
            return Answer(answer.status_code, await _beginning(answer), _retry_after(answer.headers))


def require_good(answer: Answer, where: str) -> None:
    """Return if *answer* is a good one.

    Raises:
        ChannelDownError: It speaks of us, or of the server.
        DeliveryError: It speaks of the message: refused for now, or for good.
    """
    if answer.is_good:
        return
    line, wait = f"{where}: {answer.status} {answer.text}".rstrip(), answer.retry_after_seconds
    if 300 <= answer.status < 400:
        raise ChannelDownError(f"{line} (a redirect, which is not followed: write the address it leads to)")
    if answer.status in REFUSES_US or answer.status in AWAY:
        raise ChannelDownError(line, retry_after_seconds=wait)
    if answer.status in TOO_MANY:
        raise DeliveryError(line, permanent=False, closing=True, retry_after_seconds=wait)
    raise DeliveryError(line, permanent=400 <= answer.status < 500, retry_after_seconds=wait)


def _joined(base: str, path: str) -> bytes:
    return (base.rstrip("/") + path if path else base).encode("ascii")


async def _beginning(answer: httpx.Response) -> str:
    """Return the first bytes of the body as a line. It decides nothing: if it breaks off, the status still stands."""
    read = b""
    try:
        async for chunk in answer.aiter_raw():
            read += chunk
            if len(read) >= MAX_ANSWER:
                break
    except httpx.HTTPError:
        pass
    line = clean_line(read[:MAX_ANSWER].decode("utf-8", "replace"), MAX_ANSWER)
    return clean_line(redact_text(line), MAX_LINE)  # in this order: half a secret would not be known for one


def _retry_after(headers: httpx.Headers) -> float:
    """Return the seconds that a server asks us to wait; 0 if it does not, or names a date."""
    try:
        seconds = float(headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _said(error: Exception) -> str:
    """Return what went wrong, without any address in it."""
    cause = error.__cause__ or error.__context__
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {cause.verify_message}; name its authority in ca_file"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "not in time"
    return redact_text(clean_line(str(error))) or type(error).__name__


def _configured_url(url: str) -> httpx.URL:
    try:
        return httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise ConfigError("channel", [Problem("url", "", f"not an address ({error})")]) from None


def _configured_tls(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(Path(ca_file)) if ca_file else None)
    except OSError as error:
        remedy = f"not a readable file of PEM certificates ({error})"
        raise ConfigError("channel", [Problem("ca_file", ca_file, remedy)]) from error
