"""The contract: what every provider keeps, YAML or Python, as tests that an author runs.

Example:
    class TestMyProvider(ProviderContract):
        def make(self, url):
            return MyProvider(base_url=url)

        def host(self):
            return FormHost(key="url")

pytest then runs all of it, one test for each sentence. Where a provider is not as most are, it declares that in
`traits`, and the contract tests that it is so: nothing is skipped.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from twat_fs.environment import settings
from twat_fs.factory import SpecModule
from twat_fs.registry import Registry
from twat_fs.testing.bench import CONTENT, Bench, Traits
from twat_fs.testing.contract_calls import CallContract
from twat_fs.testing.contract_files import FileContract
from twat_fs.testing.contract_replies import ReplyContract
from twat_fs.testing.fake_host import FakeHost, Play, Seen
from twat_fs.testing.hosts import FormHost, KeyedHost, PutHost, as_json, file_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = [
    "CONTENT",
    "Bench",
    "FakeHost",
    "FormHost",
    "KeyedHost",
    "Play",
    "ProviderContract",
    "PutHost",
    "Seen",
    "SpecContract",
    "Traits",
    "as_json",
    "file_in",
]


#: Compiled specs are named by their content, so that all tests may share them.
_COMPILED = tempfile.TemporaryDirectory(prefix="twat-fs-contract-")


class ProviderContract(FileContract, ReplyContract, CallContract):
    """The whole contract; a subclass whose name begins with `Test` says what `make` is."""


class SpecContract(ProviderContract):
    """The whole contract for a spec, by way of the registry.

    A subclass says what `spec` gives, and what `name` is.
    """

    name = "tested"

    def spec(self, url: str) -> str:
        """The spec's text, sending to a host.

        Args:
            url: The host's URL, without a path.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define spec()")

    def make(self, url: str) -> Any:
        """The provider that the spec makes."""
        (self._specs / f"{self.name}.yaml").write_text(self.spec(url), encoding="utf-8")
        provider = Registry(settings(providers_d=[str(self._specs)])).provider(self.name)
        reason = provider.not_ready()
        if reason is not None:
            raise reason
        return SpecModule(provider).get_provider()

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder for the spec."""
        monkeypatch.setenv("XDG_CACHE_HOME", _COMPILED.name)
        self._specs = folder / "specs"
        self._specs.mkdir()
