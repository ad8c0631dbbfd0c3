"""[channel.NAME]: ways to tell beside mail, one class for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, SecretStr

from slamon.config.policies import Section
from slamon.config.secrets import UNREADABLE
from slamon.config.values import Name, NameOrId, Secret, is_loopback, split_url
from slamon.errors import Problem
from slamon.redact import MASK

AlertKind = Literal["near_breach", "breached"]
_ODD_HOST = re.compile(r"[0-9.]+|0x[0-9a-f.x]*", re.IGNORECASE)  # what a system may read as an address all the same
_FIELDS = ("priority", "owner", "status")
MAIL = "mail"  # the channel that [mail] describes


def _channel_url(url: SecretStr) -> SecretStr:
    if url == UNREADABLE:
        return url  # said elsewhere
    parts = split_url(url.get_secret_value())
    if parts.fragment:
        raise ValueError("leave out everything from # on")
    if _ODD_HOST.fullmatch(parts.hostname or "") and not _is_address(parts.hostname or ""):
        raise ValueError("write the host as a name or as a whole address such as 192.0.2.1")
    return url


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _label_name(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}", name):
        raise ValueError("name a label with a-z, A-Z, 0-9 and _")
    return name


# An address may hold a token, so it is shown nowhere.
ChannelUrl = Annotated[SecretStr, AfterValidator(_channel_url), PlainSerializer(lambda _: MASK, return_type=str)]
LabelName = Annotated[str, AfterValidator(_label_name)]


class AnyChannel(Section):
    """What every channel has: which of the alerts it gets that are sent to it."""

    alerts: tuple[AlertKind, ...] = ("near_breach", "breached")


class HttpChannel(AnyChannel):
    """One that is reached by https."""

    timeout_seconds: Annotated[float, Field(ge=1, le=120)] = 20
    allow_private: bool = False
    ca_file: str = ""


class Webhook(HttpChannel):
    """Events as JSON, posted to an address and signed."""

    kind: Literal["webhook"]
    url: ChannelUrl = Field(description="the address that events are posted to")
    secret: Secret = Field(description="what the signature is made with; the receiver needs it too")
    ended: bool = True
    on_ambiguous: Literal["resend", "hold"] = "resend"


class Alertmanager(HttpChannel):
    """Alerts of Prometheus' Alertmanager, API v2."""

    kind: Literal["alertmanager"]
    url: ChannelUrl = Field(description="the address of Alertmanager, such as http://127.0.0.1:9093")
    username: str = ""
    password: Secret | None = None
    labels: dict[LabelName, str] = Field(default_factory=dict)
    refresh_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
    lasts_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60


