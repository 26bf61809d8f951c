"""After an upload: does the URL serve what was sent?"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Protocol

from twat_fs import retry
from twat_fs.errors import NetworkError, ResourceError, UploadError, UploadTimeout, VerifyError
from twat_fs.events import Checked, Tell, untold
from twat_fs.interruption import Interrupted
from twat_fs.logs import logger
from twat_fs.messages import Request, Timeout
from twat_fs.results import UploadResult
from twat_fs.urls import BadUrl, authority, joined, names_host, request_url, without_query

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from twat_fs.http.transport import Transport
    from twat_fs.messages import Reply

_log = logger()

#: Redirects that lead from a link to the bytes; some hosts answer with a signed address.
_REDIRECTS = 5
#: Seconds between the tries to reach a link.
_PAUSES = (0.5, 1.0, 2.0)
#: Answers that say nothing of the file: who asks is not let in, or asks too much.
_UNTOLD = (401, 403, 407, 429)


class Sent(Protocol):
    """What is known of the bytes that were sent: the open file, or a receipt."""

    @property
    def size(self) -> int:
        """How many they are."""
        ...

    def digest(self, algorithm: str) -> str:
        """Their digest, in hexadecimal."""
        ...


def verify(
    transport: Transport,
    url: str,
    source: Sent,
    *,
    provider: str,
    way: str,
    depth: str,
    hosts: Sequence[str],
    closed: Collection[int] = (),
    tell: Tell = untold,
) -> bool:
    """Fetch back and compare.

    Args:
        transport: The connections of the upload.
        url: The URL that the upload gave.
        source: What was sent.
        provider: The provider's name, for messages.
        way: `get`, `head` or `none`: how the host lets its URLs be checked.
        depth: `size`, `hash` or `none`: what to compare.
        hosts: Hosts that the spec or the user named, which may be private.
        closed: Further statuses by which this host says that it does not let everybody read.
        tell: Told what came of it.

    Returns:
        Whether it was compared; a warning says why not, where that was asked for.

    Raises:
        VerifyError: The file is not there, or is not what was sent.
    """
    if depth == "none" or way == "none":
        return False
    checker = _Checker(transport, provider, hosts, (*_UNTOLD, *closed))
    begun = time.monotonic()
    try:
        compared = _compared(checker, url, source, provider, way, depth)
    except VerifyError as error:
        tell(Checked(provider, without_query(url), time.monotonic() - begun, True, error))
        raise
    tell(Checked(provider, without_query(url), time.monotonic() - begun, compared, None))
    return compared


def _compared(checker: _Checker, url: str, source: Sent, provider: str, way: str, depth: str) -> bool:
    try:
        problem = checker.compare(url, source, way, depth)
    except _Wrong as error:
        problem = str(error)
    except (NetworkError, UploadTimeout) as error:
        raise _failed(provider, url, f"cannot be fetched: {error}") from error
    except Interrupted as end:
        end.left = f"{provider} has the file, and gave {url}"
        raise
    except (UploadError, ResourceError) as error:
        _log.warning("%s: %s could not be checked: %s", provider, without_query(url), error)
        return False
    if problem:
        raise _failed(provider, url, problem)
    return checker.told


def _failed(provider: str, url: str, problem: str) -> VerifyError:
    failure = VerifyError(
        f"the host took the file, but {without_query(url)} {problem}",
        provider,
        ambiguous=True,
        hint="If this host's links lead to a page rather than to the file, its spec needs `check: none` under "
        "capabilities; --no-check skips the check once.",
    )
    failure.result = url if isinstance(url, UploadResult) else None
    return failure


class _Wrong(Exception):
    """What the URL serves cannot be the file; the message says why, as a predicate."""


class _Checker:
    def __init__(self, transport: Transport, provider: str, hosts: Sequence[str], untold: Collection[int]) -> None:
        self._transport = transport
        self._provider = provider
        self._hosts = hosts
        self._untold = untold
        self.told = True

    def compare(self, url: str, source: Sent, way: str, depth: str) -> str:
        """What is wrong with what a URL serves; nothing if nothing is.

        A link may take a moment to work, so one that does not is asked again.
        """
        for wait in (*_PAUSES, None):
            if depth == "hash" and way != "head":
                problem = self.compare_hash(url, source)
            else:
                problem = self.compare_size(url, source, way)
            if wait is None or not problem.startswith("answers"):
                break
            retry.sleep(wait)
        if depth == "hash" and way == "head" and not problem:
            self._leave(url, "its host lets only the size be asked for")
        return problem

    def compare_size(self, url: str, source: Sent, way: str) -> str:
        """What is wrong with the size of what a URL serves; nothing if nothing is."""
        seen = 0

        def count(block: memoryview | bytes) -> None:
            nonlocal seen
            seen += len(block)
            if seen > source.size:
                raise _Wrong(f"serves more than the {source.size} bytes that were sent")

        if way == "head":
            reply = self._follow(url, "HEAD", (), self._transport.send)
            length = reply.headers.get("content-length", "")
            size = int(length) if length.isdecimal() else None
        else:
            # One byte tells the size of the whole, where the host knows ranges (RFC 9110, 14).
            headers = (("Range", "bytes=0-0"),)
            reply = self._follow(url, "GET", headers, self._fetcher(count))
            size = _total(reply, seen)
        problem = self._status_problem(reply, url)
        if size is None and not problem and self.told:
            self._leave(url, "its answer does not tell the size")
        if problem or not self.told or size == source.size:
            return problem
        return f"serves {size} bytes, and {source.size} were sent"

    def compare_hash(self, url: str, source: Sent) -> str:
        """What is wrong with the bytes that a URL serves; nothing if nothing is."""
        import hashlib

        digest, seen = hashlib.sha256(), 0

        def take(block: memoryview | bytes) -> None:
            nonlocal seen
            seen += len(block)
            if seen > source.size:
                raise _Wrong(f"serves more than the {source.size} bytes that were sent")
            digest.update(block)

        reply = self._follow(url, "GET", (), self._fetcher(take))
        problem = self._status_problem(reply, url)
        if problem or not self.told or digest.hexdigest() == source.digest("sha256"):
            return problem
        return "serves other bytes than were sent"

    def _fetcher(self, sink: Callable[[memoryview | bytes], object]) -> Callable[[Request], Reply]:
        return lambda request: self._transport.fetch(request, sink)

    def _follow(
        self, url: str, method: str, headers: tuple[tuple[str, str], ...], send: Callable[[Request], Reply]
    ) -> Reply:
        for _ in range(_REDIRECTS):
            reply = send(self._request(url, method, headers))
            location = reply.headers.get("location")
            if not (300 <= reply.status < 400 and location):
                return reply
            url = self._next(url, location)
        raise _Wrong(f"leads on more than {_REDIRECTS} times")

    def _next(self, url: str, location: str) -> str:
        try:
            target = joined(url, location)
        except BadUrl as error:
            raise _Wrong(f"leads to no address: {error}") from error
        if url.startswith("https://") and not target.startswith("https://"):
            raise _Wrong("leads from https to something else")
        return target

    def _request(self, url: str, method: str, headers: tuple[tuple[str, str], ...]) -> Request:
        try:
            address = request_url(url)
            host = authority(address)
        except BadUrl as error:
            raise _Wrong(f"leads to no address: {error}") from error
        return Request(
            provider=self._provider,
            step="check",
            method=method,
            url=address.partition("#")[0],
            headers=headers,
            timeout=Timeout(10.0, 30.0),
            private=any(names_host(pattern, host) for pattern in self._hosts),
            idempotent=True,
        )

    def _status_problem(self, reply: Reply, url: str) -> str:
        coding = reply.headers.get("content-encoding", "identity")
        if coding != "identity":  # what was undone on the way is not what the file was
            self._leave(url, f"it serves the content in the coding {coding}")
            return ""
        if reply.status in self._untold:
            self._leave(url, f"it answers {reply.status}")
            return ""
        return "" if reply.status < 300 or reply.status == 416 else f"answers {reply.status}"

    def _leave(self, url: str, why: str) -> None:
        self.told = False
        _log.warning("%s: %s could not be checked: %s", self._provider, without_query(url), why)


def _total(reply: Reply, seen: int) -> int | None:
    """The size of the whole that a reply to a range tells."""
    found = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", reply.headers.get("content-range", "").strip())
    if found:
        return int(found.group(1))
    return seen if reply.status == 200 else None
