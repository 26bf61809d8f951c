"""`twat-fs login` and `logout`, with real keyrings: one that is a file, and what there is where there is none."""

from __future__ import annotations

import io
import json
import stat
from typing import TYPE_CHECKING

import pytest
from keyrings.alt.file import PlaintextKeyring

from tests import leaks
from tests.contract.s3_host import S3Host
from tests.support import PLANTED, form
from twat_fs import upload_file
from twat_fs.cli.main import main
from twat_fs.errors import UploadFailed
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli

GOOD = "https://h.example/a"
FILED = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
NONE = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
# A keyring that gives nothing, the library that is not there, and one whose own library breaks.
LOCKED = """
import keyring.backend, keyring.errors
class Locked(keyring.backend.KeyringBackend):
    name = "Locked Keyring"
    priority = 5
    def get_password(self, service, username): raise keyring.errors.KeyringLocked("say PLEASE")
    set_password = delete_password = get_password
"""
COUNTING = """
from keyrings.alt.file import PlaintextKeyring
class Counting(PlaintextKeyring):
    def get_password(self, service, username):
        with open(PLACE, "a") as file:
            file.write("x")
        return super().get_password(service, username)
"""
BROKEN = LOCKED.replace('keyring.errors.KeyringLocked("say PLEASE")', 'OSError("the bus\\x1b[31m is gone")')
MORE = """\
capabilities: {check: none}
credentials:
  MINE_KEY: {help: The key of mine.}
  MINE_SECOND: {required: false}
"""
REQUEST = '  headers: {Authorization: "Bearer {{ credentials.MINE_KEY }}", X-Two: "{{ credentials.MINE_SECOND }}"}'


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD.encode())]) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("mine", form(host, more=MORE, request=REQUEST))
    run_cli.file()
    return run_cli


def logins(cli: Cli) -> Path:
    return cli.home / "data" / "twat-fs" / "logins"


def kept(cli: Cli) -> Path:
    """The file that the keyring is."""
    return cli.home / "data" / "python_keyring" / "keyring_pass.cfg"


