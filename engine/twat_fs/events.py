"""What happens in an upload, told as it happens, to whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Union

from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from twat_fs.errors import RetryableError, TwatFsError, UploadError


class Begun(NamedTuple):
    """A provider is about to be sent the file, from its first byte.

    Attributes:
        provider: The provider's name.
        name: The name that the file gets.
        size: Its bytes.
    """

    provider: str
    name: str
    size: int


class Exchanged(NamedTuple):
    """A request went out, and was answered, or failed.

    Attributes:
        provider: The provider's name.
        step: The step of its spec, or an empty text.
        request: Method and address, without secrets and query; empty where a Python provider sends its own.
        seconds: How long it took.
        status: The status of the answer, or None where there was none.
        error: What the answer means, or what went wrong; None where it means success.
    """

    provider: str
    step: str
    request: str
    seconds: float
    status: int | None
    error: TwatFsError | None


class Pausing(NamedTuple):
    """What failed is tried again after a pause.

    Attributes:
        provider: The provider's name.
        error: How it failed.
        seconds: The pause.
        attempt: The number of the attempt that comes then.
        attempts: How many there are at most.
    """

    provider: str
    error: RetryableError
    seconds: float
    attempt: int
    attempts: int


class GivenUp(NamedTuple):
    """What might have passed is not tried again.

    Attributes:
        provider: The provider's name.
        error: How it failed the last time.
        why: Why that was the last time.
    """

    provider: str
    error: RetryableError
    why: str


class Noted(NamedTuple):
    """Something else that explains what comes next, such as that an upload that was broken off is gone on with.

    Attributes:
        provider: The provider's name.
        words: What it is.
    """

    provider: str
    words: str


class Checked(NamedTuple):
    """The URL was fetched back, or left alone.

    Attributes:
        provider: The provider's name.
        url: The URL, without its query.
        seconds: How long that took.
        compared: Whether what it serves was compared with what was sent.
        error: What is wrong with it, or None.
    """

    provider: str
    url: str
    seconds: float
    compared: bool
    error: TwatFsError | None


class Failed(NamedTuple):
    """A provider gives no URL for the file: it failed, or was passed over (`error.tried` is False then).

    Attributes:
        provider: The provider's name.
        error: Why.
        then: The provider that is tried next, or an empty text where nobody is.
        why: Why nobody is.
    """

    provider: str
    error: UploadError
    then: str
    why: str


class Took(NamedTuple):
    """A provider has the file.

    Attributes:
        provider: The provider's name.
        url: Where it is.
    """

    provider: str
    url: str


class Sent(NamedTuple):
    """Some of the file was sent; told by `twat_fs.upload_files`, and else by `UploadOptions.progress`.

    Attributes:
        sent: Its bytes that were sent so far; fewer than before where it begins anew.
        total: Its bytes.
    """

    sent: int
    total: int


Event = Union[Begun, Exchanged, Pausing, GivenUp, Noted, Checked, Failed, Took]
#: What `twat_fs.upload_files` tells of one file.
FileEvent = Union[Sent, Event]
#: Is told of events by the threads that upload; pieces that go at the same time tell from several.
Tell = Callable[[Event], object]


def untold(_event: Event) -> None:
    """Tells nobody."""
