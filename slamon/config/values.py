"""The kinds of value a setting can be, each with a check that says what to write instead."""

from __future__ import annotations

import ipaddress
import math
import re
import string
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, SecretStr

from slamon.config.secrets import UNREADABLE
from slamon.core.zone import load_zone
from slamon.redact import MASK

MAX_HOURS = 87_600  # ten years: the horizon of every calendar
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_NAME = re.compile(r"[a-z0-9-]{1,32}")


def is_loopback(host: str) -> bool:
    """Return whether *host* can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def split_listen(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`; IPv6 is written `[::1]:9850`.

    Raises:
        ValueError: Not of this form.
    """
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or (":" in bare) != (bare != host) or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("write it as HOST:PORT, such as 127.0.0.1:9850 or [::1]:9850")
    return bare, int(port)


def split_url(text: str) -> SplitResult:
    """Return the parts of an http or https address that holds no credentials.

    Raises:
        ValueError: Something else; the message never repeats the address.
    """
    try:
        parts = urlsplit(text)
        plain = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("http", "https")
    except ValueError:
        plain = False
    if not plain or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("write a whole address, such as https://psa.example.org")
    if parts.username is not None or parts.password is not None:
        raise ValueError("take the user name and password out of the address")
    return parts


def _listen(text: str) -> str:
    split_listen(text)
    return text


def _source_url(text: str) -> str:
    parts = split_url(text)
    if parts.query or parts.fragment:
        raise ValueError("leave out everything from ? or # on")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("use https; http would send the keys in the clear (allowed on loopback only)")
    return text.rstrip("/")


def _ping_url(url: SecretStr) -> SecretStr:
    if url == UNREADABLE:
        return url  # said elsewhere
    parts = split_url(url.get_secret_value())
    if parts.query or parts.fragment:
        raise ValueError("leave out everything from ? or # on: /fail is added to it")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("use https; http would show it to others (allowed on loopback only)")
    return url


def _base_url(text: str) -> str:
    return text and split_url(text).geturl().rstrip("/")


def _ticket_url(text: str) -> str:
    if not text:
        return text
    try:
        fields = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(text) if name is not None]
    except ValueError:
        fields = []
    if not fields or any(field != ("id", "", None) for field in fields):
        raise ValueError("write {id} where the ticket's number goes, and no other braces")
    split_url(text.replace("{id}", "1"))
    return text


def mail_address(text: str) -> str:
    """Return *text* if it is one plain mail address.

    Raises:
        ValueError: It is something else.
    """
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text:
        raise ValueError("write one plain mail address, such as noc@example.org")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*", text) or re.fullmatch(r"[^:]+:\d+", text):
        raise ValueError("write the name of a host only; the port has its own key")
    return text


def _zone(text: str) -> str:
    if text:
        load_zone(text)
    return text


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    if not text:
        return text  # what goes with the kind
    try:
        next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration, ValueError, RecursionError):
        raise ValueError('write five fields of cron, such as "0 7 * * mon-fri"; it must come true some day') from None
    return text


def _hours(value: Any) -> Any:  # noqa: ANN401  (whatever stands in the file)
    """Refuse what float() would let through: true, NaN, infinity, nothing at all."""
    try:
        hours = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        hours = math.nan
    if not 1 / 3600 <= hours <= MAX_HOURS:
        raise ValueError(f"write hours from one second up to {MAX_HOURS}; leave it out for no target")
    return hours


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("name it with 1 to 32 of a-z, 0-9 and -")
    return text


def _name_or_id(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise ValueError("write a name in quotes or a ConnectWise id")
    return value


def _some(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Some = Annotated[str, AfterValidator(_some)]
Name = Annotated[str, AfterValidator(_name)]
NameOrId = Annotated[int | str, BeforeValidator(_name_or_id)]
Address = Annotated[str, AfterValidator(mail_address)]
Host = Annotated[str, AfterValidator(_host)]
Listen = Annotated[str, AfterValidator(_listen)]
SourceUrl = Annotated[str, AfterValidator(_source_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
TicketUrl = Annotated[str, AfterValidator(_ticket_url)]
Zone = Annotated[str, AfterValidator(_zone)]
Cron = Annotated[str, AfterValidator(_cron)]
Hours = Annotated[float, BeforeValidator(_hours)]
PingUrl = Annotated[SecretStr, AfterValidator(_ping_url), PlainSerializer(lambda _: MASK, return_type=str)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Secret = Annotated[SecretStr, PlainSerializer(lambda _: MASK, return_type=str)]
