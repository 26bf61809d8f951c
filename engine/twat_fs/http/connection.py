"""Connections that watch themselves: checked addresses, a send that can stop, an answer against the clock."""

from __future__ import annotations

import socket
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager, ProxyManager
from urllib3.util import wait_for_read

from twat_fs.errors import NetworkError, ProxyError, TrustError, UploadTimeout
from twat_fs.http.address import check_address
from twat_fs.http.errors import check_resources, of_tunnel, system_words
from twat_fs.http.reader import GuardedResponse
from twat_fs.http.resolving import resolve
from twat_fs.http.waiting import Patience, would_block
from twat_fs.source import BLOCK_SIZE

if TYPE_CHECKING:
    import ssl

    from twat_fs.http.exchange import Exchange

# Bytes at the end of a body that are sent without looking for an answer: a host that reads a form's closing boundary
# only in part may answer a moment before we are done, and that answer is honest.
_TAIL = 4096

# Bytes that TLS is given at a time: OpenSSL writes all of them or fails, so that this is the least visible progress.
_RECORDS = 256 * 1024

# Seconds to wait for a host that was asked whether it takes the body (RFC 9110, 10.1.1); curl waits as long.
_LEAVE = 1.0

# Seconds that one of several addresses gets at least, before the next one is tried.
_LEAST_PATIENCE = 3.0


class _Guarded(HTTPConnection):
    """What both kinds of connection add to urllib3's."""

    exchange: Exchange

    def _new_conn(self) -> socket.socket:
        self.exchange.fresh = True
        seconds = None if self.timeout is None else float(self.timeout)
        end = None if seconds is None else time.monotonic() + seconds
        try:
            found = resolve(self._dns_host.strip("[]"), self.port, seconds)
        except TimeoutError:
            raise UploadTimeout(f"cannot find {self._peer}: no answer in {seconds:g} seconds") from None
        except (OSError, UnicodeError) as error:
            check_resources(error, self._peer)
            words = system_words(error) if isinstance(error, OSError) else "the name is not valid"
            raise NetworkError(f"cannot find {self._peer}: {words}") from error
        return self._first_that_connects([(family, address) for family, _, _, _, address in found], end)

    @property
    def _peer(self) -> str:
        return f"{'the proxy ' if self.proxy else ''}{self.host}:{self.port}"

    def _first_that_connects(self, found: list[tuple[int, Any]], end: float | None) -> socket.socket:
        refused: TrustError | None = None
        last = OSError()
        for place, (family, address) in enumerate(found):
            try:
                # What was checked is what is connected to: the name is not looked up again.
                check_address(self.host, address[0], private=self.exchange.private or bool(self.proxy))
                return self._connect(family, address, _share(end, len(found) - place))
            except TrustError as error:
                refused = error
            except OSError as error:
                check_resources(error, self._peer)
                last = error
        raise refused or self._unreachable(last)

    def _connect(self, family: int, address: Any, seconds: float | None) -> socket.socket:
        sock = self.exchange.sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(seconds)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        sock.settimeout(None if self.timeout is None else float(self.timeout))
        return sock

    def _unreachable(self, last: OSError) -> NetworkError | UploadTimeout:
        if isinstance(last, TimeoutError):
            return UploadTimeout(f"cannot connect to {self._peer}: no connection in {self.timeout:g} seconds")
        return NetworkError(f"cannot connect to {self._peer}: {system_words(last)}")

    def _tunnel(self) -> None:
        self.exchange.await_answer(None if self.timeout is None else float(self.timeout))
        try:
            super()._tunnel()
        except (OSError, HTTPException) as error:
            raise self._tunnel_refused(error) from error
        finally:
            self.exchange.deadline = None

    def _tunnel_refused(self, error: Exception) -> ProxyError | NetworkError:
        if isinstance(error, ConnectionError):
            return NetworkError(f"{self._peer} closed the connection")
        refused = of_tunnel(error, self._peer, self.exchange.host)
        return refused or ProxyError(f"{self._peer} did not pass the request on: its answer is not HTTP")

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        # urllib3 has normalised the target on its way here; the plan's own goes out.
        super().putrequest(method, self.exchange.target or url, *args, **kwargs)

    def request(self, *args: Any, **kwargs: Any) -> None:
        exchange = self.exchange
        if self.sock is not None and not exchange.fresh:
            # A kept connection was allowed for the request that opened it, which may have been allowed more.
            check_address(self.host, self.sock.getpeername()[0], private=exchange.private or bool(self.proxy))
        super().request(*args, **kwargs)
        exchange.whole = True

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        self.exchange.sock = self.sock
        self.sock.settimeout(self.exchange.timeout.read)
        super().endheaders(*args, **kwargs)
        self.exchange.left = self.exchange.body_length
        if isinstance(self.sock, socket.socket):
            # From here on `_send_some` waits, for an answer too. TLS inside TLS is no socket and can only block.
            self.sock.settimeout(0)
            if self.exchange.asks:
                self._await_leave()

    def _await_leave(self) -> None:
        """Wait a moment for the host to say whether it takes the body; one that says nothing gets it."""
        exchange = self.exchange
        read = exchange.timeout.read
        end = time.monotonic() + (_LEAVE if read is None else min(_LEAVE, read))
        while not exchange.continued and (left := end - time.monotonic()) > 0:
            if wait_for_read(self.sock, timeout=left) and exchange.answer_came(self.sock):
                raise BrokenPipeError("the host answered instead of taking the body")

    def send(self, data: Any) -> None:
        view = memoryview(data)
        while view:
            count = self._send_some(view)
            view = view[count:]
            self.exchange.left = max(0, self.exchange.left - count)

    def _send_some(self, view: memoryview) -> int:
        exchange = self.exchange
        exchange.check_time()
        look = exchange.left > _TAIL
        while True:
            if look and exchange.answer_came(self.sock):
                # urllib3 takes this one error as a reason to read the answer.
                raise BrokenPipeError("the host answered before the body was sent")
            try:
                return self._write(view)
            except OSError as error:
                blocked = would_block(error)
                if not (blocked or isinstance(error, TimeoutError)):
                    raise
            if not blocked or not Patience(self.sock, exchange.timeout.read).for_room():
                raise UploadTimeout(f"{exchange.host}: the host took no data for {exchange.timeout.read:g} seconds")
            look = True

    def _write(self, view: memoryview) -> int:
        return self.sock.send(view)

    def response_class(self, sock: socket.socket, method: str | None = None) -> GuardedResponse:  # type: ignore[override]
        return GuardedResponse(sock, self.exchange, method)

    def getresponse(self) -> Any:
        """The reply up to its body; from here on the clock runs."""
        exchange = self.exchange
        if exchange.body_length:
            Patience(self.sock, exchange.timeout.read).for_departure()
        exchange.await_answer(exchange.answer_timeout)
        return super().getresponse()


