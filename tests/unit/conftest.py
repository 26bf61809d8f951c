from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.piecewise import KINDS, Place
from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Store
from twat_fs.upload import UploadOptions

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


@pytest.fixture
def store() -> Store:
    """What a host keeps."""
    return Store()


@pytest.fixture
def given(tmp_path: Path, store: Store) -> Iterator[UploadOptions]:
    """Options by which a provider `mine` sends to a host with that store."""
    with FakeHost(store) as host:
        folder = tmp_path / "specs"
        folder.mkdir()
        (folder / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: Mine\n{form(host)}", encoding="utf-8")
        yield UploadOptions(providers_d=[str(folder)])
