"""What `--dry-run` prints is a shell script that does the upload."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.servers.judges import NAMES
from tests.servers.test_names import MULTIPART
from tests.servers.test_webdav import FOLDER_FIRST, LOGIN

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers


PUT_OPEN = """
request:
  method: PUT
  url: "BASE/open/{{ file.name }}"
  raw: "{{ file }}"
result: {url: "BASE/open/{{ file.name }}"}
"""


def run_as_script(user: User, name: str, **environment: str) -> str:
    """Upload the file of that name by what a dry run prints, run by a shell; gives what the host answered."""
    answer = user.upload(user.home / "files" / name, "--dry-run", provider="odd", **environment)
    assert answer.code == 0, answer
    surroundings = user.environment | environment
    done = subprocess.run(
        ["sh", "-euc", answer.out], env=surroundings, cwd=user.home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (answer.out, done.stderr)
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_printed_multipart_upload_works(copyparty: Host, user: User, name: str) -> None:
    file = user.file(name, 1_999)
    user.spec("odd", MULTIPART.replace("BASE", copyparty.url))
    assert '"sz": 1999' in run_as_script(user, name)
    stored = [path.read_bytes() for path in (copyparty.folder / "pub").iterdir() if path.stat().st_size == 1_999]
    assert file.read_bytes() in stored


@pytest.mark.parametrize("size", [0, 300_000])
@pytest.mark.parametrize("name", NAMES)
def test_a_printed_put_works(wsgidav: Host, user: User, name: str, size: int) -> None:
    file = user.file(name, size)
    user.spec("odd", PUT_OPEN.replace("BASE", wsgidav.url))
    run_as_script(user, name)
    sent_as = name.replace("\\", "_")  # a separator of paths elsewhere
    assert (wsgidav.folder / "open" / sent_as).read_bytes() == file.read_bytes()


def test_printed_steps_work_with_the_password_of_the_environment(wsgidav: Host, user: User) -> None:
    file = user.file("script.bin")
    spec = LOGIN + FOLDER_FIRST.replace("BASE", f"{wsgidav.url}/guarded").replace("FOLDER", "script")
    user.spec("odd", spec)
    run_as_script(user, file.name, DAV_USER=wsgidav.user, DAV_PASSWORD=wsgidav.password)
    assert (wsgidav.folder / "guarded" / "script" / file.name).read_bytes() == file.read_bytes()
