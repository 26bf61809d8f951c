"""Finds and uses the module of a Python provider."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.errors import NotConfigured
from twat_fs.upload_providers.protocols import Call, Transfer
from twat_fs.upload_providers.simple import convert_to_upload_result

if TYPE_CHECKING:
    from types import ModuleType

    from twat_fs.results import UploadResult
    from twat_fs.source import Source


def module_of(name: str, card: str) -> ModuleType:
    """The module that a card names: the file of that name beside the card, else an installed one.

    Args:
        name: What the card says under `module`.
        card: The card's path.

    Raises:
        NotConfigured: It is not there, or needs a package that is not.
    """
    beside = os.path.join(os.path.dirname(card), f"{name}.py")
    try:
        if "." not in name and os.path.isfile(beside):
            return _from_file(name, beside)
        return importlib.import_module(name)
    except ImportError as error:
        raise NotConfigured(
            f"the module {name} cannot be imported: {error}",
            os.path.splitext(os.path.basename(card))[0],
            hint=_missing(error),
        ) from error


def client_of(module: ModuleType, provider: str, deps: str) -> Any:
    """The provider of a module, ready to be used.

    Args:
        module: What `module_of` found.
        provider: The provider's name, for the message.
        deps: What the card says that must be installed.

    Raises:
        NotConfigured: The module says that it is not configured.
    """
    client = module.get_provider()
    if client is None:
        told = getattr(module, "PROVIDER_HELP", {})
        setup = " ".join(str(told.get("setup", "")).split())
        raise NotConfigured("the provider is not configured", provider, hint=setup or deps)
    return client


def sent_by(client: Any, source: Source, call: Call) -> UploadResult:
    """Send a file by a provider: one of ours, or any object with `upload_file`."""
    if isinstance(client, Transfer):
        return client.upload(source, call)
    result = client.upload_file(source.path, call.remote_path, force=call.force, **call.options)
    return convert_to_upload_result(result)


def _from_file(name: str, path: str) -> ModuleType:
    unique = f"twat_fs_providers_d.{name}"
    if unique in sys.modules and getattr(sys.modules[unique], "__file__", None) == path:
        return sys.modules[unique]
    spec = importlib.util.spec_from_file_location(unique, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    spec.loader.exec_module(module)
    return module


def _missing(error: ImportError) -> str:
    extras = {"boto3": "s3", "botocore": "s3", "dropbox": "dropbox"}
    package = (error.name or "").partition(".")[0]
    return f"pip install 'twat-fs[{extras[package]}]'" if package in extras else ""