class GuardedHTTPConnection(_Guarded):
    """A connection without TLS."""


class GuardedHTTPSConnection(_Guarded, HTTPSConnection):
    """A connection with TLS."""

    def _write(self, view: memoryview) -> int:
        import ssl

        try:
            return self.sock.send(view[:_RECORDS])
        except ssl.SSLError as error:
            if would_block(error):
                raise
            raise BrokenPipeError("the host closed the TLS connection") from error


def _share(end: float | None, addresses: int) -> float | None:
    if end is None:
        return None
    left = max(end - time.monotonic(), 0.001)
    return max(left / addresses, min(left, _LEAST_PATIENCE))


class GuardedHTTPPool(HTTPConnectionPool):
    """Kept connections to one host, without TLS."""

    ConnectionCls = GuardedHTTPConnection
    exchange: Exchange

    def _new_conn(self) -> Any:
        return _watched(super()._new_conn(), self.exchange)


class GuardedHTTPSPool(HTTPSConnectionPool):
    """Kept connections to one host, with TLS."""

    ConnectionCls = GuardedHTTPSConnection
    exchange: Exchange

    def _new_conn(self) -> Any:
        return _watched(super()._new_conn(), self.exchange)


def _watched(connection: Any, exchange: Exchange) -> Any:
    connection.exchange = exchange
    return connection


class _GuardedPools(PoolManager):
    def watch(self, exchange: Exchange) -> None:
        """Hand the exchange to every connection to come."""
        self._exchange = exchange
        self.pool_classes_by_scheme = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}

    def _new_pool(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool: Any = super()._new_pool(*args, **kwargs)
        pool.exchange = self._exchange
        return pool  # type: ignore[no-any-return]


class _GuardedProxyPools(_GuardedPools, ProxyManager):
    pass


def direct_pools(exchange: Exchange) -> PoolManager:
    """The pools of connections that go straight to the host."""
    pools = _GuardedPools(maxsize=1, blocksize=BLOCK_SIZE)
    pools.watch(exchange)
    return pools


def proxy_pools(exchange: Exchange, proxy: str, headers: dict[str, str], tls: ssl.SSLContext | None) -> ProxyManager:
    """The pools of connections that go through a proxy.

    Args:
        exchange: The transport's exchange.
        proxy: The proxy's URL without credentials.
        headers: What the proxy is told, its credentials among it.
        tls: For a proxy that is itself reached over TLS.
    """
    pools = _GuardedProxyPools(proxy, proxy_headers=headers, proxy_ssl_context=tls, maxsize=1, blocksize=BLOCK_SIZE)
    pools.watch(exchange)
    return pools
