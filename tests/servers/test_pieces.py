"""Files in pieces at real servers: tus by two, Google's resumable uploads, S3's parts; killed at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

MIB = 1 << 20

# tuspyserver answers how far an upload came only where it was told the file's type.
TUS = """
defaults: {{headers: {{Tus-Resumable: 1.0.0}}}}
steps:
  - name: create
    url: {url}/files/
    headers:
      Upload-Length: "{{{{ file.size }}}}"
      Upload-Metadata: "filename {{{{ file.name | base64 }}}},filetype {{{{ file.type | base64 }}}}"
    expect: [201]
    save: {{location: {{header: Location}}}}
  - name: send
    method: PATCH
    url: "{{{{ saved.location }}}}"
    headers: {{Upload-Offset: "{{{{ chunk.offset }}}}", Content-Type: application/offset+octet-stream}}
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 64 KiB}}
    resume: {{method: HEAD, url: "{{{{ saved.location }}}}", offset: {{header: Upload-Offset}}}}
    errors: {{409: unavailable}}
result: {{url: "{{{{ saved.location }}}}"}}
capabilities: {{check: none}}
retry: {{initial: 0s}}
"""

# The emulator answers `bytes=0-0` where it has nothing; Google answers no Range then.
GOOGLE = """
steps:
  - name: begin
    url: {url}/upload/storage/v1/b/bkt/o?uploadType=resumable
    json: {{name: "{{{{ file.name }}}}"}}
    save: {{session: {{header: Location}}}}
  - name: send
    method: PUT
    url: "{{{{ saved.session }}}}"
    headers: {{Content-Range: "bytes {{{{ chunk.offset }}}}-{{{{ chunk.end }}}}/{{{{ file.size }}}}"}}
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 256 KiB}}
    expect: [200, 201, 308]
    resume:
      method: PUT
      url: "{{{{ saved.session }}}}"
      headers: {{Content-Range: "bytes */{{{{ file.size }}}}"}}
      expect: [200, 201, 308]
      offset:
        template: >-
          {{{{ file.size if reply.status != 308 else 0 if reply.headers.range == 'bytes=0-0'
          else (reply.headers.range | replace('bytes=0-', '') | int) + 1 }}}}
        default: 0
result: {{url: mediaLink}}
capabilities: {{check: none}}
retry: {{initial: 0s}}
"""

S3 = """
steps:
  - name: create
    url: "{url}/twat/{{{{ file.name }}}}?uploads"
    save: {{id: {{regex: "<UploadId>(.+?)</UploadId>"}}}}
  - name: send
    method: PUT
    url: "{url}/twat/{{{{ file.name }}}}"
    query: {{partNumber: "{{{{ chunk.number }}}}", uploadId: "{{{{ saved.id }}}}"}}
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 5 MiB, parallel: 3}}
    idempotent: true
    save:
      part: "<Part><PartNumber>{{{{ chunk.number }}}}</PartNumber><ETag>{{{{ reply.headers.etag }}}}</ETag></Part>"
  - name: complete
    url: "{url}/twat/{{{{ file.name }}}}"
    query: {{uploadId: "{{{{ saved.id }}}}"}}
    headers: {{Content-Type: application/xml}}
    raw: "<CompleteMultipartUpload>{{{{ saved.part | join('') }}}}</CompleteMultipartUpload>"
    errors: {{200: [{{when: {{regex: "<Error>"}}, error: unavailable}}]}}
