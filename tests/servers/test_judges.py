"""Every real server and every spec that drives it: bytes back, odd names, second files, refusals, deletions."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from tests.servers import hosts
from tests.servers.judges import JUDGES, NAMES, SPECS, WRONG, Failure, Judge
from tests.support import ROOT, registry
from twat_fs.afterwards import delete_upload, verify_upload
from twat_fs.errors import BadReply, RateLimited, UploadError, VerifyError
from twat_fs.history import History
from twat_fs.source import Source
from twat_fs.upload import UploadOptions, recorder_for, upload

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.command import User
    from tests.servers.hosts import Host
    from twat_fs.registry import Registry
    from twat_fs.results import UploadResult

pytestmark = pytest.mark.servers


class Court:
    """A judge, its server that runs, and a person who has uploads judged.

    Uploads run in this process, as the command runs them: with retries, receipts, and the check of the URL by its hash.
    """

    def __init__(self, judge: Judge, host: Host, home: Path) -> None:
        self.judge = judge
        self.host = host
        self.home = home
        (home / "files").mkdir(parents=True)

    @property
    def text(self) -> str:
        """The spec, where it is one of the tests' own."""
        path = SPECS / f"{self.judge.spec}.yaml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def bundled(self) -> str:
        """The spec that comes with the program."""
        return (ROOT / "providers.d" / f"{self.judge.spec}.yaml").read_text(encoding="utf-8")

    def address(self, path: str | None = None) -> dict[str, str]:
        """The option that leads to the server."""
        return {self.judge.address: self.host.url + (self.judge.path if path is None else path)}

    def file(self, name: str, size: int, seed: str = "") -> Path:
        """A file of that many bytes, of letters where the server takes only texts."""
        if self.judge.again == "conflict":  # another judge of the same server may have used the name
            name += ".once"
        chance = random.Random(f"{name}{seed}")
        path = self.home / "files" / name
        letters = bytes(chance.choices(string.ascii_letters.encode(), k=size))
        path.write_bytes(letters if self.judge.texts else chance.randbytes(size))
        return path

    def registry(self, password: str | None = None, edits: tuple[tuple[str, str], ...] = ()) -> Registry:
        """What finds the judge's spec, and knows the password."""
        text = self.text or (self.bundled if edits else "")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        if text:
            (self.home / f"{self.judge.spec}.yaml").write_text(text, encoding="utf-8")
        known = self.host.password if password is None else password
        changed = (
            {"TWAT_FS_TRUST": "all"} if edits else {}
        )  # a bundled one that was edited wants a bundled one's secrets
        return registry(self.home, **({self.judge.secret: known} if known else {}), **changed)

    def upload(self, file: Path, failure: Failure | None = None) -> UploadResult:
        """Upload a file.

        Raises:
            UploadError: The server did not take it.
        """
        given = failure or Failure("", "", None)
        found = self.registry(given.password, given.edits)
        options = {**self.address(given.path), **self.judge.options, **given.options}
        check = "none" if self.judge.unserved or self.host.needs_login_to_read else "hash"
        recorder = recorder_for(found.settings, wanted=True)
        with Source(file) as source:
            outcome = upload(source, found, [self.judge.spec], UploadOptions(check=check, options=options), recorder)
            outcome.keep()
        if outcome.result is None:
            raise outcome.attempts[0]
        return outcome.result

    def content(self, url: str) -> bytes:
        """What the server has at this URL."""
        if self.judge.unserved:
            return (self.host.folder / url.rpartition("/")[2]).read_bytes()
        return self.host.fetch(url)

    def gone(self, url: str) -> bool:
        """Whether the server has nothing at this URL."""
        try:
            self.content(url)
        except FileNotFoundError:
            return True
        except HTTPError as error:
            return error.code in (401, 404, 410)  # copyparty says 401 to who may not know what is there
        return False


def _case(judge: Judge, *values: Any, name: str = "") -> Any:
    words = [judge.server, judge.spec, *(["once"] if "once" in judge.options else []), *([name] if name else [])]
    return pytest.param(judge, *values, id="-".join(words))


@pytest.fixture
def court(judge: Judge, request: pytest.FixtureRequest, tmp_path: Path) -> Court:
    return Court(judge, request.getfixturevalue(judge.server), tmp_path / "court")


each = pytest.mark.parametrize("judge", [_case(judge) for judge in JUDGES])
each_that_deletes = pytest.mark.parametrize("judge", [_case(judge) for judge in JUDGES if judge.deletes])


@pytest.mark.parametrize(
    ("judge", "size"), [_case(judge, size, name=str(size)) for judge in JUDGES for size in judge.sizes]
)
def test_the_bytes_come_back(court: Court, size: int) -> None:
    file = court.file(f"sized-{size}.bin", size)
    assert court.content(str(court.upload(file))) == file.read_bytes()


