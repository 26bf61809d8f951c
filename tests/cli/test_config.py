"""`twat-fs config`, and commands that run with a config file."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests import leaks
from tests.support import PLANTED, form
from twat_fs.cli.main import main
from twat_fs.testing.fake_host import FakeHost, Play

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Cli

    Within = Callable[..., tuple[int, str, str]]

FIRST, SECOND = "https://h.example/first", "https://h.example/second"
MORE = """\
capabilities: {check: none}
credentials: {MINE_KEY: {required: false}}
options:
  size: {choices: [small, large], default: small, env: MINE_SIZE}
  keep: {type: boolean, default: false}
  pin: {type: string, secret: true, default: "", env: MINE_PIN}
"""
FIELDS = """\
    size: "{{ options.size }}"
    keep: "{{ options.keep }}"
    pin: "{{ options.pin }}"
  headers: {Authorization: "{{ credentials.MINE_KEY }}"}
"""


@pytest.fixture
def hosts() -> Iterator[list[FakeHost]]:
    with FakeHost([Play(200, FIRST.encode())]) as one, FakeHost([Play(200, SECOND.encode())]) as two:
        yield [one, two]


@pytest.fixture
def cli(run_cli: Cli, hosts: list[FakeHost]) -> Cli:
    for name, host in zip(("mine", "other"), hosts, strict=True):
        spec = form(host, more=MORE).replace('{file: "{{ file }}"}', '\n    file: "{{ file }}"\n' + FIELDS.rstrip())
        run_cli.spec(name, spec)
    run_cli.file()
    return run_cli


def written(cli: Cli, text: str) -> Path:
    path = cli.home / "config" / "twat-fs" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def sent(host: FakeHost, name: str) -> str:
    return host.requests[-1].part(name).body.decode()


@pytest.fixture
def within(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Within:
    """The command in this process, which is quicker where many are to be refused: status, output and errors."""
    for name, value in cli.environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        return code, *capsys.readouterr()

    return run


# Uploads with a file


def test_the_file_names_the_provider_and_its_options(cli: Cli, hosts: list[FakeHost]) -> None:
    written(cli, 'provider = "other"\n[providers.other]\nsize = "large"\nkeep = true\n')
    assert cli("upload", "a.txt").url == SECOND
    assert (sent(hosts[1], "size"), sent(hosts[1], "keep")) == ("large", "true")


def test_a_profile_wins_over_the_file_and_a_variable_over_both(cli: Cli, hosts: list[FakeHost]) -> None:
    written(
        cli,
        'provider = "other"\n[providers.mine]\nsize = "large"\n'
        '[profiles.work]\nprovider = "mine"\n[profiles.work.providers.mine]\nsize = "small"\n',
    )
    assert cli("upload", "a.txt", "--profile", "work").url == FIRST
    assert sent(hosts[0], "size") == "small"
    assert cli("upload", "a.txt", env={"TWAT_FS_PROFILE": "work", "MINE_SIZE": "large"}).url == FIRST
    assert sent(hosts[0], "size") == "large"
    cli("upload", "a.txt", "--profile", "work", "-o", "size=large")
    assert sent(hosts[0], "size") == "large"
    assert cli("upload", "a.txt", "--profile", "work", env={"TWAT_FS_DEFAULT_PROVIDER": "other"}).url == SECOND
    assert cli("upload", "a.txt", "-p", "mine").url == FIRST


def test_a_switch_says_otherwise_than_the_file(cli: Cli) -> None:
    written(cli, 'provider = "local"\nunique = true\nhistory = false\nfragile = true\n')
    assert cli("upload", "a.txt").url.partition("/a-")[1]
    assert cli("history", "--json").records == []
    assert cli("upload", "a.txt", "--no-unique", "--history", "--no-fragile").url.endswith("/a.txt")
    assert [row["name"] for row in cli("history", "--json").records] == ["a.txt"]
    assert cli("upload", "a.txt", "--force", env={"TWAT_FS_UNIQUE": "off", "TWAT_FS_HISTORY": "on"}).code == 0
    assert len(cli("history", "--json").records) == 2


def test_what_people_want_each_time_stands_in_the_file_and_is_switched_off_for_once(cli: Cli) -> None:
    written(cli, 'provider = "local"\nunique = true\ncopy = true\nqr = true\nexplain = true\nopen = true\n')
    answer = cli("upload", "a.txt")
    assert answer.code == 0
    assert "no clipboard was found" in answer.err  # --copy
    assert "it is no http or https address" in answer.err  # --open
    assert "\u2588" in answer.err  # --qr
    assert "this was tried, in order" in answer.err  # --explain
    assert cli("upload", "a.txt", "--no-copy", "--no-qr", "--no-open", "--no-explain").err == ""
    off = {f"TWAT_FS_{name}": "off" for name in ("COPY", "QR", "OPEN", "EXPLAIN")}
    assert cli("upload", "a.txt", env=off).err == ""
    assert "\u2588" in cli("upload", "a.txt", "--qr", env=off).err


@pytest.mark.parametrize("key", ["copy", "open", "qr", "notify", "explain", "progress", "skip_existing"])
def test_a_profile_may_say_what_people_want_each_time(within: Within, cli: Cli, key: str) -> None:
    usual, other = ("true", "false") if key == "progress" else ("false", "true")
    assert within("config", "set", key, other, "--profile", "home") == (0, "", "")
    shown = within("config", "show", "--origin", "--profile", "home")[1]
    assert re.search(rf"^{key} = {other}  # profile \S+:2:1$", shown, re.MULTILINE)
    assert f"{key} = {usual}  # default" in within("config", "show", "--origin")[1]
    assert within("config", "set", key, "perhaps") == (
        2,
        "",
        f"twat-fs: `{key}` is true or false, not `perhaps`\n",
    )


def test_the_same_bytes_are_not_sent_again_where_the_file_says_so(cli: Cli, hosts: list[FakeHost]) -> None:
    written(cli, 'provider = "local"\nskip_existing = true\nunique = true\n')
    first = cli("upload", "a.txt").url
    assert cli("upload", "a.txt").url == first
    assert cli("upload", "a.txt", "--no-skip-existing").url != first
    answer = cli("upload", "a.txt", "--no-history")
    assert (answer.code, answer.err.splitlines()[1]) == (2, "  Keep one, or say --no-skip-existing.")


def test_folders_of_specs_are_found_from_the_files_own_folder(cli: Cli) -> None:
    path = written(cli, 'providers_d = ["more"]\nprovider = "third"\n')
    (path.parent / "more").mkdir()
    (path.parent / "more" / "third.yaml").write_text(
        "spec: 1\nname: third\ntitle: T\n" + (cli.specs / "mine.yaml").read_text().partition("title: Mine\n")[2]
    )
    assert cli("upload", "a.txt").url == FIRST
    assert cli("upload-provider", "status", "third").code == 0


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("jbos = 2\n", [], ":1:1: there is no key `jbos` here\n  Did you mean `jobs`?"),
        ("jobs = \n", [], ":1:8: this is not TOML: Invalid value"),
        ("", ["--profile", "work"], "there is no profile `work`"),
        ('\n[providers.mine]\nsiez = "large"\n', [], ":3:1: mine has no option `siez`"),
        ('[providers.mine]\nsize = "huge"\n', [], ":2:1: option size: `huge` is not one of small, large"),
    ],
)
def test_a_mistake_in_the_file_ends_the_upload_before_anything_is_sent(
    within: Within, cli: Cli, hosts: list[FakeHost], text: str, words: list[str], message: str
) -> None:
    path = written(cli, text)
    code, out, err = within("upload", str(cli.home / "a.txt"), "-p", "mine,other", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert str(path) in err
    assert [host.requests for host in hosts] == [[], []]


@pytest.mark.parametrize("key", ["pin", "MINE_KEY"])
def test_a_secret_in_the_file_is_refused_and_not_shown(cli: Cli, hosts: list[FakeHost], key: str) -> None:
    leaks.planted_in(written(cli, f'[providers.mine]\n{key} = "{PLANTED}"\n'))
    for words in (["upload", "a.txt", "-p", "mine"], ["config", "show"], ["upload-provider", "status", "mine"]):
        answer = cli(*words)
        assert answer.code == 2
        assert ":2:1: " in answer.err
        assert "`twat-fs login mine` puts them into your keyring" in answer.err
    assert hosts[0].requests == []


def test_a_file_that_others_can_write_is_refused(cli: Cli, hosts: list[FakeHost]) -> None:
    written(cli, 'provider = "mine"\n').chmod(0o666)
    answer = cli("upload", "a.txt")
    assert answer.code == 4
    assert "can be written by others (mode 0666)" in answer.err
    assert hosts[0].requests == []
    assert cli("upload", "a.txt", env={"TWAT_FS_TRUST": "config.toml"}).url == FIRST


def test_help_and_the_path_are_there_whatever_the_file_is(cli: Cli) -> None:
    path = written(cli, "what?")
    assert cli("upload", "--help").code == 0
    assert cli("config", "path").out == f"{path}\n"
    assert cli("config", "path", env={"TWAT_FS_CONFIG": "/elsewhere.toml"}).out == "/elsewhere.toml\n"
    assert cli("config", "path", env={"TWAT_FS_CONFIG": ""}).code == 2


def test_the_usual_format_gives_way_to_a_switch(cli: Cli) -> None:
    path = written(cli, 'provider = "mine"\nformat = "{{ name }} {{ url }}"\n')
    assert cli("upload", "a.txt").out == f"a.txt {FIRST}\n"
    assert cli("upload", "a.txt", "--json").record["url"] == FIRST
    assert cli("upload", "a.txt", "--format", "url", env={"TWAT_FS_FORMAT": "html"}).url == FIRST
    path.write_text('provider = "mine"\nformat = "markdwon"\n')
    answer = cli("upload", "a.txt")
    assert (answer.code, answer.out) == (2, "")
    assert f"{path}:2:1: --format markdwon: there is no such format" in answer.err


# Showing


def test_what_holds_is_shown_as_toml_with_its_origins(cli: Cli) -> None:
    path = written(cli, 'jobs = 2\ntimeout = 30\n[providers.mine]\nsize = "large"\n[profiles.work]\ncheck = "hash"\n')
    answer = cli("config", "show", "--origin", "--profile", "work", env={"TWAT_FS_JOBS": "3"})
    lines = answer.out.splitlines()
    for line in (
        'profile = "work"  # command line --profile',
        "# provider is not set",
        f'providers_d = ["{cli.specs}"]  # environment TWAT_FS_PROVIDERS_D',
        "jobs = 3  # environment TWAT_FS_JOBS",
        f'check = "hash"  # profile {path}:6:1',
        "unique = false  # default",
        f"timeout = 30  # file {path}:2:1",
        f'size = "large"  # file {path}:4:1',
    ):
        assert line in lines, answer.out
    shown = tomllib.loads(answer.out)
    assert (shown["jobs"], shown["providers"]) == (3, {"mine": {"size": "large"}})


def test_what_holds_is_shown_as_json(cli: Cli) -> None:
    path = written(cli, 'providers_d = ["/"]\nmax_time = 1.5\n')
    rows = {row.get("key"): row for row in cli("config", "show", "--json", "--providers-d", str(cli.specs)).records}
    assert rows["max_time"] == {"key": "max_time", "value": 1.5, "origin": "file", "where": f"{path}:2:1"}
    assert rows["ca_file"] == {"key": "ca_file", "value": None, "origin": "default", "where": None}
    assert rows["providers_d"]["value"] == ["/", str(cli.specs), str(cli.specs)]
    assert (rows["providers_d"]["origin"], rows["providers_d"]["where"]) == (
        "command line",
        f"--providers-d and file {path}:1:1 and environment TWAT_FS_PROVIDERS_D",
    )


def test_an_option_of_a_variable_is_shown_as_one(cli: Cli) -> None:
    written(cli, '[providers.mine]\nsize = "large"\n')
    rows = cli("config", "show", "--json", env={"MINE_SIZE": "small"}).records
    assert [row for row in rows if row.get("key") == "providers.mine.size"] == [
        {"key": "providers.mine.size", "value": "small", "origin": "environment", "where": "MINE_SIZE"}
    ]


def test_secrets_are_listed_and_never_shown(cli: Cli) -> None:
    environ = {"MINE_KEY": PLANTED, "MINE_PIN": PLANTED, "FAL_KEY": PLANTED, "MINE_SIZE": f"x{PLANTED}x"}
    answer = cli("config", "show", env=environ)
    assert "# mine: MINE_KEY, from the environment\n# mine: MINE_PIN, from the environment" in answer.out
    assert "# fal: FAL_KEY, from the environment" in answer.out
    assert 'size = "x<hidden>x"' in answer.out
    rows = cli("config", "show", "--json", env=environ).records
    assert {"secret": "FAL_KEY", "provider": "fal", "origin": "environment"} in rows


def test_a_provider_that_there_is_not_is_told_with_its_place(cli: Cli) -> None:
    path = written(cli, "[providers.mien]\nsize = 'x'\n")
    answer = cli("config", "show")
    assert answer.code == 2
    assert answer.err == f"twat-fs: {path}:2:1: there is no provider `mien`\n  Did you mean `mine`?\n"


# Changing


def test_a_key_is_set_and_taken_out_and_comments_stay(within: Within, cli: Cli) -> None:
    path = written(cli, "# by hand\njobs = 2  # few\n\n[profiles.work]  # paid\n")
    for words in (
        ["jobs", "4"],
        ["provider", "mine", "other"],
        ["history", "off"],
        ["timeout", "2.5"],
        ["profile", "work"],
        ["providers.mine.size", "large"],
        ["providers.mine.keep", "yes", "--profile", "work"],
        ["profiles.work.jobs", "1"],
    ):
        assert within("config", "set", *words) == (0, "", ""), words
    text = path.read_text()
    assert tomllib.loads(text) == {
        "jobs": 4,
        "provider": ["mine", "other"],
        "history": False,
        "timeout": 2.5,
        "profile": "work",
        "providers": {"mine": {"size": "large"}},
        "profiles": {"work": {"jobs": 1, "providers": {"mine": {"keep": True}}}},
    }
    assert all(comment in text for comment in ("# by hand", "# few", "# paid"))
    assert within("config", "unset", "jobs")[0] == 0
    assert within("config", "unset", "jobs", "--profile", "work")[0] == 0
    assert "jobs is not set in" in within("config", "unset", "jobs")[2]
    assert "jobs" not in path.read_text()


def test_what_was_set_is_what_is_shown(within: Within, cli: Cli) -> None:
    within("config", "set", "provider", "mine,other")
    within("config", "set", "providers_d", "/a:/b")
    within("config", "unset", "providers_d")
    within("config", "set", "check", "none")
    shown = tomllib.loads(cli("config", "show").out)
    assert (shown["provider"], shown["check"]) == (["mine", "other"], "none")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["jbos", "2"], "there is no key `jbos`\n  Did you mean `jobs`?"),
        (["providers.mine", "2"], "there is no key `providers.mine`"),
        (["jobs", "many"], "`jobs` is a whole number from 1 to 64, not `many`"),
        (["jobs", "1", "2"], "`jobs` is a whole number from 1 to 64, not `1 2`"),
        (["format", "markdwon"], "--format markdwon: there is no such format"),
        (["profile", "home"], "there is no profile `home`"),
        (["jobs", "2", "--profile", "a b"], "`a b` is no name for a profile"),
        (["providers.mien.size", "large"], "there is no provider `mien`\n  Did you mean `mine`?"),
        (["providers.mine.siez", "large"], "mine has no option `siez`\n  Its options: size, keep, pin."),
        (["providers.mine.size", "huge"], "option size: `huge` is not one of small, large"),
        (["providers.mine.size", "large", "small"], "the option `size` takes one value"),
        (
            ["providers.mine.pin", "1"],
            "`pin` of mine is a secret\n  Secrets do not belong into this file: ",
        ),
        (["providers.mine.MINE_KEY", "1"], "`MINE_KEY` of mine is a secret"),
    ],
)
def test_what_a_key_does_not_take_is_not_set(within: Within, cli: Cli, words: list[str], message: str) -> None:
    path = written(cli, "jobs = 3\n")
    code, out, err = within("config", "set", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert path.read_text() == "jobs = 3\n"


def test_a_wrong_key_can_be_taken_out(cli: Cli) -> None:
    path = written(cli, "jbos = 3\n")
    assert cli("config", "unset", "jbos").code == 0
    assert path.read_text().strip() == ""


# Completion


def test_keys_profiles_and_values_are_completed(cli: Cli) -> None:
    written(cli, "[profiles.work]\n")
    for line, offered in (
        ("upload --profile ", {"work"}),
        ("config set m", {"max_time"}),
        ("config set providers.mi", {"providers.mine."}),
        ("config set providers.mine.", {"providers.mine.size", "providers.mine.keep"}),
        ("config set format m", {"markdown"}),
        ("config set check ", {"size", "hash", "none"}),
        ("config set profile ", {"work"}),
        ("config set provider oth", {"other"}),
        ("config set providers.mine.size ", {"small", "large"}),
        ("config unset nothing", set()),
        ("login min", {"mine"}),
    ):
        asked = {"_TWAT_FS_COMPLETE": "bash_complete", "COMP_WORDS": f"twat-fs {line}", "COMP_CWORD": "0"}
        rows = cli(env=asked).out.splitlines()
        assert {row.partition(",")[2] for row in rows if row} == offered, line


def test_a_broken_file_keeps_nothing_from_being_completed(cli: Cli) -> None:
    written(cli, "what?")
    asked = {"_TWAT_FS_COMPLETE": "bash_complete", "COMP_WORDS": "twat-fs upload -p min", "COMP_CWORD": "0"}
    assert cli(env=asked).out == "plain,mine\n"
