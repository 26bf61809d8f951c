"""Which addresses a request may reach, judged on the address itself and never on the name alone."""

from __future__ import annotations

import ipaddress
import socket
from typing import Union

from twat_fs.errors import TrustError

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# Where clouds answer machines with their own keys, besides the link-local ones: AWS, Google, Oracle, Azure, Alibaba.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "168.63.129.16", "100.100.100.200"))
)
# IPv6 addresses whose last four bytes are an IPv4 one: of NAT64 (RFC 6052), and compatible ones (RFC 4291, 2.5.5.1).
_WRITTEN_IN_SIX = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
# Networks that are nobody's but the site's, which `is_global` does not know, or not in every Python: what is left of
# RFC 1884's site-local ones, and NAT64 of a site (RFC 8215).
_OF_A_SITE = (ipaddress.IPv6Network("fec0::/10"), ipaddress.IPv6Network("64:ff9b:1::/48"))


def check_address(host: str, text: str, *, private: bool) -> None:
    """Refuse an address that must not be contacted.

    Args:
        host: The name that led to it, for the message.
        text: The address as the resolver gave it.
        private: True where private and loopback addresses are allowed.

    Raises:
        TrustError: The address is out of bounds.
    """
    address = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_unspecified or address.is_multicast or address.is_link_local or address in _METADATA:
        raise TrustError(f"{host} is at {text}, an address that is never contacted")
    if not private and (not address.is_global or any(address in network for network in _OF_A_SITE)):
        raise TrustError(
            f"{host} is at {text}, a private address, and its URL came from a host's answer",
            hint="Name that host in the spec or in an option if it may have the file.",
        )


def check_name(host: str, *, private: bool) -> None:
    """Check a host that a proxy will resolve for us, as far as its name tells.

    Raises:
        TrustError: The name is an address out of bounds, or this machine's own.
    """
    found = literal(host)
    if found is None and (host == "localhost" or host.endswith(".localhost")):
        found = "127.0.0.1"
    if found is not None:
        check_address(host, found, private=private)


def literal(host: str) -> str | None:
    """The address that a host is written as; None where it is a name, which must be looked up."""
    try:
        return str(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    try:
        # The forms that resolvers take besides: 2130706433, 0x7f.1, 0177.0.0.1.
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _WRITTEN_IN_SIX) and int(address) > 1:  # not :: and ::1
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
