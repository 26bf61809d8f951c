"""`twat-fs spec`: what a stranger's spec may do is shown and asked for, and other bytes than those do not run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, form
from twat_fs.errors import TrustError
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.trust import check_writers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli

URL = "https://files.example/a.txt"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost(lambda _: Play(200, URL.encode())) as host:
        yield host


@pytest.fixture
def stranger(run_cli: Cli, host: FakeHost) -> Path:
    """A spec that somebody sent, under a name of its own."""
    path = run_cli.home / "download (1).yaml"
    path.write_text(f"spec: 1\nname: stranger\ntitle: Stranger\n{form(host)}")
    return path


def installed(run_cli: Cli, name: str = "stranger") -> Path:
    return run_cli.home / "config" / "twat-fs" / "providers.d" / f"{name}.yaml"


def sends_secret(run_cli: Cli, host: FakeHost) -> None:
    """Change the installed spec so that it sends a secret."""
    path = installed(run_cli)
    more = "credentials: {MY_TOKEN: {help: A token.}}\n"
    request = '  headers: {X-Token: "{{ credentials.MY_TOKEN }}"}'
    path.write_text(f"spec: 1\nname: stranger\ntitle: Stranger\n{more}{form(host, request=request)}")


def upload(run_cli: Cli, **env: str) -> Answer:
    return run_cli.upload(run_cli.file(), "--no-check", provider="stranger", env=env)


def at_a_terminal(run_cli: Cli, answer: str, *words: str) -> tuple[int, str]:
    """Run a command at a terminal of its own, and answer its question."""
    ended = run_cli.at_terminal(*words, typed=f"{answer}\n")
    return ended.code, ended.out


# Adding


def test_what_it_may_do_is_shown_before_it_is_added(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    answer = run_cli("spec", "add", stranger, "--yes")
    assert answer.code == 0
    assert answer.out == f"{installed(run_cli)}\n"
    assert f"talks to: {host.authority}" in answer.err
    assert installed(run_cli).read_bytes() == stranger.read_bytes()
    assert upload(run_cli).url == URL


def test_without_a_terminal_and_without_yes_nothing_is_added(run_cli: Cli, stranger: Path) -> None:
    answer = run_cli("spec", "add", stranger)
    assert answer.code == 2
    assert "talks to" in answer.err
    assert "--yes" in answer.err
    assert not installed(run_cli).exists()


def test_no_is_the_answer_of_who_says_nothing(run_cli: Cli, stranger: Path) -> None:
    code, shown = at_a_terminal(run_cli, "", "spec", "add", str(stranger))
    assert code == 1
    assert "Add? [y/N]" in shown
    assert not installed(run_cli).exists()


def test_yes_at_the_terminal_adds_it(run_cli: Cli, stranger: Path) -> None:
    code, _ = at_a_terminal(run_cli, "y", "spec", "add", str(stranger))
    assert code == 0
    assert installed(run_cli).exists()


def test_a_spec_that_is_trusted_by_name_is_added_unasked(run_cli: Cli, stranger: Path) -> None:
    assert run_cli("spec", "add", stranger, env={"TWAT_FS_TRUST": "all"}).code == 0
    assert installed(run_cli).exists()


def test_a_folder_is_added_whole_or_not_at_all(run_cli: Cli, stranger: Path) -> None:
    folder = run_cli.home / "theirs"
    folder.mkdir()
    stranger.rename(folder / "a.yaml")
    (folder / "b.yaml").write_text("spec: 1\nname: broken\n")
    answer = run_cli("spec", "add", folder, "--yes")
    assert answer.code == 2
    assert "b.yaml:1:1:" in answer.err
    assert not installed(run_cli).exists()
    (folder / "b.yaml").unlink()
    assert run_cli("spec", "add", folder, "--yes").code == 0
    assert installed(run_cli).exists()


def test_two_specs_of_one_name_are_not_added(run_cli: Cli, stranger: Path) -> None:
    other = run_cli.home / "other.yaml"
    other.write_bytes(stranger.read_bytes())
    answer = run_cli("spec", "add", stranger, other, "--yes")
    assert answer.code == 2
    assert "stranger" in answer.err


def test_a_spec_comes_from_standard_input_too(run_cli: Cli, stranger: Path) -> None:
    assert run_cli("spec", "add", "-", "--yes", input=stranger.read_bytes()).code == 0
    assert installed(run_cli).read_bytes() == stranger.read_bytes()


def test_what_is_there_already_is_not_asked_for_again(run_cli: Cli, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    answer = run_cli("spec", "add", stranger)
    assert (answer.code, answer.err) == (0, "")


def test_what_is_kept_is_private(run_cli: Cli, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    kept = run_cli.home / "config" / "twat-fs" / "accepted" / "stranger.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert installed(run_cli).stat().st_mode & 0o077 == 0


# Changing


def test_a_spec_that_changed_does_not_run(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    sends_secret(run_cli, host)
    answer = upload(run_cli, MY_TOKEN=PLANTED)
    assert answer.code == 2
    assert "twat-fs spec review stranger" in answer.err
    assert host.requests == []


def test_the_review_shows_what_is_new_and_lets_it_run(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    sends_secret(run_cli, host)
    answer = run_cli("spec", "review", "--yes")
    assert answer.code == 0
    assert "+ reads secret MY_TOKEN" in answer.err or "+ reads secret credentials.MY_TOKEN" in answer.err
    assert f"{host.authority} (header `X-Token`)" in answer.err
    assert "- " not in answer.err
    assert upload(run_cli, MY_TOKEN=PLANTED).url == URL


def test_a_review_without_a_terminal_accepts_nothing(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    sends_secret(run_cli, host)
    assert run_cli("spec", "review").code == 2
    assert upload(run_cli, MY_TOKEN=PLANTED).code == 2


def test_at_a_terminal_the_upload_itself_asks(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    installed(run_cli).write_text(stranger.read_text() + "# changed\n")
    words = ("upload", str(run_cli.file()), "--provider", "stranger", "--no-check")
    code, shown = at_a_terminal(run_cli, "n", *words)
    assert (code, host.requests) == (2, [])
    assert "Its text differs; what it may do does not." in shown
    code, shown = at_a_terminal(run_cli, "y", *words)
    assert code == 0
    assert URL in shown


def test_trust_lets_a_changed_spec_run(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    sends_secret(run_cli, host)
    assert upload(run_cli, MY_TOKEN=PLANTED, TWAT_FS_TRUST="stranger").url == URL


def test_a_spec_that_was_dropped_in_by_hand_runs(run_cli: Cli, stranger: Path) -> None:
    installed(run_cli).parent.mkdir(parents=True)
    stranger.rename(installed(run_cli))
    assert upload(run_cli).url == URL


def test_what_is_kept_and_cannot_be_read_lets_nothing_run(run_cli: Cli, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    (run_cli.home / "config" / "twat-fs" / "accepted" / "stranger.json").write_text("{")
    assert upload(run_cli).code == 2
    assert run_cli("spec", "review", "stranger", "--yes").code == 0
    assert upload(run_cli).url == URL


def test_a_bundled_providers_secret_is_had_by_who_was_allowed_it(run_cli: Cli, host: FakeHost) -> None:
    path = run_cli.home / "mine.yaml"
    more = "credentials: {MINE: {required: false, aliases: [CATBOX_USERHASH]}}\n"
    request = '  headers: {X-Token: "{{ credentials.MINE }}"}'
    path.write_text(f"spec: 1\nname: stranger\ntitle: Mine\n{more}{form(host, request=request)}")
    answer = run_cli("spec", "add", path, "--yes")
    assert "takes: CATBOX_USERHASH, a secret of the bundled provider catbox" in answer.err
    assert upload(run_cli, CATBOX_USERHASH=PLANTED).url == URL
    assert host.requests[-1].header("X-Token") == PLANTED


# Python


def test_the_module_beside_a_card_is_kept_and_watched_too(run_cli: Cli) -> None:
    run_cli("new-provider", "pyhost", "--out", run_cli.home)
    card = run_cli.home / "pyhost.yaml"
    answer = run_cli("spec", "add", card, "--yes")
    assert answer.code == 0, answer
    assert "runs: the Python module" in answer.err
    (module,) = installed(run_cli, "pyhost").parent.glob("*.py")
    module.write_text(module.read_text() + "\n# changed\n")
    answer = run_cli("upload", run_cli.file(), "--provider", "pyhost")
    assert answer.code == 2
    assert "the module of the spec has changed" in answer.err
    run_cli("spec", "remove", "pyhost")
    assert not module.exists()


# Removing


def test_a_spec_is_removed(run_cli: Cli, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    assert run_cli("spec", "remove", "stranger").code == 0
    assert not installed(run_cli).exists()
    assert run_cli("spec", "review").code == 0
    assert upload(run_cli).code == 2


def test_what_is_not_there_is_not_removed(run_cli: Cli) -> None:
    answer = run_cli("spec", "remove", "catbox")
    assert answer.code == 2
    assert "catbox" in answer.err


def test_a_file_that_is_gone_is_forgotten(run_cli: Cli, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    installed(run_cli).unlink()
    assert "its file is gone" in run_cli("spec", "review").err
    assert run_cli("spec", "review", "stranger").code == 2


# Who may write


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_spec_that_others_can_write_does_not_run(run_cli: Cli, host: FakeHost, what: str) -> None:
    path = run_cli.spec("stranger", form(host))
    place = path if what == "file" else path.parent
    place.chmod(0o777)
    answer = upload(run_cli)
    assert answer.code == 4
    assert f"{place} can be written by others (mode 0777)" in answer.err
    assert host.requests == []
    assert upload(run_cli, TWAT_FS_TRUST="stranger").url == URL


def test_a_link_leads_to_a_folder_that_is_looked_at_too(run_cli: Cli, host: FakeHost) -> None:
    path = run_cli.spec("stranger", form(host))
    open_folder = run_cli.home / "open"
    open_folder.mkdir()
    path.rename(open_folder / "real.yaml")
    path.symlink_to(open_folder / "real.yaml")
    open_folder.chmod(0o777)
    assert upload(run_cli).code == 4


def test_whoever_may_replace_a_folder_further_up_may_replace_the_spec(run_cli: Cli, host: FakeHost) -> None:
    run_cli.spec("stranger", form(host))
    run_cli.home.chmod(0o777)
    answer = upload(run_cli)
    assert answer.code == 4
    assert f"{run_cli.home} can be written by others" in answer.err
    run_cli.home.chmod(0o1777)  # nobody can rename what is another's there
    assert upload(run_cli).url == URL


def given_away(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a file, a folder or a link belong to somebody else, as far as the program can see."""
    for name in ("stat", "lstat"):
        real = getattr(os, name)

        def look(path: str, real: Any = real, **how: Any) -> os.stat_result:
            facts = real(path, **how)
            theirs = os.path.samestat(facts, os.lstat(place)) if str(path) != str(place) else True
            return os.stat_result((*facts[:4], 65534, *facts[5:])) if theirs else facts

        monkeypatch.setattr(os, name, look)
    return place