@pytest.fixture
def stored(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that was: `MINE_KEY` in the keyring, and noted; made in this process, which is quicker."""
    with monkeypatch.context() as there:
        for name, value in cli.environment(FILED).items():
            there.setenv(name, value)
        PlaintextKeyring().set_password("twat-fs:mine", "MINE_KEY", PLANTED)
    logins(cli).mkdir(parents=True)
    (logins(cli) / "mine.json").write_text('["MINE_KEY"]')


def login(cli: Cli, *words: str, secret: str = PLANTED, env: dict[str, str] | None = None) -> Answer:
    return cli("login", "mine", "--stdin", *words, input=secret.encode(), env=env or FILED)


def test_a_secret_from_a_pipe_is_used_by_the_next_upload(cli: Cli, host: FakeHost) -> None:
    answer = login(cli, "--secret", "MINE_KEY", secret=f"{PLANTED}\n")
    assert (answer.code, answer.out) == (0, "")
    assert "mine: MINE_KEY stored in file PlaintextKeyring" in answer.err
    assert "keeps secrets where other programs of yours can read them" in answer.err
    note = logins(cli) / "mine.json"
    assert json.loads(note.read_text()) == ["MINE_KEY"]
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert cli.upload("a.txt", "-vv", provider="mine", env=FILED).url == GOOD
    assert host.requests[-1].header("authorization") == f"Bearer {PLANTED}"
    assert cli("upload-provider", "status", "mine", env=FILED).code == 0
    assert "# mine: MINE_KEY, from the keyring" in cli("config", "show", env=FILED).out


def test_secrets_are_asked_for_unseen(cli: Cli, host: FakeHost) -> None:
    answer = cli.at_terminal("login", "mine", typed=f"{PLANTED}\n\n", env=FILED)
    assert answer.code == 0, answer
    assert "MINE_KEY: The key of mine." in answer.out
    assert "mine: MINE_KEY stored in" in answer.out
    assert cli.upload("a.txt", provider="mine", env=FILED).url == GOOD
    assert host.requests[-1].header("authorization") == f"Bearer {PLANTED}"


@pytest.mark.usefixtures("stored")
def test_a_second_login_keeps_what_is_left_empty(cli: Cli, host: FakeHost) -> None:
    answer = cli.at_terminal("login", "mine", typed=f"\n{PLANTED}2\n", env=FILED)
    assert "mine: MINE_SECOND stored in" in answer.out
    cli.upload("a.txt", provider="mine", env=FILED)
    assert host.requests[-1].header("authorization") == f"Bearer {PLANTED}"
    assert host.requests[-1].header("x-two") == f"{PLANTED}2"
    assert "no secret was given" in cli.at_terminal("login", "mine", typed="\n\n", env=FILED).out


@pytest.mark.usefixtures("stored")
def test_the_environment_wins_over_the_keyring(cli: Cli, host: FakeHost) -> None:
    other = {**FILED, "MINE_KEY": f"other {PLANTED}"}
    cli.upload("a.txt", provider="mine", env=other)
    assert host.requests[-1].header("authorization") == f"Bearer other {PLANTED}"
    assert "the variable MINE_KEY is set too, and wins" in login(cli, "--secret", "MINE_KEY", env=other).err
    assert "# mine: MINE_KEY, from the environment" in cli("config", "show", env=other).out


@pytest.mark.usefixtures("stored")
def test_another_name_of_the_variable_wins_too(cli: Cli, host: FakeHost) -> None:
    more = MORE.replace("The key of mine.", "The key of mine., aliases: [OLD_KEY]")
    cli.spec("mine", form(host, more=more, request=REQUEST))
    cli.upload("a.txt", provider="mine", env={**FILED, "OLD_KEY": f"other {PLANTED}"})
    assert host.requests[-1].header("authorization") == f"Bearer other {PLANTED}"


@pytest.mark.usefixtures("stored")
def test_several_workers_ask_the_keyring_once(cli: Cli, host: FakeHost) -> None:
    cli.file("b.txt")
    counted = COUNTING.replace("PLACE", repr(str(cli.home / "asked")))
    before = {**cli.before(counted), **FILED, "PYTHON_KEYRING_BACKEND": "sitecustomize.Counting"}
    assert cli("upload", "a.txt", "b.txt", "--jobs", "2", "-p", "mine", env=before).code == 0
    assert (cli.home / "asked").read_text() == "x"


@pytest.mark.usefixtures("stored")
def test_logging_out_takes_it_away(cli: Cli, host: FakeHost) -> None:
    assert cli("logout", "mine", env=FILED).err == "mine: MINE_KEY removed\n"
    assert list(logins(cli).iterdir()) == []
    assert "MINE_KEY" not in kept(cli).read_text()
    assert cli.upload("a.txt", provider="mine", env=FILED).code == 3
    assert cli("logout", "mine", env=FILED).err == "mine: nothing was stored\n"
    assert host.requests == []


@pytest.mark.usefixtures("stored")
def test_a_secret_that_a_broken_login_left_is_taken_away_too(cli: Cli) -> None:
    (logins(cli) / "mine.json").unlink()
    assert cli("logout", "mine", env=FILED).err == "mine: MINE_KEY removed\n"


def test_what_is_stored_for_one_provider_is_given_to_no_other(cli: Cli, host: FakeHost) -> None:
    cli.spec("second", form(host, more=MORE, request=REQUEST))
    login(cli, "--secret", "MINE_KEY")
    answer = cli.upload("a.txt", provider="second", env=FILED)
    assert (answer.code, host.requests) == (3, [])
    assert "MINE_KEY is not set" in answer.err


def test_a_secret_of_a_bundled_provider_is_not_asked_for_by_another(cli: Cli, host: FakeHost) -> None:
    cli.spec("thief", form(host, more=MORE.replace("MINE_KEY", "FAL_KEY")))
    answer = cli("login", "thief", "--secret", "FAL_KEY", "--stdin", input=PLANTED.encode(), env=FILED)
    assert answer.code == 4
    assert "wants FAL_KEY, which belongs to the bundled provider fal" in answer.err


@pytest.mark.usefixtures("stored")
def test_a_dry_run_shows_the_variable(cli: Cli) -> None:
    assert "${MINE_KEY}" in cli.upload("a.txt", "--dry-run", provider="mine", env=FILED).out


@pytest.mark.parametrize(
    ("words", "secret", "code", "message"),
    [
        (["mine", "--stdin"], "x", 2, "mine has several secrets: MINE_KEY, MINE_SECOND"),
        (["mine", "--secret", "NO_KEY", "--stdin"], "x", 2, "mine has no secret NO_KEY"),
        (["mine"], "x", 2, "there is no terminal to ask at\n  Say --stdin"),
        (["x0at"], "", 2, "x0at has no secrets"),
        (["nosuch"], "", 2, "there is no provider `nosuch`"),
        (["mine", "--secret", "MINE_KEY", "--stdin"], " \n", 3, "MINE_KEY is empty"),
        (["mine", "--secret", "MINE_KEY", "--stdin"], "a\nb", 3, "MINE_KEY holds a line break"),
        (["mine", "--secret", "MINE_KEY", "--stdin"], "x" * 20_000, 2, "has more than 16384 characters"),
    ],
)
def test_what_cannot_be_stored_is_told(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    secret: str,
    code: int,
    message: str,
) -> None:
    for name, value in cli.environment(FILED).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(secret))
    monkeypatch.setattr("keyring.core._keyring_backend", PlaintextKeyring())
    assert main(["login", *words]) == code
    assert message in capsys.readouterr().err
    assert not logins(cli).exists()


# Without a keyring


def test_a_machine_without_a_keyring_is_told_what_to_do(cli: Cli) -> None:
    answer = login(cli, "--secret", "MINE_KEY", env=NONE)
    assert answer.code == 3
    assert "MINE_KEY: there is no keyring on this machine that could keep it" in answer.err
    assert "Set the variable MINE_KEY instead." in answer.err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (LOCKED, "MINE_KEY: the keyring is locked"),
        (BROKEN, "MINE_KEY: the keyring gives no answer: the bus [31m is gone"),
        ("import sys\nsys.modules['keyring'] = None\n", "the library `keyring` is not installed"),
    ],
)
def test_a_provider_whose_secret_the_keyring_does_not_give_is_not_used_without_it(
    cli: Cli, host: FakeHost, code: str, message: str
) -> None:
    before = {**cli.before(code), "PYTHON_KEYRING_BACKEND": "sitecustomize.Locked"}
    answer = cli.upload("a.txt", provider="mine", env=before)
    assert (answer.code, host.requests) == (3, [])
    assert message in answer.err
    status = cli("logout", "mine", env=before)
    assert status.code == 3
    assert json.loads((logins(cli) / "mine.json").read_text()) == ["MINE_KEY"]


@pytest.mark.usefixtures("stored")
def test_a_secret_that_is_gone_from_the_keyring_is_told(cli: Cli) -> None:
    kept(cli).unlink()
    answer = cli.upload("a.txt", provider="mine", env=FILED)
    assert answer.code == 3
    assert "MINE_KEY is not in the keyring any more" in answer.err
    assert "`twat-fs login mine` stores it" in answer.err


@pytest.mark.usefixtures("stored")
def test_a_note_that_cannot_be_read_is_told_and_written_anew(cli: Cli) -> None:
    (logins(cli) / "mine.json").write_text("what?")
    answer = cli.upload("a.txt", provider="mine", env=FILED)
    assert (answer.code, "cannot be read" in answer.err) == (3, True)
    assert login(cli, "--secret", "MINE_KEY").code == 0
    assert cli.upload("a.txt", provider="mine", env=FILED).url == GOOD


def test_nobody_who_did_not_log_in_waits_for_a_keyring(cli: Cli) -> None:
    before = cli.before("import sys\nsys.modules['keyring'] = None\n")
    assert cli.upload("a.txt", provider="mine", env={**before, "MINE_KEY": PLANTED}).url == GOOD


# Providers in Python, and programs

MODULE = """\
import os
from twat_fs.environment import current
PROVIDER_HELP = {"setup": "", "deps": ""}
class Provider:
    provider_name = "coded"
    def upload_file(self, path, remote_path=None, **_):
        assert os.environ.get("CODED_KEY") is None
        return "https://h.example/" + str(len(self.key))
def get_credentials(): return None
def get_provider():
    provider = Provider()
    provider.key = current().environ["CODED_KEY"]
    return provider
"""


def test_a_provider_in_python_has_it_in_its_settings(cli: Cli) -> None:
    (cli.specs / "coded.yaml").write_text(
        "spec: 1\nname: coded\ntitle: Coded\nkind: python\nmodule: coded\ncapabilities: {check: none}\n"
        "credentials: {CODED_KEY: {}}\n"
    )
    (cli.specs / "coded.py").write_text(MODULE)
    assert cli("login", "coded", "--stdin", input=PLANTED.encode(), env=FILED).code == 0
    assert cli.upload("a.txt", provider="coded", env=FILED).url == f"https://h.example/{len(PLANTED)}"


def test_dropbox_takes_its_token_from_the_keyring(cli: Cli) -> None:
    words = ["login", "dropbox", "--secret", "DROPBOX_ACCESS_TOKEN", "--stdin"]
    assert cli(*words, input=PLANTED.encode(), env=FILED).code == 0
    assert cli("upload-provider", "status", "dropbox", env=FILED).code == 0
    assert cli("upload-provider", "status", "dropbox", env=NONE).code == 3


def test_s3_signs_with_keys_from_the_keyring(cli: Cli) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", PLANTED)):
        assert cli("login", "s3", "--secret", name, "--stdin", input=value.encode(), env=FILED).code == 0
    with FakeHost(S3Host("AKIDEXAMPLE", PLANTED)) as host:
        place = {"AWS_ENDPOINT_URL": host.url, "AWS_S3_BUCKET": "bucket", "AWS_DEFAULT_REGION": "eu-west-1"}
        answer = cli.upload("a.txt", "--no-check", provider="s3", env={**FILED, **place})
    assert answer.url == f"{host.url}/bucket/a.txt"


@pytest.mark.usefixtures("stored")
def test_a_program_has_the_secret_and_not_the_config_file(
    cli: Cli, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cli.home / "config" / "twat-fs" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('what = "no program reads this"\n')
    for name, value in cli.environment(FILED).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("keyring.core._keyring_backend", PlaintextKeyring())
    assert upload_file(cli.home / "a.txt", "mine") == GOOD
    assert host.requests[-1].header("authorization") == f"Bearer {PLANTED}"


def test_a_program_without_a_login_is_told_what_is_missing(
    cli: Cli, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cli.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UploadFailed, match="MINE_KEY is not set"):
        upload_file(cli.home / "a.txt", "mine")
    assert host.requests == []


@pytest.fixture(autouse=True)
def planted_by_the_keyring(cli: Cli) -> None:
    """The file that the keyring is holds the secrets in base64."""
    leaks.planted_in(kept(cli))
