"""Which proxy a request goes through, from plain values: nothing here reads the environment."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twat_fs.errors import ProxyError

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(url: str, proxies: Mapping[str, str]) -> str | None:
    """The proxy for a URL, or None where the request goes straight to its host.

    Args:
        url: The request's URL.
        proxies: The proxy of each scheme and of `all`, and as `no_proxy` the hosts that need none.

    Raises:
        ProxyError: The proxy is of a kind that we cannot use.
    """
    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or _needs_none(parts.hostname or "", parts.port, proxies.get("no_proxy", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        found = urlsplit(proxy)
        usable = found.scheme in ("http", "https") and found.hostname and found.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ProxyError("the proxy's address is not an http or https URL", hint="Check the proxy variables.")
    return proxy


def _needs_none(host: str, port: int | None, exceptions: str) -> bool:
    rules = exceptions.replace(",", " ").split()
    return any(_matches(host.lower().rstrip("."), port, rule.lower()) for rule in rules)


def _matches(host: str, port: int | None, rule: str) -> bool:
    if rule == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule.strip("[]"), strict=False)
    except ValueError:
        pass
    name, _, wanted = rule.partition(":")
    if wanted and wanted != str(port):
        return False
    name = name.lstrip("*").lstrip(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))
