"""What a provider is to the rest of the package, and to those who write one in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict, runtime_checkable

from twat_fs.events import Tell, untold
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from twat_fs.results import UploadResult
    from twat_fs.source import Source

    #: Called with the bytes of the file that were sent so far, and its size.
    Progress = Callable[[int, int], None]


class ProviderHelp(TypedDict):
    """What a provider says of itself: how to set it up, and what must be installed."""

    setup: str
    deps: str


class Call(NamedTuple):
    """What a caller wants of one upload.

    Attributes:
        name: The name to give the file.
        remote_path: The wanted path at the host, without a leading `/`; the name, unless asked for.
        options: The provider's options by name, as given.
        force: Whether a file of that name may be overwritten.
        progress: Told how far the upload is, or None.
        tell: Told what happens.
    """

    name: str
    remote_path: str
    options: Mapping[str, Any] = {}
    force: bool = False
    progress: Progress | None = None
    tell: Tell = untold


@runtime_checkable
class Transfer(Protocol):
    """A way to put one open file somewhere."""

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Put the file there.

        Raises:
            UploadError: It was not taken.
            SourceError: It cannot be read, or changed meanwhile.
        """
        ...


@runtime_checkable
class Deleting(Protocol):
    """A provider that can remove what it uploaded; its card says `capabilities: {delete: true}`."""

    def delete(self, recipe: Mapping[str, Any]) -> bool:
        """Remove what an upload put there.

        Args:
            recipe: What the upload set as `recipe` of its result: plain data, kept in the user's receipt.

        Returns:
            Whether it was there; False where it is gone already.

        Raises:
            UploadError: It was not removed.
        """
        ...


@runtime_checkable
class ProviderClient(Protocol):
    """A provider that is ready: what `get_provider()` of a provider module gives."""

    def upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        unique: bool = False,
        force: bool = False,
        upload_path: str | None = None,
        **kwargs: Any,
    ) -> UploadResult:
        """Upload a file and return its URL."""
        ...

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
        """The same, to be awaited."""
        ...


class Provider(Protocol):
    """A provider module: what a module that a card names must export."""

    PROVIDER_HELP: ProviderHelp

    def get_credentials(self) -> Mapping[str, Any] | None:
        """The credentials from the environment, or None where they are missing."""
        ...

    def get_provider(self) -> ProviderClient | None:
        """The provider, or None where it is not configured."""
        ...
