"""What a provider is to the rest of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.results import UploadResult
    from twat_fs.source import Source

    #: Called with the bytes of the file that were sent so far, and its size.
    Progress = Callable[[int, int], None]


class Call(NamedTuple):
    """What a caller wants of one upload.

    Attributes:
        name: The name to give the file.
        remote_path: The wanted path at the host, without a leading `/`; the name, unless asked for.
        options: The provider's options by name, as given.
        force: Whether a file of that name may be overwritten.
        timeout: Seconds without progress after which a request fails, or None for what the provider says.
        progress: Told how far the upload is, or None.
    """

    name: str
    remote_path: str
    options: Mapping[str, Any] = {}
    force: bool = False
    timeout: float | None = None
    progress: Progress | None = None


class Transfer(Protocol):
    """A way to put one open file somewhere."""

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Put the file there.

        Raises:
            UploadError: It was not taken.
            SourceError: It cannot be read, or changed meanwhile.
        """
        ...
