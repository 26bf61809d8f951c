"""The one client: it sends a planned request and makes a plain reply, and nothing foreign leaves it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Union
from urllib.parse import urlsplit

import requests
from requests.cookies import get_cookie_header

from twat_fs.errors import BadReply, ProxyError, Redirected, UploadError
from twat_fs.http.address import check_name
from twat_fs.http.answer import coding_of, decoded, lead_of, read_whole, reply_of
from twat_fs.http.body import StreamingBody
from twat_fs.http.errors import FOREIGN, WHO_ASKS, translate
from twat_fs.http.exchange import Exchange
from twat_fs.http.prepare import place_of, prepare
from twat_fs.http.proxies import proxy_for
from twat_fs.http.session import Adapter, PlainSession
from twat_fs.messages import Reply, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from requests import PreparedRequest, Response

    from twat_fs.http.body import Progress
    from twat_fs.http.prepare import Place
    from twat_fs.messages import Request
    from twat_fs.source import Source

    Sink = Callable[[Union[memoryview, bytes]], object]

#: The time for a whole answer, in units of the time allowed without progress.
ANSWER_PATIENCE = 2

#: Seconds that the body of an error may take: its status is what counts.
ERROR_BODY_SECONDS = 5.0

#: Bytes a second below which a file that is fetched back counts as not coming.
SLOWEST_FETCH = 8 * 1024

#: Bytes of a body above which the host is asked first whether it takes it; curl's bound.
ASKED_ABOVE = 1024 * 1024

_KNOWS_NO_QUESTION = 417

# Methods that change nothing at the host: without an answer nothing may have been stored.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Transport:
    """The connections and cookies of one upload attempt.

    It never follows a redirect, never tries again (but for a kept connection that turns out to be dead), and trusts
    nothing of its surroundings that it was not given.

    Args:
        user_agent: Sent with every request that has none of its own.
        proxies: The proxy's URL for each scheme and for `all`, and as `no_proxy` the hosts that need none.
        ca_file: Certificates to trust instead of the usual ones: a file or a folder.
        answer_timeout: Seconds for a whole answer; without it twice the time the request allows without progress.
        ends: The moment by which everything must be done, on the monotonic clock, or None.
        keeps: Whether connections outlive the block that uses them, for the next upload; a failure ends them still.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        proxies: Mapping[str, str] | None = None,
        ca_file: str | None = None,
        answer_timeout: float | None = None,
        ends: float | None = None,
        keeps: bool = False,
    ) -> None:
        self.closed, self._keeps = False, keeps
        self._user_agent = user_agent
        self._proxies = dict(proxies or {})
        self._answer_timeout = answer_timeout
        self._ca_file = ca_file
        self._ends = ends
        self._exchange = Exchange(ends)
        self._session = PlainSession()
        adapter = Adapter(self._exchange, ca_file)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._last: Request | None = None
        self._before = self._session.cookies

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._keeps and error is None:
            self._forget()
        else:
            self.close()

    def close(self) -> None:
        """Close every connection."""
        self.closed = True
        self._session.close()

    def _forget(self) -> None:
        """Know nothing of the upload that is done: its cookies go no further than it."""
        self._session.cookies.clear()
        self._last = None

    def stop(self) -> None:
        """From another thread: break off what is under way; nothing can be sent from then on."""
        self._exchange.stop()

    def sibling(self) -> Transport:
        """A client for the same upload with connections of its own, and the same cookies."""
        other = Transport(
            user_agent=self._user_agent,
            proxies=self._proxies,
            ca_file=self._ca_file,
            answer_timeout=self._answer_timeout,
            ends=self._ends,
        )
        other._session.cookies = self._session.cookies
        return other

    def send(self, request: Request, source: Source | None = None, progress: Progress | None = None) -> Reply:
        """Send a request and read its answer.

        Args:
            request: The plan.
            source: The file, where the request carries it.
            progress: Called with the file's bytes sent so far and their total.

        Returns:
            Whatever the host answered, an error or a redirect too; judging it is not done here.

        Raises:
            UploadError: There is no usable answer; `ambiguous` where the host may have stored the file all the same.
            SourceError: The file cannot be read or changed.
        """
        body = StreamingBody(request.body, source, progress)
        return self._run(request, body, self._whole_reply)

    def fetch(self, request: Request, sink: Sink, limit: int | None = None) -> Reply:
        """Send a request and pass the body of a successful answer on as it comes.

        Args:
            request: A plan for a GET.
            sink: Called with each block of the decoded body.
            limit: Bytes of it that are accepted, or None.

        Returns:
            The reply without its body.

        Raises:
            UploadError: There is no usable answer, or it is larger than the limit.
        """

        def streamed(request: Request, _body: StreamingBody, response: Response) -> Reply:
            if _succeeded(request, response.status_code):
                self._pour(response, sink, limit)
            return reply_of(request, response, b"")

        return self._run(request, StreamingBody(request.body), streamed)

    def _run(
        self,
        request: Request,
        body: StreamingBody,
        read: Callable[[Request, StreamingBody, Response], Reply],
    ) -> Reply:
        status = None
        self._choose_cookies(request)
        try:
            response = self._answer(request, body)
            status = response.status_code
            try:
                return read(request, body, response)
            finally:
                response.raw.close()
        except UploadError as error:
            self._sign(error, request, body, status)
            raise
        except FOREIGN as error:
            ours = translate(error, self._exchange.host)
            self._sign(ours, request, body, status)
            raise ours from None

    def _sign(self, error: UploadError, request: Request, body: StreamingBody, status: int | None) -> None:
        whole = self._exchange.whole if request.body is None else body.complete
        error.provider = request.provider
        error.step = request.step
        error.status = error.status or status
        error.ambiguous = whole and request.method not in _SAFE and not isinstance(error, ProxyError)

    def _answer(self, request: Request, body: StreamingBody) -> Response:
        """The response with its headers, by a second connection where a kept one was dead."""
        url = reveal(request.url)
        place = place_of(url)
        proxy = proxy_for(url, self._proxies)
        if proxy:
            check_name(place.host, private=request.private)
            # A proxy that does not tunnel is told the whole URL.
            place = place if place.origin.startswith("https:") else place._replace(target=place.origin + place.target)
        self._begin(request, place, body)
        later = request.piece is not None and request.piece.offset > 0  # whoever took the first is not asked again
        asks = self._exchange.asks = body.length > ASKED_ABOVE and not later
        try:
            response = self._exchanged(self._prepared(request, body, url), proxy)
            if not (asks and response.status_code == _KNOWS_NO_QUESTION):
                return response
            response.raw.close()
        except (ConnectionError, requests.ConnectionError):
            if not self._may_repeat(request, body):
                raise
        self._begin(request, place, body)
        return self._exchanged(self._prepared(request, body, url), proxy)

    def _prepared(self, request: Request, body: StreamingBody, url: str) -> PreparedRequest:
        return prepare(request, body, self._user_agent, self._cookies(url), asks=self._exchange.asks)

    def _may_repeat(self, request: Request, body: StreamingBody) -> bool:
        exchange = self._exchange
        if exchange.fresh or exchange.received:
            return False
        return request.idempotent or not (request.carries_file and body.complete)

    def _begin(self, request: Request, place: Place, body: StreamingBody) -> None:
        self._exchange.begin(host=place.label, target=place.target, private=request.private, timeout=request.timeout)
        self._exchange.body_length = body.length
        self._exchange.answer_timeout = self._seconds_for(request)

    def _seconds_for(self, request: Request) -> float | None:
        if self._answer_timeout is not None or request.timeout.read is None:
            return self._answer_timeout
        return request.timeout.read * ANSWER_PATIENCE

    def _choose_cookies(self, request: Request) -> None:
        """Let a request that is sent again have the cookies of its first time: a failed try leaves nothing behind."""
        if request != self._last:
            self._last, self._before = request, self._session.cookies.copy()
        else:
            self._session.cookies = self._before.copy()

    def _cookies(self, url: str) -> str | None:
        if not len(self._session.cookies):
            return None
        header: str | None = get_cookie_header(  # type: ignore[no-untyped-call]
            self._session.cookies, requests.Request("GET", url)
        )
        return header

    def _exchanged(self, prepared: PreparedRequest, proxy: str | None) -> Response:
        response = self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=self._exchange.timeout,
            proxies={urlsplit(str(prepared.url)).scheme: proxy} if proxy else {},
        )
        if proxy and response.status_code == 407:
            response.raw.close()
            raise ProxyError("the proxy wants to know who asks", status=407, hint=WHO_ASKS)
        return response

    def _whole_reply(self, request: Request, body: StreamingBody, response: Response) -> Reply:
        status = response.status_code
        host = self._exchange.host
        if not body.complete and (status < 400 or _succeeded(request, status)):
            # Never a success, and never a redirect that a caller might follow as one.
            early = f"{host}: the host answered {status} before it had the whole file"
            raise Redirected(f"{early}{lead_of(response)}") if 300 <= status < 400 else BadReply(early)
        if 300 <= status < 400 and not _succeeded(request, status):
            return reply_of(request, response, b"")
        if _succeeded(request, status):
            return reply_of(request, response, read_whole(response.raw, coding_of(response), host))
        self._exchange.hurry(ERROR_BODY_SECONDS)
        try:
            return reply_of(request, response, read_whole(response.raw, coding_of(response), host))
        except (UploadError, *FOREIGN):
            return reply_of(request, response, b"")

    def _pour(self, response: Response, sink: Sink, limit: int | None) -> None:
        exchange = self._exchange
        exchange.limit = None
        begun, count = time.monotonic(), 0
        for block in decoded(response.raw, coding_of(response), exchange.host):
            count += len(block)
            if limit is not None and count > limit:
                raise BadReply(f"{exchange.host}: more than {limit} bytes came back")
            sink(block)
            if exchange.answer_timeout is not None:
                exchange.deadline = begun + exchange.answer_timeout + exchange.received / SLOWEST_FETCH


def _succeeded(request: Request, status: int) -> bool:
    return status in request.expect if request.expect else 200 <= status < 300