result: {{url: "{url}/twat/{{{{ file.name }}}}"}}
capabilities: {{check: none}}
"""


class Server(NamedTuple):
    """A server, its spec, and how to see what it has."""

    host: Host
    spec: str
    begun: Callable[[], int]
    taken: Callable[[str], bytes]
    received: Callable[[], int]


def _of_tus(host: Host) -> Server:
    def files() -> list[Path]:
        return [path for path in host.folder.iterdir() if "." not in path.name]

    def received() -> int:
        return sum(path.stat().st_size for path in files())

    return Server(
        host,
        TUS,
        lambda: len(files()),
        lambda url: (host.folder / url.rpartition("/")[2]).read_bytes(),
        received,
    )


@pytest.fixture(params=["tuspyserver", "tus_node"])
def tus(request: pytest.FixtureRequest) -> Server:
    return _of_tus(request.getfixturevalue(request.param))


@pytest.fixture
def google(gcs: Host) -> Server:
    return Server(gcs, GOOGLE, lambda: 0, gcs.fetch, lambda: 0)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000])
def test_a_file_in_pieces_arrives_byte_for_byte_by_tus(tus: Server, user: User, size: int) -> None:
    file = user.file(f"tus-{size}.bin", size)
    user.spec("pieces", TUS.format(url=tus.host.url))
    assert tus.taken(user.upload(file, provider="pieces").url) == file.read_bytes()


@pytest.mark.parametrize("size", [1, 262_144, 262_145, 1_000_000])
def test_a_file_in_pieces_arrives_byte_for_byte_as_google_takes_it(google: Server, user: User, size: int) -> None:
    file = user.file(f"google-{size}.bin", size)
    user.spec("pieces", GOOGLE.format(url=google.host.url))
    assert google.taken(user.upload(file, provider="pieces").url) == file.read_bytes()


@pytest.mark.parametrize("size", [1000, 5 * MIB + 1, 12 * MIB])
def test_parts_at_the_same_time_are_joined_by_a_list_in_xml(moto_host: Host, user: User, size: int) -> None:
    file = user.file(f"parts-{size}.bin", size)
    user.spec("pieces", S3.format(url=moto_host.url))
    assert user.upload(file, provider="pieces").code == 0
    assert moto_host.fetch(f"{moto_host.url}/twat/{file.name}?x") == file.read_bytes()


def test_an_upload_that_is_killed_again_and_again_goes_on_where_it_stopped(tus: Server, user: User) -> None:
    file = user.file("killed.bin", 3 * MIB)
    user.spec("pieces", TUS.format(url=tus.host.url))
    begun, before = tus.begun(), tus.received()
    for share in sorted(random.Random(7).uniform(0.02, 0.95) for _ in range(4)):
        _killed_at(user, file, lambda share=share: tus.received() - before >= share * 3 * MIB)  # type: ignore[misc]
    answer = user.upload(file, provider="pieces")
    assert tus.taken(answer.url) == file.read_bytes()
    assert tus.begun() == begun + 1, answer
    assert "going on at byte" in answer.err


def test_it_does_so_after_the_file_was_moved_and_not_after_it_changed(tus: Server, user: User) -> None:
    user.spec("pieces", TUS.format(url=tus.host.url))
    file = _moved_on_the_way(tus, user, "moved.bin")
    begun = tus.begun()
    with file.open("r+b") as handle:
        handle.write(b"something else")
    assert tus.taken(user.upload(file, provider="pieces").url) == file.read_bytes()
    assert tus.begun() == begun + 1


def test_a_file_that_was_moved_on_the_way_arrives_whole(tus: Server, user: User) -> None:
    user.spec("pieces", TUS.format(url=tus.host.url))
    begun = tus.begun()
    file = _moved_on_the_way(tus, user, "moved-whole.bin")
    answer = user.upload(file, provider="pieces")
    assert tus.taken(answer.url) == file.read_bytes()
    assert tus.begun() == begun + 1
    assert "going on at byte" in answer.err


def _moved_on_the_way(tus: Server, user: User, name: str) -> Path:
    """A file that was moved between two kills, of which the second was that of a run that went on with the first."""
    file = user.file(name, 12 * MIB)
    begun, before = tus.begun(), tus.received()
    _killed_at(user, file, lambda: tus.received() - before >= 5 * MIB)
    (user.home / "elsewhere").mkdir(exist_ok=True)
    file = file.rename(user.home / "elsewhere" / file.name)
    _killed_at(user, file, lambda: tus.received() - before >= 9 * MIB)
    assert tus.begun() == begun + 1
    return file


def test_googles_uploads_go_on_too(google: Server, user: User) -> None:
    file = user.file("killed-google.bin", 8 * MIB)
    user.spec("pieces", GOOGLE.format(url=google.host.url))
    ends = iter([0.15, 0.3, 0.45, 0.6])
    for seconds in ends:
        started = time.monotonic()
        _killed_at(user, file, lambda seconds=seconds: time.monotonic() - started > seconds)  # type: ignore[misc]  # noqa: B023
    assert google.taken(user.upload(file, provider="pieces").url) == file.read_bytes()


def _killed_at(user: User, file: Path, moment: Callable[[], bool]) -> None:
    """Begin an upload and kill it at a moment, unless it is done before that."""
    words = ["upload", str(file), "--provider", "pieces", "--providers-d", str(user.providers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "twat_fs", *words],
        cwd=user.home,
        env=user.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not moment():
        time.sleep(0.002)
    process.kill()  # which does nothing where it has ended
    process.wait()
