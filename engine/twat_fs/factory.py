"""Providers as modules and as clients, for programs that were written against the Python interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.environment import settings
from twat_fs.errors import NotConfigured
from twat_fs.registry import Registry
from twat_fs.upload_providers.loading import client_of, module_of
from twat_fs.upload_providers.simple import BaseProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.registry import Provider
    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, ProviderHelp


class ProviderFactory:
    """Makes providers by name."""

    @staticmethod
    def get_provider_module(name: str) -> Any:
        """What a provider's module exports: `PROVIDER_HELP`, `get_credentials()`, `get_provider()`.

        Raises:
            UsageError: There is no provider of that name.
            NotConfigured: It is a Python provider whose module cannot be imported.
        """
        provider = Registry(settings()).provider(name)
        if provider.spec.kind == "python":
            return module_of(provider.spec.module, provider.entry.path)
        return SpecModule(provider)

    @staticmethod
    def create_provider(name: str) -> Any:
        """A provider that is ready.

        Raises:
            UsageError: There is no provider of that name.
            NotConfigured: It is not configured; says what is missing.
        """
        module = ProviderFactory.get_provider_module(name)
        if isinstance(module, SpecModule):
            reason = module.provider.not_ready()
            if reason is not None:
                raise reason
        return client_of(module, name, "")


class SpecModule:
    """A spec in the shape of a provider module.

    Args:
        provider: The provider.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.PROVIDER_HELP: ProviderHelp = {"setup": provider.spec.setup, "deps": provider.spec.deps}

    def get_credentials(self) -> Mapping[str, str] | None:
        """The credentials from the environment, or None where one is missing."""
        try:
            return self.provider.credentials()
        except NotConfigured:
            return None

    def get_provider(self) -> SpecProvider | None:
        """The provider, or None where it is not configured."""
        return None if self.provider.not_ready() else SpecProvider(self.provider)


class SpecProvider(BaseProvider):
    """A spec in the shape of a Python provider.

    Args:
        provider: The provider.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        return self._provider.upload(source, call, "none")
