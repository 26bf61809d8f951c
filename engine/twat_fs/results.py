"""What an upload gives: a URL, and what is known about it."""

from __future__ import annotations

from typing import Any


class UploadResult(str):
    """The URL of an uploaded file; a `str`, so that it serves wherever a URL is expected.

    Args:
        url: Where the file can be fetched; never empty.
        metadata: What else is known: `provider`, `page_url`, `delete_url`, `expires_at`, and what the host gave.

    Raises:
        ValueError: The URL is empty: failure has a channel of its own, and this is not it.
    """

    metadata: dict[str, Any]
    #: What the provider needs to remove the file again; may hold secrets, and is not part of the text of a result.
    recipe: dict[str, Any] | None = None

    def __new__(cls, url: str, metadata: dict[str, Any] | None = None) -> UploadResult:
        """Make the string, and hang the metadata on it."""
        if not url:
            raise ValueError("an upload result needs a URL")
        result = super().__new__(cls, url)
        result.metadata = dict(metadata or {})
        return result

    def __getnewargs__(self) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        return (str(self), self.metadata)

    @property
    def url(self) -> str:
        """The URL as a plain string."""
        return str(self)

    def __repr__(self) -> str:
        return f"UploadResult({str(self)!r}, {self.metadata!r})"
