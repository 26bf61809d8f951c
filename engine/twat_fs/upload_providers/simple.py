"""The base classes of Python providers: a provider writes its transfer, and this is around it.

Around it means: the file is checked, named, opened and watched for change; its size is compared with the limit;
errors keep their class; the result is a URL. Retries, fallback and the check of the URL are the engine's.
"""

from __future__ import annotations

import inspect
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from twat_fs.errors import NetworkError, TooLarge, UploadError, UploadTimeout
from twat_fs.results import UploadResult
from twat_fs.source import Source
from twat_fs.units import shown_size
from twat_fs.upload_providers.async_utils import run_async
from twat_fs.upload_providers.naming import wanted_name
from twat_fs.upload_providers.opened import opened
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twat_fs.upload_providers.protocols import Progress

__all__ = ["AsyncBaseProvider", "BaseProvider", "SimpleProvider", "SyncBaseProvider", "convert_to_upload_result"]


class BaseProvider:
    """A provider that sends an open file.

    Attributes:
        provider_name: The name, for messages and results.
        base_url: Where it sends to; for the subclass's own use.
        max_file_size: Bytes that it takes at most, or None; a larger file is refused before anything is sent.
    """

    provider_name: ClassVar[str] = ""
    base_url: ClassVar[str] = ""
    max_file_size: ClassVar[int | None] = None

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        """Send the file: what a subclass writes.

        It may take further keyword arguments: `progress_callback`, called with the bytes sent and their total, and
        the provider's options by name.

        Args:
            file: Open at its start; its `name` is the name to give it.

        Raises:
            RetryableError: It may work later.
            NonRetryableError: It will not.
        """
        raise TypeError(f"{type(self).__name__} does not define upload_file_impl()")

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
        with _own_errors(self.provider_name):
            result = self.upload_file_impl(opened(source, call), **extra)
        return self._finished(result, source)

    @classmethod
    def get_capabilities(cls) -> dict[str, Any]:
        """What the provider can do: `max_file_size`, `supported_types`, `features`, `auth_required`."""
        return {
            "max_file_size": cls.max_file_size,
            "supported_types": ["*"],
            "features": {"progress": True},
            "auth_required": not issubclass(cls, SimpleProvider),
        }

    def _check_size(self, source: Source) -> None:
        limit = self.max_file_size
        if limit is not None and source.size > limit:
            raise TooLarge(
                f"the file has {shown_size(source.size)} ({source.size} bytes); "
                f"this provider takes {shown_size(limit)} ({limit} bytes) at most",
                self.provider_name,
            )

    def _finished(self, result: Any, source: Source) -> UploadResult:
        source.check_unchanged(source.size)
        return convert_to_upload_result(result, provider=self.provider_name)


class SyncBaseProvider(BaseProvider):
    """A provider whose transfer is a plain function; the same as `BaseProvider`, said aloud."""


class SimpleProvider(SyncBaseProvider):
    """A provider that needs no credentials."""


class AsyncBaseProvider(BaseProvider):
    """A provider whose transfer is a coroutine: a subclass writes `async_upload_file`."""

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
        """Upload a file: what a subclass writes."""
        raise TypeError(f"{type(self).__name__} does not define async_upload_file()")

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        self._check_size(source)
        with _own_errors(self.provider_name), _named_path(source, call.name) as path:
            extra = _accepted(self.async_upload_file, call)
            result = run_async(self.async_upload_file(path, call.remote_path, force=call.force, **extra))
        return self._finished(result, source)


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


def _accepted(function: Callable[..., Any], call: Call) -> dict[str, Any]:
    """The keyword arguments that a transfer takes: the caller's options, and the progress callback."""
    parameters = inspect.signature(function).parameters
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    extra = {name: value for name, value in call.options.items() if anything or name in parameters}
    if "progress_callback" in parameters and call.progress is not None:
        extra["progress_callback"] = call.progress
    return extra


@contextmanager
def _own_errors(provider: str) -> Iterator[None]:
    """Errors as the engine judges them: an upload error keeps its class, a network error gets ours."""
    try:
        yield
    except UploadError as error:
        cause = error.__cause__
        # A broad `except` in a provider wraps what it raised itself a moment before; the first word counts.
        first = cause if isinstance(cause, UploadError) else error
        first.provider = first.provider or provider
        if first is error:
            raise
        raise first from None
    except TimeoutError as error:
        raise UploadTimeout(f"no answer in time: {error}", provider) from error
    except OSError as error:
        raise NetworkError(f"{type(error).__name__}: {error}", provider) from error


@contextmanager
def _named_path(source: Source, name: str) -> Iterator[str]:
    """A path of the file that ends in the wanted name."""
    if os.path.basename(source.path) == name:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="twat-fs-") as folder:
        path = os.path.join(folder, name)
        os.symlink(os.path.abspath(source.path), path)
        yield path
