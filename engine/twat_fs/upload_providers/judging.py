"""What a Python provider gives and raises, as the engine judges it: results are URLs, foreign errors become ours."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from twat_fs.errors import BadReply, RetryableError, SourceError, UploadError, UploadTimeout
from twat_fs.results import UploadResult
from twat_fs.text import printable
from twat_fs.urls import BadUrl, result_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twat_fs.source import Source

#: Clients that providers use, with the base of their errors; looked up only where the provider has imported them.
_CLIENTS = {
    "aiohttp": "ClientError",
    "asyncio": "TimeoutError",
    "http.client": "HTTPException",
    "httpx": "HTTPError",
    "urllib3.exceptions": "HTTPError",
}
_NO_CONNECTION = frozenset(
    {
        "ClientConnectorDNSError",
        "ClientConnectorError",
        "ConnectError",
        "ConnectTimeout",
        "ConnectTimeoutError",
        "ConnectionRefusedError",
        "NameResolutionError",
        "NewConnectionError",
        "gaierror",
    }
)
#: What reading a reply of another shape than was thought raises: no key, no text, no JSON, or JSON of any depth.
_SHAPE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
#: Characters of what a provider's own error says that are shown; there may be words of a host among them.
_SAID = 1000


@contextmanager
def own_errors(provider: str, source: Source, whole: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Raise what a transfer raises as an error of ours.

    Args:
        provider: The provider's name, for errors that do not say it.
        source: The file: where it has changed, that is what went wrong, whatever the transfer says.
        whole: Whether all of the file may have been sent; a connection that breaks then may have stored it.

    Raises:
        SourceError: The file cannot be read, or changed meanwhile.
        UploadError: It was not taken.
    """
    try:
        yield
    except UploadError as error:
        raise _shown(_first(error, provider, source)) from error.__cause__
    except OSError as error:
        raise _foreign(error, provider, source, whole) from error
    except _client_errors() as error:
        raise _foreign(error, provider, source, whole) from error
    except _SHAPE as error:
        check_sent(source)
        message = printable(f"the reply could not be used: {type(error).__name__}: {error}")
        raise BadReply(message, provider, ambiguous=whole()) from error


