"""The one tree of errors.

An upload that does not work raises an `UploadError`: `RetryableError` where the same provider may be tried again,
`NonRetryableError` where only another provider can help. Everything else stops at once: `UsageError` (the call is
wrong), `SourceError` (the file is), `SpecError` (a provider spec is), `ResourceError` (this machine lacks something).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class TwatFsError(Exception):
    """The base of every error that this package raises on purpose.

    Attributes:
        hint: What to do next, as one sentence, or an empty string.
        exit_code: The status that the command line ends with.
    """

    exit_code: ClassVar[int] = 1
    ambiguous = False  # whether a host may hold the file all the same
    recipe: dict[str, Any] | None = None  # what deleting takes what steps have left; may hold secrets, see `Entry`

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(TwatFsError):
    """The call itself is wrong: an unknown provider, an option that does not exist, a value out of range."""

    exit_code = 2


class ConfigError(UsageError):
    """The user's config file is not valid; `problems` holds one rendered problem each, where there are several."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class SpecError(TwatFsError):
    """A provider spec is not valid; `problems` holds one rendered problem each."""

    exit_code = 2

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class SourceError(TwatFsError):
    """The user's file cannot be read, or changed while it was sent; `ambiguous` where all of it was sent before."""


class SourceNotFound(SourceError):
    """There is no regular file at the path that was given."""

    exit_code = 2


class ResourceError(TwatFsError):
    """This machine has run out of something, such as descriptors: no provider is to blame, and none can help."""


class HistoryError(TwatFsError):
    """The receipts cannot be read or written; no upload fails by it."""


class UploadError(TwatFsError):
    """A provider did not take the file.

    Args:
        message: What happened, in words for people; holds no secret.
        provider: The provider's name.
        status: The HTTP status of the reply, or None where there was none.
        retry_after: Seconds that the host asks us to wait, or None.
        hint: What to do next.
        step: The step of the spec that failed.
        ambiguous: True where the whole file was sent and no usable answer came, so that the host may hold it.
    """

    kind: ClassVar[str] = "error"
    tried: ClassVar[bool] = True  # False where the provider was passed over
    exit_code = 4
    rule = ""  # of the spec, where one decided that this is a failure

    def __init__(
        self,
        message: str,
        provider: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        hint: str = "",
        step: str = "",
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.provider = provider
        self.status = status
        self.retry_after = retry_after
        self.step = step
        self.ambiguous = ambiguous


class RetryableError(UploadError):
    """The same request may work a little later."""

    kind = "unavailable"
    exit_code = 5


class NonRetryableError(UploadError):
    """The same request will not work; another provider may."""

    kind = "rejected"


class UploadTimeout(RetryableError):
    """No answer, or no progress, within the time allowed."""

    kind = "timeout"


class NetworkError(RetryableError):
    """No connection, or one that broke."""

    kind = "network"


class RateLimited(RetryableError):
    """The host takes no more requests for now (429)."""

    kind = "rate_limited"


class Unavailable(RetryableError):
    """The host is out of order for now (408, 425, other 5xx)."""


class AuthError(NonRetryableError):
    """The credentials are missing or wrong (401)."""

    kind = "auth"


class Forbidden(NonRetryableError):
    """The host knows who asks and says no (403)."""

    kind = "forbidden"


class NotFound(NonRetryableError):
    """There is nothing at that address (404, 410)."""

    kind = "not_found"


class Conflict(NonRetryableError):
    """Something stands in the way, such as a file of that name or a missing parent folder (409)."""

    kind = "conflict"


class TooLarge(NonRetryableError):
    """The file is larger than the host takes (413)."""

    kind = "too_large"


class UnsupportedType(NonRetryableError):
    """The host does not take files of this type (415)."""

    kind = "unsupported_type"


class QuotaExceeded(NonRetryableError):
    """The account is full or unpaid (402, 507)."""

    kind = "quota"


class BadRequest(NonRetryableError):
    """The host does not understand the request (400, 422, 501, 505, other 4xx)."""

    kind = "bad_request"


class Redirected(NonRetryableError):
    """The host answered with a redirect, which is not followed with a file (3xx)."""

    kind = "redirected"


class Rejected(NonRetryableError):
    """A reply that says no in its body."""


class BadReply(NonRetryableError):
    """A reply that cannot be read, or that holds no URL."""

    kind = "bad_reply"


class NotConfigured(NonRetryableError):
    """A credential or a setting that the provider needs is missing or malformed."""

    kind = "config"
    tried = False
    exit_code = 3


class NotOffered(NonRetryableError):
    """The provider cannot do what the caller asked for; nothing was sent."""

    kind = "not_offered"
    tried = False
    exit_code = 2


class SetAside(NonRetryableError):
    """The provider failed several files in a row and is not tried for the rest of the run."""

    kind = "set_aside"
    tried = False
    exit_code = 5


class TrustError(NonRetryableError):
    """A secret or the file would go where it may not; nothing was sent."""

    kind = "trust"


class NotAccepted(TrustError):
    """The spec is not the one that the user saw and accepted."""

    exit_code = 2


class TlsError(NonRetryableError):
    """The host could not prove who it is."""

    kind = "tls"


class ProxyError(NonRetryableError):
    """The proxy refused to pass the request on."""

    kind = "proxy"


class VerifyError(NonRetryableError):
    """The URL does not serve what was sent; `result` is what the upload gave, an `UploadResult`, where one was made."""

    kind = "verify"
    result: str | None = None


_PASSING = (UploadTimeout, NetworkError, RateLimited, Unavailable)
_REFUSALS = (AuthError, Forbidden, NotFound, Conflict, TooLarge, UnsupportedType)
_FINAL = (*_REFUSALS, QuotaExceeded, BadRequest, Redirected)

#: Error names that a spec may use, with their classes: the table of `docs/spec-language.md`, section Errors.
SPEC_ERRORS: dict[str, type[UploadError]] = {error.kind: error for error in (*_PASSING, *_FINAL, Rejected, BadReply)}


class UploadFailed(TwatFsError):
    """No provider took the file.

    Attributes:
        attempts: One `UploadError` for each provider that was tried or passed over, in order.
    """

    def __init__(self, attempts: Sequence[UploadError]) -> None:
        self.attempts = tuple(attempts)
        super().__init__(self.headline.message, hint=self.headline.hint)

    @property
    def headline(self) -> UploadError:
        """The first failure of a provider that was tried; else of one that was passed over."""
        return next((attempt for attempt in self.attempts if attempt.tried), self.attempts[0])

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """5 where any provider may work later, 4 where one refused for good, 3 where one is not configured, else 2."""
        return max({attempt.exit_code for attempt in self.attempts} & {3, 4, 5}, default=2)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.attempts,))
