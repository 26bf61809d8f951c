"""A pytest plugin for authors of providers: fixtures, and the mark for tests that need a real host.

pytest finds it by itself where twat-fs is installed. It loads nothing of twat-fs before a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.testing.fake_host import FakeHost


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and the contract's failures readable."""
    config.addinivalue_line("markers", "integration: needs a real host and its credentials")
    pytest.register_assert_rewrite(
        "twat_fs.testing.bench",
        "twat_fs.testing.contract_calls",
        "twat_fs.testing.contract_files",
        "twat_fs.testing.contract_replies",
    )


@pytest.fixture
def fake_host() -> Iterator[FakeHost]:
    """A host on loopback that keeps what it is sent and serves it again."""
    from twat_fs.testing.fake_host import FakeHost
    from twat_fs.testing.hosts import FormHost

    with FakeHost(FormHost()) as host:
        yield host


@pytest.fixture
def mock_provider() -> Any:
    """The class `MockProvider`, to be made with `should_fail` and `error_type`."""
    from twat_fs.testing.mock_provider import MockProvider

    return MockProvider
