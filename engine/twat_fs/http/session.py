"""What is changed about requests: nothing around it is trusted, nothing is followed, and the pools are ours."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from twat_fs.errors import NotConfigured
from twat_fs.http.connection import direct_pools, proxy_pools
from twat_fs.http.errors import check_resources

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from requests import PreparedRequest, Response
    from urllib3.connectionpool import HTTPConnectionPool

    from twat_fs.http.exchange import Exchange


class PlainSession(requests.Session):
    """A session that trusts nothing around it and goes nowhere by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002
        """None, whatever the reply says."""
        # Left to itself, requests reads the whole body of a redirect even where it does not follow it.
        return None


class Adapter(HTTPAdapter):
    """Hands out our pools, with one TLS context for the process instead of one parsed for each connection."""

    def __init__(self, exchange: Exchange, ca_file: str | None) -> None:
        self._exchange = exchange
        self._ca_file = ca_file
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Our pools, for hosts that are reached directly."""
        self.poolmanager = direct_pools(self._exchange)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: Any,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,  # noqa: ARG002
    ) -> HTTPConnectionPool:
        """The pool for a request."""
        parts = urlsplit(str(request.url))
        proxy = (proxies or {}).get(parts.scheme)
        pools = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        extra = {"ssl_context": tls_context(self._ca_file)} if parts.scheme == "https" else {}
        pool: HTTPConnectionPool = pools.connection_from_host(
            parts.hostname, parts.port, parts.scheme, pool_kwargs=extra
        )
        return pool

    def proxy_manager_for(self, proxy: str, **_kwargs: Any) -> Any:
        """Our pools, for hosts that are reached through a proxy."""
        if proxy not in self.proxy_manager:
            parts = urlsplit(proxy)
            tls = tls_context(self._ca_file) if parts.scheme == "https" else None
            bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            self.proxy_manager[proxy] = proxy_pools(self._exchange, bare, self.proxy_headers(proxy), tls)
        return self.proxy_manager[proxy]

    def cert_verify(self, *args: Any) -> None:
        """Nothing: the TLS context has the certificates."""


@lru_cache(maxsize=8)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The TLS settings for a set of certificates; reading them is the slow part, so it is done once.

    Args:
        ca_file: A file, a folder, or None for the usual ones.

    Raises:
        NotConfigured: They cannot be read.
    """
    import os
    import ssl

    # Made by hand: the ready-made ones write the keys of every connection to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    place = ca_file or DEFAULT_CA_BUNDLE_PATH
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(place) else "cafile": place})
    except OSError as error:
        check_resources(error, "a host")
        raise NotConfigured(
            f"the certificate authorities in {place} cannot be read: {(error.strerror or 'none found').lower()}",
            hint="Check --ca-file and the environment variables that name it.",
        ) from error
    return context
