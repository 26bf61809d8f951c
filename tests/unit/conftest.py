from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.piecewise import KINDS, Place
from twat_fs.testing.fake_host import FakeHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Each kind of host that takes pieces, where a test asks for no other."""
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    made, spec = KINDS[request.param]
    pieces = made()
    with FakeHost(pieces) as host:
        yield Place(tmp_path, host, pieces, spec)