def refusal(
    provider: str, method: str, url: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> UploadError | None:
    """The error that a reply means by itself: the built-in map of `docs/spec-language.md`, section Errors.

    Args:
        provider: The provider's name.
        method: The request's, for the message.
        url: The request's, for the message.
        status: The reply's.
        headers: The reply's; of them `Retry-After` and `Location` are read.
        body: The reply's; a short text is quoted.

    Returns:
        The error, or None where the status means success.
    """
    from twat_fs.messages import Reply, Request
    from twat_fs.spec.model import Rules
    from twat_fs.wire.classify import classify

    none = Rules((), None)
    job = SimpleNamespace(spec=SimpleNamespace(name=provider, errors=none, credentials=()), scope=None)
    step = SimpleNamespace(name="", errors=none, expect=())
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    reply = Reply(status, url, lower, body)
    return classify(cast("Any", job), cast("Any", step), Request(provider, "", method, url), reply)


def convert_to_upload_result(
    result: str | UploadResult | Mapping[str, Any], *, provider: str = "", metadata: Mapping[str, Any] | None = None
) -> UploadResult:
    """Make an upload result of what a provider has.

    Args:
        result: A URL, a result, or a mapping with `url` and maybe `metadata`.
        provider: The provider's name, for the metadata.
        metadata: What else is known.

    Raises:
        ValueError: There is no URL in it.
    """
    known: dict[str, Any] = {"provider": provider} if provider else {}
    if isinstance(result, UploadResult):
        known |= result.metadata
    elif not isinstance(result, str):
        known |= result.get("metadata") or {}
    url = str(result if isinstance(result, str) else result.get("url") or "")
    return UploadResult(url, {**known, **(metadata or {})})


def check_sent(source: Source) -> None:
    """Compare the file with what it was, now that its provider is done with it.

    Raises:
        SourceError: It was written to since it was opened; the host may hold it all the same.
    """
    try:
        source.check_unchanged(source.size)
    except SourceError as error:
        error.ambiguous = True
        error.message += "; the host may hold it as it was, or a mixture"
        raise


def accepted_result(result: Any, provider: str) -> UploadResult:
    """A transfer's result, if it is one that may be printed.

    Raises:
        BadReply: It is not a URL.
    """
    try:
        made = convert_to_upload_result(result, provider=provider)
        return UploadResult(result_url(made), _addresses_judged(made.metadata))
    except BadUrl as error:
        raise BadReply(f"the result is not a URL: {error}", provider, ambiguous=True) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise BadReply("the reply gave no URL", provider, ambiguous=True) from error


def _addresses_judged(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What is known beside the URL; an address that we would not print is left out, as a spec's is."""
    known = dict(metadata)
    for name in ("page_url", "delete_url"):
        if known.get(name) is not None:
            try:
                known[name] = result_url(str(known[name]))
            except BadUrl:
                del known[name]
    return known


def _shown(error: Exception) -> Exception:
    """An error whose words may be a host's, fit to be shown and kept."""
    if isinstance(error, UploadError):
        error.message = printable(error.message, _SAID)
        error.hint = printable(error.hint, _SAID)
    return error


def _first(error: UploadError, provider: str, source: Source) -> Exception:
    """What a broad `except` in a provider has wrapped counts, not the wrapping."""
    source.check_unchanged(source.size)
    first: Exception = error
    chain = list(_causes(error))
    for link in chain:
        if isinstance(link, (UploadError, SourceError)):
            first = link
    if type(first) is RetryableError and any(isinstance(link, ValueError) for link in chain):
        # A reply came and cannot be read: the host may hold the file, so it is not sent again.
        first = BadReply(f"the reply could not be read: {first.message}", first.provider, ambiguous=True)
    if isinstance(first, UploadError):
        first.provider = first.provider or provider
    return first


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link = error.__cause__
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__


def _foreign(error: Exception, provider: str, source: Source, whole: Callable[[], bool]) -> Exception:
    for link in (error, *_causes(error)):
        if isinstance(link, SourceError):
            return link
    source.check_unchanged(source.size)
    if isinstance(error, OSError) and error.filename is not None:
        return SourceError(f"{source.path}: cannot read the file: {error.strerror or error}")
    response = getattr(error, "response", error)
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    if isinstance(status, int) and status >= 300:
        refused = refusal(provider, "request", "", status, getattr(response, "headers", None) or {})
        if refused is not None:
            return refused
    if isinstance(error, ValueError) or (isinstance(status, int) and status >= 200):
        return BadReply(f"the reply could not be read: {type(error).__name__}", provider, ambiguous=whole())
    found = _of_network(error, provider)
    found.ambiguous = whole() and not _never_connected(error)
    return found


def _never_connected(error: BaseException | None) -> bool:
    """Whether it says that there was no connection; clients keep the reason in different places."""
    for _ in range(6):
        if error is None or type(error).__name__ in _NO_CONNECTION:
            break
        links = (error.__cause__, getattr(error, "reason", None), *error.args, error.__context__)
        error = next((link for link in links if isinstance(link, BaseException)), None)
    return error is not None and type(error).__name__ in _NO_CONNECTION


def _of_network(error: Exception, provider: str) -> UploadError:
    from twat_fs.http.errors import FOREIGN, translate

    if isinstance(error, _timeouts()):
        return UploadTimeout("no answer in time", provider)
    found: UploadError
    if isinstance(error, FOREIGN):
        found = translate(error, provider)
    else:
        found = translate(OSError(), provider)
        found.message = f"{found.message}: {type(error).__name__}"
    found.provider = provider
    return found


def _timeouts() -> tuple[type[BaseException], ...]:
    asyncio = sys.modules.get("asyncio")
    # One class with the built-in one from Python 3.11 on.
    return (TimeoutError, asyncio.TimeoutError) if asyncio else (TimeoutError,)


def _client_errors() -> tuple[type[Exception], ...]:
    return tuple(getattr(sys.modules[module], name) for module, name in _CLIENTS.items() if module in sys.modules)
