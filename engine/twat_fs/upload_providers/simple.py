"""The base classes of Python providers: a provider writes its transfer, and this is around it.

Around it means: the file is checked, named, opened and watched for change; its size is compared with the limit;
errors keep their class; the result is a URL. Retries, fallback and the check of the URL are the engine's.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from twat_fs.errors import TooLarge
from twat_fs.source import Source
from twat_fs.units import shown_size
from twat_fs.upload_providers.async_utils import run_async
from twat_fs.upload_providers.judging import accepted_result, check_sent, convert_to_upload_result, own_errors, refusal
from twat_fs.upload_providers.naming import wanted_name
from twat_fs.upload_providers.opened import named_path, opened, pieces, size_of
from twat_fs.upload_providers.protocols import Call
from twat_fs.urls import BadUrl, authority

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from twat_fs.messages import Reply
    from twat_fs.results import UploadResult
    from twat_fs.upload_providers.protocols import Progress

__all__ = ["AsyncBaseProvider", "BaseProvider", "SimpleProvider", "SyncBaseProvider", "convert_to_upload_result"]


class BaseProvider:
    """A provider that sends an open file.

    Attributes:
        provider_name: The name, for messages and results.
        base_url: Where it sends to.
        allow_hosts: Further hosts that the file and secrets may go to by `send`: `name:port`, `*.name:port`.
        max_file_size: Bytes that it takes at most, or None; a larger file is refused before anything is sent.
        closed_statuses: What the host answers, beside 401 and 403, where not everybody may read what was uploaded.
        features: What else it can do, for `get_capabilities`: `resumable`, `folders`, `expiration`.
    """

    provider_name: str = ""
    base_url: str = ""
    allow_hosts: tuple[str, ...] = ()
    max_file_size: int | None = None
    closed_statuses: tuple[int, ...] = ()
    features: ClassVar[Mapping[str, bool]] = {}

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        """Send the file: what a subclass writes.

        It may take further keyword arguments: `progress_callback`, called with the bytes sent and their total;
        `remote_path`, `force`; and the provider's options by name.

        Args:
            file: Open at its start; its `name` is the name to give it.

        Raises:
            RetryableError: It may work later.
            NonRetryableError: It will not.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define upload_file_impl()")

    def upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        unique: bool = False,
        force: bool = False,
        upload_path: str | None = None,
        progress_callback: Progress | None = None,
        **options: Any,
    ) -> UploadResult:
        """Upload a file.

        Args:
            file_path: The file.
            remote_path: The wanted path at the host.
            unique: Put a random part into the name.
            force: Overwrite a file of that name, where the host can.
            upload_path: Another spelling of `remote_path`.
            progress_callback: Called with the bytes sent so far and the file's size.
            **options: The provider's own.

        Raises:
            SourceError: The file cannot be read, or changed meanwhile.
            UploadError: It was not taken.
        """
        with Source(file_path) as source:
            name, path = wanted_name(source.name, remote_path or upload_path, unique=unique)
            return self.upload(source, Call(name, path, options, force, progress_callback))

    async def async_upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        unique: bool = False,
        force: bool = False,
        upload_path: str | None = None,
        **kwargs: Any,
    ) -> UploadResult:
        """Upload a file without holding the event loop up; see `upload_file`."""
        import asyncio

        return await asyncio.to_thread(
            self.upload_file, file_path, remote_path, unique=unique, force=force, upload_path=upload_path, **kwargs
        )

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        self._check_size(source)
        extra = _accepted(self.upload_file_impl, call)
        # Who tells progress does it alone: two tellers would contradict each other.
        watched = call._replace(progress=None) if "progress_callback" in extra else call
        file = opened(source, watched)
        with own_errors(self.provider_name, source, lambda: file.tell() >= source.size):
            result = self.upload_file_impl(file, **extra)
        return self._finished(result, source)

    @classmethod
    def get_capabilities(cls) -> dict[str, Any]:
        """What the provider can do: `max_file_size`, `supported_types`, `features`, `auth_required`."""
        needed = [
            parameter
            for parameter in inspect.signature(cls).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        known = {"resumable": False, "chunked": False, "progress": cls._tells_progress(), "folders": False}
        return {
            "max_file_size": cls.max_file_size,
            "supported_types": ["*"],
            "features": {**known, "expiration": False, **cls.features},
            "auth_required": bool(needed),
        }

    def send(self, method: str, url: str, **request: Any) -> Reply:
        """Send one request as the engine sends those of a spec, and judge its reply by its status.

        The file and what looks like a secret go to the host of `base_url` and to `allow_hosts` only; no redirect is
        followed.

        Args:
            method: The HTTP method.
            url: The address.
            **request: See `twat_fs.upload_providers.sending.send`.

        Raises:
            UploadError: The host says no, or does not say anything usable.
        """
        from twat_fs.upload_providers.sending import send

        hosts = list(self.allow_hosts)
        with contextlib.suppress(BadUrl):
            hosts.append(authority(self.base_url))
        return send(self.provider_name, method, url, hosts=hosts, **request)

    def judge(self, method: str, url: str, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Raise the error that a reply means by its status, for a provider that brings its own client.

        Args:
            method: The request's.
            url: The request's.
            status: The reply's.
            headers: The reply's.
            body: The reply's; a short text is quoted.

        Raises:
            UploadError: The status means no; holds what `Retry-After` says.
        """
        refused = refusal(self.provider_name, method, url, status, headers, body)
        if refused is not None:
            raise refused

    @property
    def timeout(self) -> float:
        """Seconds without progress after which an upload fails, for a provider that brings its own client."""
        from twat_fs.environment import current
        from twat_fs.upload_providers.sending import WITH_FILE

        return current().timeout or WITH_FILE

    def chunked_upload(
        self, file: BinaryIO, send_piece: Callable[[int, bytes], Any], chunk_size: int = 5 * 1024 * 1024
    ) -> list[Any]:
        """Send a file in pieces; the caller begins and completes the upload at the host.

        Args:
            file: The open file.
            send_piece: Sends one piece; called with its number, from 1, and its bytes.
            chunk_size: Bytes of a piece; no more are held at a time.

        Returns:
            What `send_piece` gave for each piece.
        """
        return [send_piece(number, piece) for number, piece in enumerate(pieces(file, chunk_size), 1)]

    @classmethod
    def _tells_progress(cls) -> bool:
        return True

    def _get_file_size(self, file: BinaryIO) -> int:
        """The bytes of an open file, without reading it."""
        return size_of(file)

    def _check_size(self, source: Source) -> None:
        limit = self.max_file_size
        if limit is not None and source.size > limit:
            raise TooLarge(
                f"the file has {shown_size(source.size)} ({source.size} bytes); "
                f"this provider takes {shown_size(limit)} ({limit} bytes) at most",
                self.provider_name,
            )

    def _finished(self, result: Any, source: Source) -> UploadResult:
        check_sent(source)
        return accepted_result(result, self.provider_name)


class SyncBaseProvider(BaseProvider):
    """A provider whose transfer is a plain function: `BaseProvider`, said aloud."""


class SimpleProvider(SyncBaseProvider):
    """A provider that needs no credentials."""


class AsyncBaseProvider(BaseProvider):
    """A provider whose transfer is a coroutine: a subclass writes `async_upload_file`.

    What it writes is called with a path that ends in the wanted name, and with `remote_path` and `force`;
    `progress_callback` and options by name where it takes them. `twat_fs.upload_providers.opened.watched` opens the
    path and tells progress. What others call under that name has the checks of `upload_file` around it.
    """

    _transfer: ClassVar[Callable[..., Any] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Put the checks around what the subclass writes."""
        super().__init_subclass__(**kwargs)
        own = cls.__dict__.get("async_upload_file")
        if own is not None:
            cls._transfer = own
            cls.async_upload_file = _guarded(own)  # type: ignore[method-assign]

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        return run_async(self._upload(type(self)._transfer, source, call))

    async def _upload(self, transfer: Callable[..., Any] | None, source: Source, call: Call) -> UploadResult:
        if transfer is None:
            raise NotImplementedError(f"{type(self).__name__} does not define async_upload_file()")
        self._check_size(source)
        with own_errors(self.provider_name, source), named_path(source, call.name) as path:
            result = await transfer(self, path, call.remote_path, force=call.force, **_accepted(transfer, call))
        return self._finished(result, source)

    @classmethod
    def _tells_progress(cls) -> bool:
        return cls._transfer is not None and "progress_callback" in inspect.signature(cls._transfer).parameters


def _guarded(transfer: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(transfer)
    async def guarded(
        self: AsyncBaseProvider,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        unique: bool = False,
        force: bool = False,
        upload_path: str | None = None,
        progress_callback: Progress | None = None,
        **options: Any,
    ) -> UploadResult:
        with Source(file_path) as source:
            name, path = wanted_name(source.name, remote_path or upload_path, unique=unique)
            return await self._upload(transfer, source, Call(name, path, options, force, progress_callback))

    return guarded


def _accepted(function: Callable[..., Any], call: Call) -> dict[str, Any]:
    """The keyword arguments that a transfer takes: the caller's options, where the file is to go, and progress."""
    parameters = inspect.signature(function).parameters
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    extra = {name: value for name, value in call.options.items() if anything or name in parameters}
    if "progress_callback" in parameters and call.progress is not None:
        extra["progress_callback"] = call.progress
    if not inspect.iscoroutinefunction(function):
        known = {"remote_path": call.remote_path, "force": call.force}
        extra |= {name: value for name, value in known.items() if name in parameters}
    return extra