@pytest.mark.parametrize(
    ("judge", "name"),
    [_case(judge, name, name=name) for judge in JUDGES for name in NAMES if name not in judge.unlinked],
)
def test_a_file_of_an_odd_name_comes_back(court: Court, name: str) -> None:
    file = court.file(name, 500)
    assert court.content(str(court.upload(file))) == file.read_bytes()


@pytest.mark.parametrize(
    ("judge", "name"), [_case(judge, name, name=name) for judge in JUDGES for name in judge.unlinked]
)
def test_a_link_that_is_not_to_be_printed_is_no_success_and_what_is_left_is_told(court: Court, name: str) -> None:
    with pytest.raises(BadReply, match=r"holds the character U\+0027.* may be left at 127\.0\.0\.1"):
        court.upload(court.file(name, 500))


@each
def test_of_two_files_of_a_name_neither_passes_for_the_other(court: Court) -> None:
    first = court.file("twice.bin", 400)
    earlier = first.read_bytes()
    url = str(court.upload(first))
    second = court.file("twice.bin", 400, seed="another")
    if court.judge.again not in ("beside", "replaces"):
        with pytest.raises(UploadError) as caught:
            court.upload(second)
        assert caught.value.kind == court.judge.again
        assert court.content(url) == earlier
        return
    later = str(court.upload(second))
    assert court.content(later) == second.read_bytes()
    assert (later == url) == (court.judge.again == "replaces")
    if later != url:
        assert court.content(url) == earlier


@pytest.mark.parametrize(
    ("judge", "failure"),
    [_case(judge, failure, name=failure.title) for judge in JUDGES for failure in judge.failures],
)
def test_what_a_server_says_no_to_has_the_error_of_its_kind(court: Court, failure: Failure) -> None:
    file = court.file(failure.name, failure.size)
    with pytest.raises(UploadError) as caught:
        court.upload(file, failure)
    error = caught.value
    assert (error.kind, error.status) == (failure.kind, failure.status), error
    assert error.step == failure.step
    assert WRONG not in f"{error.message} {error.hint}"


@each_that_deletes
def test_what_is_deleted_is_gone_and_a_second_time_it_is_gone_already(court: Court) -> None:
    url = str(court.upload(court.file("two words.bin", 3_000)))
    found = court.registry()
    with History(found.settings.history_file) as history:
        receipt = history.of(url)[0]
        assert not court.gone(url)
        assert delete_upload(receipt, history=history, registry=found)
        assert court.gone(url)
        assert delete_upload(receipt, history=history, registry=found) is not court.judge.tells_gone


@pytest.mark.parametrize("judge", [_case(judge) for judge in JUDGES if judge.undeletable])
def test_what_somebody_else_would_delete_stays(court: Court) -> None:
    file = court.file("kept.bin", 3_000)
    url = str(court.upload(file))
    found = court.registry(WRONG)
    with History(found.settings.history_file) as history, pytest.raises(UploadError) as caught:
        delete_upload(url, history=history, registry=found)
    assert (caught.value.kind, caught.value.status) == court.judge.undeletable
    assert court.content(url) == file.read_bytes()


def test_a_link_that_was_used_up_serves_the_file_no_longer(agent_file_bridge: Host, tmp_path: Path) -> None:
    judge = next(judge for judge in JUDGES if judge.server == "agent_file_bridge")
    court = Court(judge, agent_file_bridge, tmp_path)
    once = Failure("", "", None, edits=(("max_downloads: 10", "max_downloads: 1"),))
    url = str(court.upload(court.file("once.bin", 3_000), once))  # its check is the one download
    found = court.registry()
    with History(found.settings.history_file) as history, pytest.raises(VerifyError, match="410"):
        verify_upload(url, history=history, registry=found)


def test_more_pastes_than_are_taken_at_once_are_too_many(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    judge = next(judge for judge in JUDGES if judge.spec == "pinn")
    with hosts.pinnwand(home, creations=2) as host:
        court = Court(judge, host, tmp_path)
        court.upload(court.file("first.txt", 10))
        court.upload(court.file("second.txt", 10))
        with pytest.raises(RateLimited, match="calm"):
            court.upload(court.file("third.txt", 10))


@each
def test_the_command_uploads_and_deletes(court: Court, user: User) -> None:
    if court.text:
        (user.providers / f"{court.judge.spec}.yaml").write_text(court.text, encoding="utf-8")
    given = {**court.address(), **court.judge.options}
    words = [word for name, value in given.items() for word in ("-o", f"{name}={value}")]
    password = {court.judge.secret: court.host.password} if court.host.password else {}
    file = court.file("by command.bin", 20_000)
    url = user.upload(file, *words, provider=court.judge.spec, **password).url
    assert court.content(url) == file.read_bytes()
    answer = user.run("delete", url, "--providers-d", str(user.providers), **password)
    assert answer.out == (f"deleted: {url}\n" if court.judge.deletes else ""), answer
    assert court.gone(url) == court.judge.deletes
