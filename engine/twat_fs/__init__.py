"""Take a file, put it on a host, give its URL. A new host is one YAML file.

What is imported from here is loaded when it is first asked for: `import twat_fs` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs._version import __version__

if TYPE_CHECKING:
    from twat_fs.factory import ProviderFactory
    from twat_fs.file_results import Cancellation, FileResult, Named
    from twat_fs.fitting import Needs
    from twat_fs.many import async_upload_files, upload_files
    from twat_fs.readiness import ProviderInfo, setup_provider, setup_providers
    from twat_fs.results import UploadResult
    from twat_fs.upload import UploadOptions, async_upload_file, upload_file

    PROVIDERS_PREFERENCE: list[str]

__all__ = [
    "PROVIDERS_PREFERENCE",
    "Cancellation",
    "FileResult",
    "Named",
    "Needs",
    "ProviderFactory",
    "ProviderInfo",
    "UploadOptions",
    "UploadResult",
    "__version__",
    "async_upload_file",
    "async_upload_files",
    "setup_provider",
    "setup_providers",
    "upload_file",
    "upload_files",
]

_HOMES = {
    "Cancellation": "twat_fs.file_results",
    "FileResult": "twat_fs.file_results",
    "Named": "twat_fs.file_results",
    "Needs": "twat_fs.fitting",
    "ProviderFactory": "twat_fs.factory",
    "ProviderInfo": "twat_fs.readiness",
    "UploadOptions": "twat_fs.upload",
    "UploadResult": "twat_fs.results",
    "async_upload_file": "twat_fs.upload",
    "async_upload_files": "twat_fs.many",
    "setup_provider": "twat_fs.readiness",
    "setup_providers": "twat_fs.readiness",
    "upload_file": "twat_fs.upload",
    "upload_files": "twat_fs.many",
}


def main() -> None:
    """The command line, as the plugin host `twat` calls it for `twat fs`: its words stand in `sys.argv`."""
    from twat_fs.__main__ import run_plugin

    run_plugin()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "PROVIDERS_PREFERENCE":
        from twat_fs.registry import Registry

        return Registry().catalog.default_order()
    raise AttributeError(f"module 'twat_fs' has no attribute {name!r}")
