"""No way out but loopback: Python runs this before anything else, in every command that the tests start.

The tests' own process installs the same hook, from `conftest.py`.
"""

from __future__ import annotations

import sys


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        address = str(arguments[1][0])
        if not _is_near(address):
            raise RuntimeError(f"a test tried to reach {address}")
    elif event == "socket.getaddrinfo" and not (_is_address(str(arguments[0])) or _is_nobody(str(arguments[0]))):
        raise RuntimeError(f"a test tried to look up {arguments[0]}")


def _is_near(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    """Whether no name server would be asked."""
    import ipaddress
    import socket

    for read in (ipaddress.ip_address, socket.inet_aton):
        try:
            read(host)
        except (OSError, ValueError):
            continue
        return True
    return host in ("localhost", "")


def _is_nobody(host: str) -> bool:
    """Names that lead nowhere: RFC 2606's, and what is no name at all."""
    return host.endswith((".invalid", ".example")) or ".." in host or not host.isascii()


def install() -> None:
    """Refuse from now on; an audit hook cannot be taken away."""
    sys.addaudithook(_refuse)


if __name__ == "sitecustomize":
    install()
