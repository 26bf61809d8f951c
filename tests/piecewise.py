"""Uploads in this process to a host that takes pieces."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.pieces_host import PARTS, RANGES, TUS, Parts, PiecesHost, Ranges, Tus
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.results import UploadResult
    from twat_fs.testing.fake_host import FakeHost, Seen

KINDS: dict[str, tuple[type[PiecesHost], str]] = {
    "tus": (Tus, TUS),
    "ranges": (Ranges, RANGES),
    "parts": (Parts, PARTS),
}


class Place:
    """A host that takes pieces, its spec, and a file."""

    def __init__(self, folder: Path, host: FakeHost, pieces: PiecesHost, spec: str) -> None:
        self.folder = folder
        self.host = host
        self.pieces = pieces
        self.spec = spec
        self.write(spec)

    def write(self, spec: str) -> None:
        (self.folder / "specs").mkdir(exist_ok=True)
        text = f"spec: 1\nname: host\ntitle: Host\n{spec.format(url=self.host.url)}"
        (self.folder / "specs" / "host.yaml").write_text(text)

    def file(self, size: int = 5000, name: str = "a.bin") -> Path:
        path = self.folder / name
        path.write_bytes(random.Random(size).randbytes(size))
        return path

    def upload(self, path: Path, **more: Any) -> UploadResult:
        return upload_file(path, "host", UploadOptions(providers_d=[str(self.folder / "specs")], **more))

    def taken(self, url: str) -> bytes:
        return bytes(self.pieces.files[url.removeprefix(self.host.url)])

    def sent(self, method: str) -> list[Seen]:
        return [seen for seen in self.host.requests if seen.method == method]
