"""A provider that sends nothing, for tests of what stands around providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from twat_fs.errors import NonRetryableError, RetryableError
from twat_fs.results import UploadResult
from twat_fs.upload_providers.simple import BaseProvider

if TYPE_CHECKING:
    from twat_fs.upload_providers.protocols import ProviderHelp

PROVIDER_HELP: ProviderHelp = {"setup": "No setup required.", "deps": ""}
_KINDS = {"retryable": RetryableError, "non_retryable": NonRetryableError}


class MockProvider(BaseProvider):
    """Takes every file, or none.

    Args:
        should_fail: Whether to fail.
        error_type: `retryable` or `non_retryable`.

    Attributes:
        uploads: The name and the content of each file that came, also of those that were refused.
    """

    provider_name = "mock"
    base_url = "https://mock.example.com"

    def __init__(self, should_fail: bool = False, error_type: str = "non_retryable") -> None:
        if error_type not in _KINDS:
            raise ValueError(f"error_type is {' or '.join(_KINDS)}, not {error_type}")
        super().__init__()
        self.should_fail = should_fail
        self.error_type = error_type
        self.uploads: list[tuple[str, bytes]] = []

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        """Read the file, and fail or not."""
        self.uploads.append((file.name, file.read()))
        if self.should_fail:
            raise _KINDS[self.error_type]("this provider was told to fail", self.provider_name)
        return UploadResult(f"{self.base_url}/{len(self.uploads)}", {"provider": self.provider_name, "mock": True})


def get_credentials() -> dict[str, Any]:
    """None are needed."""
    return {}


def get_provider() -> MockProvider:
    """One that takes every file."""
    return MockProvider()
