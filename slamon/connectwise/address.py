"""Which addresses slamon sends credentials to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from slamon.clean import clean_line
from slamon.errors import ConfigError, Problem


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
