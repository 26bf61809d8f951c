"""Providers as modules and as clients, for programs that were written against the Python interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.entry_points import card_path
from twat_fs.environment import settings
from twat_fs.errors import NotConfigured
from twat_fs.registry import Provider, Registry
from twat_fs.spec import trees
from twat_fs.upload_providers.loading import module_of
from twat_fs.upload_providers.simple import BaseProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, ProviderHelp

#: The file, or a piece of it, as it is: what is told on its way how far it is. A text is sent in one go.
_STREAMED = {("file", ""), ("chunk", "")}


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
            return module_of(provider.spec.module, card_path(provider.entry), name)
        return SpecModule(provider)

    @staticmethod
    def create_provider(name: str) -> Any:
        """A provider that is ready.

        Raises:
            UsageError: There is no provider of that name.
            NotConfigured: It is not configured; says what is missing.
        """
        provider = Registry(settings()).provider(name)
        reason = provider.not_ready()
        if reason is not None:
            raise reason
        return SpecProvider(provider)


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
            return self._now().credentials()
        except NotConfigured:
            return None

    def get_provider(self) -> SpecProvider | None:
        """The provider, or None where it is not configured."""
        provider = self._now()
        return None if provider.not_ready() else SpecProvider(provider)

    def _now(self) -> Provider:
        """The provider in the environment as it is now, as a module reads it."""
        registry = Registry(self.provider.registry.settings._replace(environ=settings().environ))
        return Provider(self.provider.entry, self.provider.spec, registry)


class SpecProvider(BaseProvider):
    """A spec in the shape of a Python provider; also a Python provider with what its card says around it.

    Args:
        provider: The provider.
    """

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider
        self.provider_name = provider.name
        self.max_file_size = provider.spec.max_file_size

    def get_capabilities(self) -> dict[str, Any]:  # type: ignore[override]
        """What the spec says that the host can do."""
        spec = self._provider.spec
        said = spec.capabilities
        return {
            "max_file_size": self.max_file_size,
            "supported_types": said.get("supported_types") or ["*"],
            "features": {
                "resumable": bool(said.get("resumable")) or any(step.resume for step in spec.steps),
                "chunked": bool(said.get("chunked")) or any(step.chunks for step in spec.steps),
                "progress": not spec.steps or bool(_STREAMED & trees.names_in(spec.steps)),
                "folders": bool(said.get("folders")),
                "expiration": bool(said.get("expiration")) or "expires" in spec.options,
                "delete": bool(said.get("delete") or spec.delete),
            },
            "auth_required": self._needs_login(),
        }

    def _needs_login(self) -> bool:
        """What the spec requires; a Python provider knows itself, for one way to log in may do as well as another."""
        if self._provider.spec.kind == "python":
            client = self._provider.client()
            if hasattr(client, "get_capabilities"):
                return bool(client.get_capabilities().get("auth_required"))
        return self._provider.spec.needs_login

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        self._check_size(source)
        return self._provider.upload(source, call, "none")
