"""What provider modules import, in one place; each is defined elsewhere, once."""

from __future__ import annotations

from twat_fs.errors import NonRetryableError, RetryableError, UploadError
from twat_fs.results import UploadResult
from twat_fs.upload_providers.async_utils import run_async, to_async, to_sync
from twat_fs.upload_providers.decorators import RetryStrategy, with_retry, with_timing, with_url_validation
from twat_fs.upload_providers.simple import (
    AsyncBaseProvider,
    BaseProvider,
    SimpleProvider,
    SyncBaseProvider,
    convert_to_upload_result,
)

__all__ = [
    "AsyncBaseProvider",
    "BaseProvider",
    "NonRetryableError",
    "RetryStrategy",
    "RetryableError",
    "SimpleProvider",
    "SyncBaseProvider",
    "UploadError",
    "UploadResult",
    "convert_to_upload_result",
    "run_async",
    "to_async",
    "to_sync",
    "with_retry",
    "with_timing",
    "with_url_validation",
]