@pytest.mark.parametrize("whose", ["above", "middle", "middle/specs"])
def test_whoever_owns_what_is_gone_through_may_replace_the_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    (tmp_path / "above" / "mine").mkdir(parents=True)
    (tmp_path / "above" / "mine" / "stranger.yaml").write_text("")
    (tmp_path / "middle").mkdir()
    (tmp_path / "middle" / "specs").symlink_to("../above/mine")
    (tmp_path / "stranger.yaml").symlink_to("middle/specs/stranger.yaml")
    check_writers(str(tmp_path / "stranger.yaml"), "stranger")
    place = given_away(tmp_path / whose, monkeypatch)
    with pytest.raises(TrustError, match=f"{place} belongs to"):
        check_writers(str(tmp_path / "stranger.yaml"), "stranger")


def test_a_module_that_others_can_write_does_not_run(run_cli: Cli, tmp_path: Path) -> None:
    path = run_cli.spec("carded", "kind: python\nmodule: carded_module\n")
    module = path.parent / "carded_module.py"
    module.write_text("raise SystemExit('it ran')\n")
    module.chmod(0o666)
    answer = run_cli.upload(run_cli.file(), "--no-check", provider="carded")
    assert answer.code == 4
    assert "can be written by others" in answer.err


def test_a_spec_of_another_user_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stranger.yaml"
    path.write_text("")
    if os.getuid() == 0:
        os.chown(path, 65534, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(TrustError, match="belongs to"):
        check_writers(str(path), "stranger")


def test_a_hard_link_to_what_another_user_owns_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").write_text("")
    os.link(tmp_path / "theirs", tmp_path / "stranger.yaml")
    if os.getuid() == 0:
        os.chown(tmp_path / "theirs", 65534, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(TrustError, match="belongs to"):
        check_writers(str(tmp_path / "stranger.yaml"), "stranger")


def test_the_same_folder_under_another_name_is_the_users_own(run_cli: Cli, host: FakeHost, stranger: Path) -> None:
    run_cli("spec", "add", stranger, "--yes")
    sends_secret(run_cli, host)
    folder = f"{installed(run_cli).parent}/../providers.d/"
    answer = upload(run_cli, TWAT_FS_PROVIDERS_D=folder, MY_TOKEN=PLANTED)
    assert answer.code == 2
    assert "has changed since you accepted it" in answer.err
    assert host.requests == []


def test_a_cache_that_others_can_write_is_not_believed(run_cli: Cli, host: FakeHost) -> None:
    cache = run_cli.home / "cache" / "twat-fs" / "specs"
    env = {"XDG_CACHE_HOME": str(run_cli.home / "cache")}
    run_cli.spec("stranger", form(host))
    assert upload(run_cli, **env).url == URL
    for kept in cache.glob("*.json"):  # what somebody else could have put there
        kept.write_text(kept.read_text().replace(host.authority, "127.0.0.1:9"))
    assert upload(run_cli, **env).code == 5
    cache.chmod(0o777)
    assert upload(run_cli, **env).url == URL


# What is shown


def test_no_host_is_cut_off_by_a_long_list(run_cli: Cli) -> None:
    many = [f"h{number}.{'a' * 60}.{'b' * 60}.example" for number in range(50)]
    allowed = "\n".join(f"  - {name}" for name in [*many[:49], "evil.example"])
    text = f"spec: 1\nname: long\ntitle: Long\nallow_hosts:\n{allowed}\n{form('https://h.example')}"
    path = run_cli.home / "long.yaml"
    path.write_text(text)
    for words in (("spec", "add", path), ("validate-spec", path)):
        answer = run_cli(*words)
        assert "evil.example:443" in answer.err + answer.out
        assert all(name in answer.err + answer.out for name in many[:49])


def test_what_left_the_screen_is_said_again_above_the_question(run_cli: Cli) -> None:
    allowed = "\n".join(f"  - {'a' * 60}.{number}.example" for number in range(50))
    keys = "credentials: {FAL_KEY: {}, MY_TOKEN: {}}\n"
    sent = '  headers: {A: "{{ credentials.FAL_KEY }}", B: "{{ credentials.MY_TOKEN }}"}'
    text = f"spec: 1\nname: long\ntitle: Long\n{keys}allow_hosts:\n{allowed}\n{form('https://h.example', request=sent)}"
    path = run_cli.home / "long.yaml"
    path.write_text(text)
    lines = [line for line in run_cli("spec", "add", path).err.splitlines() if line]
    summary = next(line for line in lines if line.startswith("long, in short"))
    assert "51 hosts; the secrets credentials.FAL_KEY, credentials.MY_TOKEN" in summary
    assert "what belongs to bundled providers: FAL_KEY" in summary
    assert lines.index(summary) > max(at for at, line in enumerate(lines) if line.startswith("  reads"))


@pytest.mark.parametrize("odd", ["\u202e", "\u2066", "\u200b", "\u001b[2K"])
def test_no_character_that_reorders_or_hides_reaches_the_label(run_cli: Cli, odd: str) -> None:
    path = run_cli.home / f"a{odd}b.yaml"
    path.write_text(f"spec: 1\nname: odd\ntitle: Odd{odd}\n{form('https://h.example')}")
    assert run_cli("spec", "add", path, "--yes").code == 2
    path.write_text(f"spec: 1\nname: odd\ntitle: Odd\n{form('https://h.example')}")
    answer = run_cli("spec", "add", path)
    assert odd not in answer.err + answer.out


def test_what_is_fetched_afterwards_is_shown(run_cli: Cli, stranger: Path) -> None:
    assert "then fetches: the link that the reply gives" in run_cli("spec", "add", stranger).err


# The schema


def test_the_schema_is_printed(run_cli: Cli) -> None:
    answer = run_cli("schema")
    assert answer.code == 0
    assert json.loads(answer.out)["title"]
