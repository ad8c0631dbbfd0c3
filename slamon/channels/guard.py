"""Where a request may go: to addresses of the internet, unless the settings say otherwise."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], Awaitable[list[str]]]

_SPECIAL = IPv4Network("192.0.0.0/24")  # clouds keep metadata there; Python 3.11 knows parts of it only
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


class ForbiddenAddressError(Exception):
    """A host that is not on the internet; the message names the remedy."""


def is_public(text: str) -> bool:
    """Say whether an address is one of the internet, and leads to no other one: tunnels are looked into."""
    address = ip_address(text.partition("%")[0])
    inner = [address, *_embedded(address)]
    return all(
        each.is_global and not each.is_multicast and not each.is_reserved and each not in _SPECIAL for each in inner
    )


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _NAT64):
        found.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [each for each in found if each is not None]


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of *host* as the system finds them; odd spellings such as 2130706433 are read as it does.

    Raises:
        OSError: There are none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


async def choose_addresses(host: str, port: int, find: Resolve, *, allow_private: bool) -> list[str]:
    """Return the addresses to connect to, in order; the name is not looked up again, which could find others.

    Raises:
        ForbiddenAddressError: None of them is of the internet.
        OSError: The name has no address.
    """
    found = await find(host, port)
    usable = [each for each in found if allow_private or is_public(each)]
    if not usable:
        where = ", ".join(found) or "no address"
        raise ForbiddenAddressError(f"is at {where}, not on the internet; set allow_private = true if that is meant")
    return usable
