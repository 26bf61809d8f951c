"""Take a file, put it on a host, give its URL. A new host is one YAML file.

What is imported from here is loaded when it is first asked for: `import twat_fs` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs._version import __version__

if TYPE_CHECKING:
    from twat_fs.results import UploadResult
    from twat_fs.upload import UploadOptions, upload_file

    PROVIDERS_PREFERENCE: list[str]

__all__ = ["PROVIDERS_PREFERENCE", "UploadOptions", "UploadResult", "__version__", "upload_file"]


def __getattr__(name: str) -> Any:
    if name in ("upload_file", "UploadOptions"):
        from twat_fs import upload

        return getattr(upload, name)
    if name == "UploadResult":
        from twat_fs.results import UploadResult

        return UploadResult
    if name == "PROVIDERS_PREFERENCE":
        from twat_fs.registry import Registry

        return Registry().catalog.default_order()
    raise AttributeError(f"module 'twat_fs' has no attribute {name!r}")
