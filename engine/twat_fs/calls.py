"""What a caller wants of an upload, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import TrustError, UsageError
from twat_fs.events import Tell, untold
from twat_fs.fitting import Needs, check_needs
from twat_fs.source import sendable_name
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.naming import wanted_name
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.errors import UploadError
    from twat_fs.history.recorder import Entry
    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Progress

DEPTHS = ("size", "hash", "none")


class UploadOptions(NamedTuple):
    """How to upload; the user's config file is not read, so that no program does something else where there is one.

    Attributes:
        remote_path: The wanted path at the host; one that ends in `/` is a folder for the file's own name.
        unique: Put a random part into the name, so that it is nobody's.
        force: Overwrite a file of that name, where the provider can.
        fragile: Stop at the first provider that fails.
        check: `size`, `hash` or `none`: how to compare the URL with the file afterwards.
        options: The provider's own options by name.
        needs: What a provider must be able to do; those that cannot are passed over.
        providers_d: Further folders of specs.
        timeout: Seconds without progress after which a request fails.
        max_time: Seconds for everything, other providers and pauses among it; a Python provider is not broken off in
            the middle of a request.
        ca_file: Certificates to trust instead of the usual ones.
        progress: Called with the bytes sent so far and the file's size.
        history: Keep a receipt, as the command line does, for `twat_fs.history.History` and `twat-fs history`.
        skip_existing: Where a receipt says that the same bytes are at the provider already, asked for with the same
            options, and its URL still serves them, give that URL; needs `history`.
        name: The file's name, instead of its own; what has none, such as bytes, must be given one.
        raw_name: Send the name in the form of Unicode that it has, not in NFC, which most systems and hosts write.
        on_event: Called with each event of `twat_fs.events`, by the threads that upload: what was tried, what was
            answered, why it went on or stopped.
    """

    remote_path: str | None = None
    unique: bool = False
    force: bool = False
    fragile: bool = False
    check: str = "size"
    options: Mapping[str, Any] = {}
    needs: Needs = Needs()
    providers_d: Sequence[str] = ()
    timeout: float | None = None
    max_time: float | None = None
    ca_file: str | None = None
    progress: Progress | None = None
    history: bool = False
    skip_existing: bool = False
    name: str | None = None
    raw_name: bool = False
    on_event: Tell = untold


class Outcome:
    """What became of one file.

    Args:
        source: The open file.

    Attributes:
        name: Its name.
        size: Its bytes.
        result: The URL and what is known of it, or None where no provider took the file.
        attempts: Each provider that was tried or passed over before, with why.
        entry: The receipt of the provider that was tried last, or None.
    """

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.size = source.size
        self.result: UploadResult | None = None
        self.attempts: list[UploadError] = []
        self.entry: Entry | None = None

    def keep(self) -> None:
        """Complete the receipt; to be called once the user has the URL, while the file is still open."""
        if self.result is not None and self.entry is not None:
            self.entry.keep(self.result)

    @property
    def ambiguous(self) -> list[str]:
        """Providers that may hold the file although they gave no URL."""
        return [attempt.provider for attempt in self.attempts if attempt.ambiguous]


def line_of(failure: UploadError) -> str:
    """A provider's failure in one line."""
    perhaps = "; it may hold the file all the same" if failure.ambiguous else ""
    step = f"step {failure.step}: " if failure.step not in ("", "request") else ""
    return f"{failure.provider}: {step}{failure.message} ({failure.kind}){perhaps}"


def why_last(failure: UploadError, *, fragile: bool, last: bool) -> str:
    """Why nobody else is tried after a failure; an empty text where somebody is.

    Args:
        failure: The failure.
        fragile: Whether the first one was to be the last.
        last: Whether nobody is left.
    """
    if isinstance(failure, TrustError):
        return "a secret or the file would have gone where it may not"
    if fragile:
        return "the first failure was to be the last"
    return "nobody is left" if last else ""


def call_for(source: Source, options: UploadOptions) -> Call:
    """What the caller wants of this file.

    Raises:
        UsageError: `remote_path` is not a path, `check` not a depth, or `needs` hold no duration where one is needed.
    """
    check_needs(options.needs)
    if options.check not in DEPTHS:
        raise UsageError(f"check is one of {', '.join(DEPTHS)}, not `{options.check}`")
    if options.raw_name:
        # Of the file itself: Python providers and records have its name from there.
        source.name = sendable_name(source.own, composed=False)
    name, path = wanted_name(source.name, options.remote_path, unique=options.unique)
    given = {**options.needs.options, **options.options}
    return Call(name, path, given, options.force, options.progress, options.on_event)
