"""Finds and uses the module of a Python provider."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.errors import NonRetryableError, NotConfigured
from twat_fs.retry import told
from twat_fs.upload_providers.judging import accepted_result, check_sent, own_errors
from twat_fs.upload_providers.opened import named_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, Deleting, Transfer

#: What a module that is not right raises when it is imported.
_BROKEN = (SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, OSError, RuntimeError)


def module_of(name: str, card: str, provider: str = "") -> ModuleType:
    """The module that a card names: the file of that name beside the card, else an installed one.

    Args:
        name: What the card says under `module`.
        card: The card's path; empty where no file is to be looked for.
        provider: The provider's name, for messages; without it the card's stem.

    Raises:
        NotConfigured: It is not there, cannot be imported, or needs a package that is not there.
    """
    beside = module_file(name, card)
    provider = provider or os.path.splitext(os.path.basename(card))[0]
    try:
        if beside:
            return _from_file(name, beside)
        return importlib.import_module(name)
    except ImportError as error:
        raise NotConfigured(f"the module {name} cannot be imported: {error}", provider, hint=_missing(error)) from error
    except _BROKEN as error:
        raise NotConfigured(
            f"the module {name} cannot be imported: {type(error).__name__}: {error}",
            provider,
            hint=f'`python -c "import {name}"` in its folder shows where.',
        ) from error


def module_file(name: str, card: str) -> str:
    """The file of a card's module that stands beside the card, or an empty string where it is an installed module."""
    beside = os.path.join(os.path.dirname(card), f"{name}.py")
    return beside if card and "." not in name and os.path.isfile(beside) else ""


def client_of(module: ModuleType, provider: str, deps: str) -> Any:
    """The provider of a module, ready to be used.

    Args:
        module: What `module_of` found.
        provider: The provider's name, for the message.
        deps: What the card says that must be installed.

    Raises:
        NotConfigured: The module says that it is not configured.
    """
    if not callable(getattr(module, "get_provider", None)):
        raise NotConfigured(f"the module {module.__name__} does not define get_provider()", provider)
    told = getattr(module, "PROVIDER_HELP", {})
    setup = " ".join(str(told.get("setup", "")).split())
    try:
        client = module.get_provider()
    except ImportError as error:
        raise NotConfigured(
            f"it needs what is not installed: {error}", provider, hint=_missing(error) or deps
        ) from error
    except ValueError as error:
        raise NotConfigured(f"it does not take its configuration: {error}", provider, hint=setup or deps) from error
    if client is None:
        raise NotConfigured("the provider is not configured", provider, hint=setup or deps)
    return client


def sent_by(client: Any, source: Source, call: Call, name: str = "") -> UploadResult:
    """Send a file by a provider; its requests are its own, so that only the whole is told.

    Args:
        client: What its module gives: one of ours, or any object with `upload_file`.
        source: The open file.
        call: What the caller wants.
        name: The provider's name.
    """
    return told(lambda: _sent_by(client, source, call), call.tell, (name, "", ""))


def _sent_by(client: Any, source: Source, call: Call) -> UploadResult:
    if hasattr(client, "upload"):
        ours: Transfer = client
        return ours.upload(source, call)
    name = str(getattr(client, "provider_name", ""))
    with own_errors(name, source), named_path(source, source.name) as path:
        result = client.upload_file(path, call.remote_path, force=call.force, **call.options)
    check_sent(source)
    return accepted_result(result, name)


def deleted_by(client: Any, kept: Mapping[str, Any], name: str) -> bool:
    """Have a provider remove what it uploaded; whether it was there.

    Args:
        client: The provider.
        kept: The `recipe` of its result.
        name: The provider's name, for messages.

    Raises:
        UploadError: It was not removed; perhaps since the upload left nothing to do it with.
    """
    if not hasattr(client, "delete") or not kept:
        raise NonRetryableError("the upload left nothing to delete it with", name)
    ours: Deleting = client
    return ours.delete(kept)


def _from_file(name: str, path: str) -> ModuleType:
    unique = f"twat_fs_providers_d.{name}"
    path = os.path.abspath(path)
    if unique in sys.modules and getattr(sys.modules[unique], "__file__", None) == path:
        return sys.modules[unique]
    spec = importlib.util.spec_from_file_location(unique, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module


def _missing(error: ImportError) -> str:
    extras = {"boto3": "s3", "botocore": "s3", "zlib_ng": "s3", "dropbox": "dropbox"}
    package = (error.name or "").partition(".")[0]
    if package in extras:
        return f"pip install 'twat-fs[{extras[package]}]'"
    return f"pip install {package}" if package and not package.startswith("twat_fs") else ""