class PagerDuty(HttpChannel):
    """Incidents of PagerDuty, Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: Secret = Field(description="the integration key of an Events API v2 integration")
    url: ChannelUrl = Field(default="https://events.pagerduty.com", validate_default=True)


class Apprise(AnyChannel):
    """Any service that apprise knows, by its address there."""

    kind: Literal["apprise"]
    url: Secret = Field(description="the address that apprise knows the service by")
    timeout_seconds: Annotated[float, Field(ge=1, le=120)] = 30
    ended: bool = False
    on_ambiguous: Literal["resend", "hold"] = "resend"
    digest_above: Annotated[int, Field(ge=0, le=10_000)] = 50


class ConnectWise(AnyChannel):
    """Write-back into the tickets of one tenant: nothing is written while `dry_run` is true."""

    kind: Literal["connectwise"]
    tenant: Name = Field(description="the tenant whose tickets it writes into")
    dry_run: bool = True
    note: bool = True
    priority: NameOrId | None = None
    owner: NameOrId | None = None
    status: NameOrId | None = None
    public_key: str = ""
    private_key: Secret | None = None

    @property
    def changes(self) -> dict[str, int | str]:
        """The fields to set, and what to."""
        wanted = {"priority": self.priority, "owner": self.owner, "status": self.status}
        return {name: value for name, value in wanted.items() if value is not None}


Channel = Annotated[Webhook | Alertmanager | PagerDuty | Apprise | ConnectWise, Field(discriminator="kind")]
SHORTEST_TOKEN = 12  # what is shorter is a word
CHANNEL_SECRETS = ("secret", "routing_key", "password", "private_key", "url")
SECRET_URLS = ("apprise",)  # kinds whose address is nothing but a secret


def secrets_of(channel: Channel) -> list[str]:
    """Return what must be shown nowhere."""
    named = (getattr(channel, name, None) for name in ("url", "secret", "routing_key", "password", "private_key"))
    found = [value.get_secret_value() for value in named if isinstance(value, SecretStr)]
    if isinstance(channel, Alertmanager | PagerDuty):
        return found[1:]
    return found + _tokens_in(found[0]) if isinstance(channel, Webhook) else found


def _tokens_in(url: str) -> list[str]:
    """Return the parts of an address that may be a token: a server may repeat the path that it was asked for."""
    parts = urlsplit(url)
    whole = f"{parts.path}?{parts.query}".strip("/?")
    return [part for part in (whole, *re.split("[/?&=]", whole)) if len(part) >= SHORTEST_TOKEN]


def lasts(channel: Channel) -> bool:
    """Say whether what is told there stands until it is ended."""
    return channel.ended if isinstance(channel, Webhook | Apprise) else not isinstance(channel, ConnectWise)


def check_channels(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between the settings of a channel, or between channels and the rest."""
    channels = tree.get("channel")
    known = channels if isinstance(channels, Mapping) else {}
    for name, channel in known.items():
        if isinstance(channel, Mapping):
            yield from _check_channel(f"channel.{name}", name, channel)
            yield from _check_writeback(f"channel.{name}", channel, tree.get("tenant"))
    alerts = tree.get("alerts")
    wanted = alerts.get("channels") if isinstance(alerts, Mapping) else None
    for name in wanted if isinstance(wanted, (list, tuple)) else ():
        if name not in known:
            listed = ", ".join(sorted(map(str, known))) or "none"
            yield Problem("alerts.channels", repr(name), f"no such [channel.{name}]; there is: {listed}")


def _check_channel(key: str, name: str, channel: Mapping[str, Any]) -> Iterator[Problem]:
    if name == MAIL:
        yield Problem(key, "", "mail is described by [mail]; choose another name")
    url = channel.get("url")
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    if channel.get("kind") == "apprise":
        yield from _check_apprise(key, url)
        return
    if isinstance(text, str) and _is_plain(text) and channel.get("allow_private") not in (True, "true", "1"):
        yield Problem(
            f"{key}.url",
            "",
            "use https; http would send tickets in the clear (allowed on loopback, or with allow_private = true)",
        )
    if channel.get("username") and channel.get("password") is None:
        yield Problem(f"{key}.password", "", "missing; write password_file, or set it in the environment")
    every, minutes = channel.get("refresh_seconds", 300), channel.get("lasts_minutes", 60)
    if isinstance(every, int) and isinstance(minutes, int) and minutes * 60 < 2 * every:
        yield Problem(f"{key}.lasts_minutes", str(minutes), "must be at least twice refresh_seconds")


def _check_writeback(key: str, channel: Mapping[str, Any], tenants: object) -> Iterator[Problem]:
    if channel.get("kind") != "connectwise":
        return
    tenant = channel.get("tenant")
    known = sorted(map(str, tenants)) if isinstance(tenants, Mapping) else []
    if isinstance(tenant, str) and tenant not in known:
        yield Problem(f"{key}.tenant", repr(tenant), f"no such tenant; there is: {', '.join(known) or 'none'}")
    if bool(channel.get("public_key")) != (channel.get("private_key") is not None):
        yield Problem(
            f"{key}.private_key", "", "public_key and private_key go together; leave both out for the tenant's"
        )
    if channel.get("note") in (False, "false", "0") and not any(channel.get(name) for name in _FIELDS):
        yield Problem(f"{key}.note", "false", "then there is nothing to do; name a priority, an owner or a status")


def _check_apprise(key: str, url: object) -> Iterator[Problem]:
    if find_spec("apprise") is None:
        yield Problem(f"{key}.kind", "'apprise'", "needs the extra notify: pip install 'slamon[notify]'")
    elif isinstance(url, SecretStr) and url != UNREADABLE:
        from slamon.channels.apprise import is_understood

        if not is_understood(url.get_secret_value()):
            yield Problem(f"{key}.url", MASK, "not an address that apprise knows; its documentation lists them")


def _is_plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")
    except ValueError:
        return False  # said elsewhere
