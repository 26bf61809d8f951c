"""The host that is played from a spec's example puts pieces together, and says how far an upload came."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.contract.bundled import content, specs, success
from tests.support import registry
from twat_fs.source import Source
from twat_fs.testing.bench import Faulty
from twat_fs.testing.example_host import ExampleHost, copied
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.seen import Seen
from twat_fs.upload import UploadOptions, upload

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.testing.fake_host import Script

OPTIONS = {"tus": "/files", "psitransfer": ""}


def uploaded(name: str, script: Script, path: Path, folder: Path) -> tuple[FakeHost, str]:
    """Upload a file twice, in pieces of 64 KiB; gives the host and the second URL."""
    folder.mkdir()
    with FakeHost(script) as host:
        text = content(name).replace(b"size: 8 MiB", b"size: 64 KiB").replace(b"size: 5000000", b"size: 64 KiB")
        spec = copied(text, host.url, retry={"initial": "0s"})
        (folder / f"{name}.yaml").write_text(spec)
        used = registry(folder, TWAT_FS_TRUST="all")
        options = UploadOptions(check="size", options={"url": host.url + OPTIONS[name]})
        with Source(path) as source:
            results = [upload(source, used, [name], options).result for _ in range(2)]
    assert all(results)
    assert results[0] != results[1]
    return host, str(results[1])


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("faults", [[None], [None, None, Play(503), Play(mute=True, close=True), None]])
def test_the_pieces_make_the_file(name: str, faults: list[Play | None], tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(300_000))
    example = ExampleHost(specs()[name], success(name))
    script = Faulty(example, faults, b"")
    host, url = uploaded(name, lambda seen: (script if seen.method == "PATCH" else example)(seen), path, tmp_path / "s")
    pieces = [seen for seen in host.requests if seen.method == "PATCH" and seen.expected]
    assert len(pieces) == 10 + len([fault for fault in faults if fault])
    assert example(Seen("GET", urlsplit(url).path, [], 1, host.url, 0, 0)).body == path.read_bytes()
