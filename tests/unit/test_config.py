"""`config.toml`: what it takes, where each mistake is, what wins over it, and changes that leave the rest alone."""

from __future__ import annotations

import os
import re
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ROOT, compiled
from twat_fs.config import editing
from twat_fs.config.document import SIZE_LIMIT, Document, decoded, parse, places
from twat_fs.config.keys import KEYS
from twat_fs.config.resolve import Config
from twat_fs.environment import Settings, settings
from twat_fs.errors import ConfigError, NotConfigured, SourceError, TrustError, UsageError
from twat_fs.option_values import OptionValues

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.spec.model import Spec

PLAIN = """\
# mine
provider = "catbox"
jobs = 2
providers_d = ["~/specs", "more"]

[providers.local]
dir = "/a"    # the disk
base_url = "https://a.example"

[profiles.work]
jobs = 3
[profiles.work.providers.local]
dir = "/b"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the config file is."""
    path = tmp_path / "config" / "twat-fs" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def found(place: Path, **environ: str) -> Settings:
    return settings({"HOME": str(place.parents[2]), "XDG_CONFIG_HOME": str(place.parents[1]), **environ})


def config(place: Path, text: str, wanted: str | None = None, **environ: str) -> Config:
    place.write_text(text)
    return Config(found(place, **environ), wanted)


def mistake(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Document("c.toml", text)
    return caught.value


# What is wrong, and where


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("jobs = 2\n jbos = 3", "c.toml:2:2: there is no key `jbos` here", "Did you mean `jobs`?"),
        ("max-time = 3", "c.toml:1:1: there is no key `max-time` here", "Did you mean `max_time`?"),
        ("zzz = 3", "c.toml:1:1: there is no key `zzz` here", "The keys are profile, provider, "),
        ("\n\njobs = 'two'", "c.toml:3:1: `jobs` is a whole number from 1 to 64", ""),
        ("jobs = true", "c.toml:1:1: `jobs` is a whole number from 1 to 64", ""),
        ("jobs = 65", "c.toml:1:1: `jobs` is a whole number from 1 to 64", ""),
        ("check = 'sise'", "c.toml:1:1: `check` is one of `size`, `hash`, `none`", "Did you mean `size`?"),
        ("check = ['size']", "c.toml:1:1: `check` is one of", ""),
        ("timeout = 0", "c.toml:1:1: `timeout` is a number of seconds", ""),
        ("timeout = nan", "c.toml:1:1: `timeout` is a number of seconds", ""),
        ("timeout = '30s'", "c.toml:1:1: `timeout` is a number of seconds", ""),
        ("unique = 1", "c.toml:1:1: `unique` is true or false", ""),
        ("provider = 'No Name'", "c.toml:1:1: `provider` is the name of a provider, or a list of names", ""),
        ("provider = [1]", "c.toml:1:1: `provider` is the name of a provider, or a list of names", ""),
        ("providers_d = ['']", "c.toml:1:1: `providers_d` is a list of folders", ""),
        ("ca_file = ' '", "c.toml:1:1: `ca_file` is a text", ""),
        ("profile = 3", "c.toml:1:1: `profile` is the name of one of the profiles", ""),
        ("providers = 3", "c.toml:1:1: `providers` is a table", "Write [providers.NAME] above its keys."),
        ("[providers]\nlocal = 'x'", "c.toml:2:1: `local` is a table, not a value", "Write [providers.local] above"),
        ("[providers.Local]\na = 1", "c.toml:1:1: `Local` is no name of a provider", ""),
        ("[providers.local]\ndir = ['a']", "c.toml:2:1: the option `dir` is a text, a number, true or false", ""),
        ("providers.local.dir = 1979-05-27", "c.toml:1:1: the option `dir` is a text, a number, true or false", ""),
        ("[profiles.a]\n[profiles.a.b]\nc = 1", "c.toml:2:1: there is no key `b` here", "The keys are provider, "),
        ("[profiles.a]\nprofile = 'a'", "c.toml:2:1: there is no key `profile` here", ""),
        ("profiles.'a b'.jobs = 2", "c.toml:1:1: `a b` is no name for a profile", "Letters, digits, - and _ are."),
        ("[[profiles]]\njobs = 2", "c.toml:1:1: `profiles` is a table", ""),
        ("[profiles.a]\njobs = [\n 1,\n]\n", "c.toml:2:1: `jobs` is a whole number", ""),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_cure(text: str, message: str, hint: str) -> None:
    error = mistake(text)
    assert error.message.startswith(message)
    assert error.hint.startswith(hint)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("jobs = \n", "c.toml:1:8: this is not TOML: Invalid value", ""),
        ("a = 1\ncheck = size\n", "c.toml:2:9: this is not TOML: Invalid value", "A text stands in quotes."),
        ("jobs = 1\njobs = 2\n", "c.toml:2:9: this is not TOML: Cannot overwrite a value", ""),
        ("check = 'size", "c.toml:1:14: this is not TOML: Expected", ""),
        ('check = """a\nb', "c.toml:2:2: this is not TOML: Unterminated string", ""),
        ("jobs = " + "[" * 100_000, "c.toml:1:1: the values are nested too deep", ""),
    ],
)
def test_what_is_not_toml_is_told_with_its_place(text: str, message: str, hint: str) -> None:
    error = mistake(text)
    assert error.message.startswith(message)
    assert error.hint == hint


def test_every_mistake_is_told_at_once() -> None:
    error = mistake("jbos = 1\ncheck = 2\n")
    assert error.message == "c.toml: 2 mistakes"
    assert [row[:11] for row in error.problems] == ["c.toml:1:1:", "c.toml:2:1:"]
    assert error.problems[0].endswith("Did you mean `jobs`?")


@pytest.mark.parametrize(
    "text",
    [
        "FAL_KEY = 'PLANTED'",
        "api_token = 'PLANTED'",
        "password = 'PLANTED'",
        "[providers.fal]\nFAL_KEY = 'PLANTED'",
        "[profiles.work.providers.fal]\nFAL_KEY = 'PLANTED'",
    ],
)
def test_a_secret_is_refused_and_login_named(text: str) -> None:
    error = mistake(text)
    assert "`twat-fs login " in error.hint
    assert "PLANTED" not in error.message + error.hint


def test_what_is_not_utf8_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"^c:2:9: byte 12 is not UTF-8"):
        decoded("c", b"a=1\ncheck ='\xff'")


def test_a_byte_order_mark_and_line_ends_of_windows_are_read() -> None:
    assert parse("c", decoded("c", b"\xef\xbb\xbfjobs = 2\r\n")) == {"jobs": 2}


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(ConfigError, match="more than 65536 bytes"):
        decoded("c", b"#" * (SIZE_LIMIT + 1))


# Where things stand

_NAMES = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
_VALUES = st.one_of(
    st.booleans(), st.integers(-99, 99), st.text("ab \"'\\\n#[=é", max_size=6), st.lists(st.integers(0, 9), max_size=3)
)
_TABLES = st.recursive(
    st.dictionaries(_NAMES, _VALUES, max_size=3), lambda inner: st.dictionaries(_NAMES, inner | _VALUES, max_size=3)
)


def keys_of(data: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for key, value in data.items() if isinstance(data, dict) else ():
        found |= {(*path, key)} | keys_of(value, (*path, key))
    return found


@given(_TABLES)
def test_every_key_has_a_place_in_the_line_that_names_it(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    found = dict(places(text))
    assert set(found) == keys_of(data)
    lines = text.split("\n")
    for path, (line, column) in found.items():
        assert re.search(rf"(^|[^a-z]){path[-1]}($|[^a-z])", lines[line - 1][column - 1 :])


def test_what_spans_lines_stands_where_it_begins() -> None:
    text = (
        "# a\nprovider = [ # b\n  'x',\n\n  'y',\n]\n  providers = { local = { dir = '''\n[no]\n''' } }\n[profiles.a]\n"
    )
    assert dict(places(text)) == {
        ("provider",): (2, 1),
        ("providers",): (7, 3),
        ("providers", "local"): (7, 3),
        ("providers", "local", "dir"): (7, 3),
        ("profiles",): (10, 1),
        ("profiles", "a"): (10, 1),
    }


# What wins


@pytest.mark.parametrize(
    ("key", "written", "in_profile", "variable"),
    [
        ("provider", "a", "b", "c"),
        ("jobs", 2, 3, "4"),
        ("check", "hash", "none", "size"),
        ("format", "html", "{{ url }}", "bbcode"),
        ("unique", True, False, "yes"),
        ("fragile", True, False, "on"),
        ("history", True, False, "1"),
        ("skip_existing", True, False, "yes"),
        ("copy", True, False, "on"),
        ("open", True, False, "on"),
        ("qr", True, False, "on"),
        ("notify", True, False, "on"),
        ("explain", True, False, "on"),
        ("progress", False, True, "off"),
        ("timeout", 5, 6.5, "7"),
        ("max_time", 5, 6.5, "7"),
        ("ca_file", "/a", "/b", "/c"),
        ("providers_d", ["/a"], ["/b"], "/c"),
    ],
)
def test_the_environment_wins_over_the_profile_over_the_file_over_the_default(
    place: Path, key: str, written: Any, in_profile: Any, variable: str
) -> None:
    text = tomlkit.dumps({key: written, "profiles": {"work": {key: in_profile}, "other": {}}})
    name = KEYS[key].variables[0]
    accept = KEYS[key].kind.accept

    def holds(wanted: str | None = None, **environ: str) -> tuple[Any, str, str]:
        setting = config(place, text, wanted, **environ).setting(KEYS[key])
        return setting.value, setting.origin, setting.where()

    assert holds("work", **{name: variable})[1:] == ("environment", name)
    assert holds("work") == (accept(in_profile), "profile", f"{place}:4:1")
    assert holds("other") == (accept(written), "file", f"{place}:1:1")
    assert holds() == (accept(written), "file", f"{place}:1:1")
    assert Config(found(place, TWAT_FS_CONFIG="")).setting(KEYS[key])[1:3] == (KEYS[key].default, "default")


def test_every_key_is_in_the_table_of_precedence() -> None:
    [mark] = [
        mark
        for mark in test_the_environment_wins_over_the_profile_over_the_file_over_the_default.pytestmark
        if mark.name == "parametrize"
    ]
    assert {row[0] for row in mark.args[1]} == set(KEYS)


@pytest.mark.parametrize(
    ("variable", "text"),
    [("TWAT_FS_JOBS", "many"), ("TWAT_FS_CHECK", "sise"), ("TWAT_FS_UNIQUE", "2"), ("TWAT_FS_MAX_TIME", "-1")],
)
def test_a_variable_that_its_key_does_not_take_is_told(place: Path, variable: str, text: str) -> None:
    [key] = [key for key in KEYS.values() if variable in key.variables]
    with pytest.raises(UsageError, match=f"^{variable}={text} is not {key.kind.words}"):
        Config(found(place, **{variable: text})).setting(key)


def test_options_of_a_profile_win_one_by_one(place: Path) -> None:
    told = config(place, PLAIN.replace('"~/specs", "more"', ""), "work").configured()
    options = {name: (item.value, item.where()) for name, item in told.options["local"].items()}
    assert options == {"dir": ("/b", f"{place}:13:1"), "base_url": ("https://a.example", f"{place}:8:1")}


def test_what_is_configured_reaches_the_settings(place: Path, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (place.parent / "more").mkdir()
    told = config(place, f"{PLAIN[:70]}timeout = 9\nhistory = false\nca_file = '~/ca'\n").configured()
    held = settings({"HOME": str(tmp_path), "TWAT_FS_PROVIDERS_D": "/env"}, configured=told)
    assert held.default_providers == ["catbox"]
    assert held.folders[1:] == (str(tmp_path / "specs"), str(place.parent / "more"), "/env")
    assert (held.timeout, held.ca_file, held.keeps_history) == (9, str(tmp_path / "ca"), False)
    other = settings(
        {"TWAT_FS_DEFAULT_PROVIDER": "uguu", "TWAT_FS_TIMEOUT": "3", "SSL_CERT_FILE": "/c", "TWAT_FS_HISTORY": "on"},
        configured=told,
    )
    assert (other.default_providers, other.timeout, other.ca_file, other.keeps_history) == (["uguu"], 3, "/c", True)


def test_a_caller_wins_over_all(place: Path) -> None:
    told = config(place, "timeout = 9\nhistory = true\nca_file = '/f'\n").configured()
    held = settings({"TWAT_FS_HISTORY": "on"}, configured=told, timeout=1, ca_file="/own", history=False)
    assert (held.timeout, held.ca_file, held.keeps_history) == (1, "/own", False)


def test_a_folder_that_is_not_there_is_told_with_its_place(place: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"{place}:4:1: {place.parents[2]}/specs: there is no such folder")):
        config(place, PLAIN).configured()


# Profiles


@pytest.mark.parametrize(
    ("wanted", "variable", "profile", "origin"),
    [
        ("b", "a", "b", "command line"),
        (None, "a", "a", "environment"),
        (None, "", "c", "file"),
        ("", "a", "", "command line"),
    ],
)
def test_a_profile_is_named_by_the_first_of_three(
    place: Path, wanted: str | None, variable: str, profile: str, origin: str
) -> None:
    text = 'profile = "c"\n[profiles]\na = {}\nb = {}\nc = {}\n'
    chosen = config(place, text, wanted, TWAT_FS_PROFILE=variable)
    assert (chosen.profile, chosen.chosen.origin) == (profile, origin)


def test_a_profile_that_there_is_not_is_told(place: Path) -> None:
    for text, wanted, message, hint in (
        (PLAIN, "wrok", f"--profile: there is no profile `wrok` in {place}", "Did you mean `work`?"),
        (PLAIN, "zzz", f"--profile: there is no profile `zzz` in {place}", "The profiles are work."),
        ("profile = 'home'", None, f"{place}:1:1: there is no profile `home`", "The profiles are none."),
    ):
        with pytest.raises(UsageError, match=re.escape(message)) as caught:
            config(place, text, wanted)
        assert caught.value.hint == hint


def test_a_profile_without_a_file_is_told(place: Path) -> None:
    with pytest.raises(UsageError, match="there is no profile `work`, since there is no config file"):
        Config(found(place), "work")


# Which file


def test_a_file_that_is_named_must_be_there(place: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.toml"):
        Config(found(place, TWAT_FS_CONFIG=str(place.with_name("none.toml"))))


@pytest.mark.parametrize("named", ["", os.devnull])
def test_a_file_can_be_left_out(place: Path, named: str) -> None:
    assert config(place, "what?", TWAT_FS_CONFIG=named).document is None


@pytest.mark.parametrize("mode", [0o666, 0o602])
def test_a_file_that_others_can_write_is_not_used(place: Path, mode: int) -> None:
    place.write_text("jobs = 2")
    place.chmod(mode)
    with pytest.raises(TrustError, match=f"{place} can be written by others") as caught:
        Config(found(place))
    assert caught.value.hint == f"`chmod go-w {place}`, or if it is as you want it, set TWAT_FS_TRUST=config.toml."
    assert Config(found(place, TWAT_FS_TRUST="config.toml")).document


def test_a_folder_that_others_can_write_counts_too(place: Path) -> None:
    place.write_text("jobs = 2")
    place.parent.chmod(0o777)
    with pytest.raises(TrustError, match=f"{place.parent} can be written by others"):
        Config(found(place))


# Options of providers

OPTIONS = """\
request: {url: "https://h.example", multipart: {file: "{{ file }}", a: "{{ options.size }}{{ options.key }}"}}
result: {url: {text: true}}
options:
  size: {choices: [small, large], default: small, env: SIZE}
  count: {type: integer, default: 1}
  key: {type: string, secret: true, default: "", env: THE_KEY}
  pin: {type: string, secret: true, default: ""}
"""


@pytest.fixture(scope="module")
def spec() -> Spec:
    return compiled(OPTIONS)


def values(spec: Spec, place: Path, text: str, **environ: str) -> dict[str, Any]:
    told = config(place, f"[providers.test]\n{text}").configured()
    return OptionValues(spec, settings(environ, configured=told), lambda _: None).given({})


def test_an_option_of_the_file_holds_unless_a_variable_does(spec: Spec, place: Path) -> None:
    assert values(spec, place, "size = 'large'\ncount = 3") == {"size": "large", "count": 3}
    assert values(spec, place, "size = 'large'", SIZE="small") == {"size": "small"}
    with pytest.raises(NotConfigured, match=r"^SIZE: "):
        values(spec, place, "size = 'large'", SIZE="huge")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("\nsiez = 'large'", ":3:1: test has no option `siez`", "Its options: size, count, key, pin."),
        ("size = 'huge'", ":2:1: option size: `huge` is not one of small, large", ""),
        ("count = 'x'", ":2:1: option count: `x` is not a whole number", ""),
        ("key = 'PLANTED'", ":2:1: `key` of test is a secret", "`twat-fs login test`"),
        ("pin = 'PLANTED'", ":2:1: `pin` of test is a secret", "`upload --password`"),
    ],
)
def test_an_option_that_does_not_fit_is_told_with_its_place(
    spec: Spec, place: Path, text: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{place}{message}")) as caught:
        values(spec, place, text)
    assert hint in caught.value.hint
    assert "PLANTED" not in caught.value.message + caught.value.hint


# Changes

_SETTABLE = st.sampled_from(
    [
        (("jobs",), 4),
        (("provider",), ["x0at", "uguu"]),
        (("history",), False),
        (("profiles", "work", "jobs"), 5),
        (("profiles", "new", "timeout"), 1.5),
        (("providers", "local", "dir"), 'a "b" \\ é\n'),
        (("providers", "s3", "bucket"), "b"),
        (("profiles", "new", "providers", "s3", "bucket"), "b"),
    ]
)
_TEXTS = st.sampled_from(
    [
        "",
        "# nothing yet\n",
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        "profiles.work.jobs = 1 # dotted\nproviders = { local = { dir = 'x' } } # inline\n",
        "[profiles.work]\n[providers.s3]\n[profiles.new]\nunique = true\n# the end",
        "[profiles]\n[providers]\n\n\njobs = 1 # a key that there is not\n",
    ]
)


@given(_TEXTS, st.lists(_SETTABLE, min_size=1, max_size=4))
def test_a_change_changes_one_key_and_keeps_comments(
    tmp_path_factory: pytest.TempPathFactory, text: str, changes: list[tuple[tuple[str, ...], Any]]
) -> None:
    path = tmp_path_factory.mktemp("c") / "config.toml"
    path.write_bytes(text.encode())
    chosen = settings({"TWAT_FS_CONFIG": str(path)})
    expected = parse("c", text)
    for keys, value in changes:
        editing.put(chosen, keys, value)
        table = expected
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        table[keys[-1]] = value
        assert editing.read(chosen) == expected
    comments = re.findall(r"#[^\r\n]*", text)
    written = path.read_text()
    assert [comment for comment in comments if comment not in written] == []
    assert written.endswith("\n")
    for keys, _ in changes:
        editing.drop(chosen, keys)
    assert not keys_of(editing.read(chosen)) & {keys for keys, _ in changes}
    own_lines = re.findall(r"^#[^\r\n]*", text, re.MULTILINE)
    assert [comment for comment in own_lines if comment not in path.read_text()] == []


def test_the_file_is_made_for_the_user_alone(place: Path) -> None:
    editing.put(found(place), ("jobs",), 2)
    assert place.read_text() == "jobs = 2\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_link_stays_one(place: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("# kept\n")
    place.symlink_to(target)
    editing.put(found(place), ("jobs",), 2)
    assert place.is_symlink()
    assert target.read_text() == "# kept\njobs = 2\n"


def test_what_is_not_toml_is_not_changed(place: Path) -> None:
    place.write_text("jobs = ")
    with pytest.raises(ConfigError, match=":1:8: this is not TOML"):
        editing.put(found(place), ("jobs",), 2)
    assert place.read_text() == "jobs = "


def test_a_value_is_not_made_a_table(place: Path) -> None:
    place.write_text("providers = 3\n")
    with pytest.raises(ConfigError, match="`providers` is a value in the config file, not a table"):
        editing.put(found(place), ("providers", "local", "dir"), "x")


def test_a_slip_of_the_library_costs_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_text(PLAIN)
    monkeypatch.setattr(tomlkit, "dumps", lambda _: "jobs = 2\n")
    with pytest.raises(ConfigError, match="cannot be set without changing others"):
        editing.put(found(place), ("jobs",), 2)
    assert place.read_text() == PLAIN


def test_what_others_can_write_is_not_changed(place: Path) -> None:
    place.write_text("jobs = 1\n")
    place.chmod(0o666)
    with pytest.raises(TrustError):
        editing.put(found(place), ("jobs",), 2)
    assert place.read_text() == "jobs = 1\n"


def test_a_folder_that_cannot_be_written_is_told(place: Path) -> None:
    place.write_text("")
    chosen = found(place, TWAT_FS_CONFIG=str(place / "config.toml"))
    with pytest.raises(SourceError, match="cannot be written: "):
        editing.put(chosen, ("jobs",), 2)


def test_changes_at_the_same_time_lose_none(place: Path) -> None:
    place.write_text("")
    chosen, failed = found(place), []

    def change(number: int) -> None:
        try:
            editing.put(chosen, ("providers", "local", f"o{number}"), number)
        except OSError as error:  # told by the main thread
            failed.append(error)

    threads = [threading.Thread(target=change, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(editing.read(chosen)["providers"]["local"]) == 8


# The page


def test_the_example_on_the_page_is_one_that_is_read() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    [example] = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert Document("c", example).data["profiles"]["work"]["provider"] == "webdav"
    wrong = mistake(example.replace("jobs", "jbos"))
    assert f"config.toml:{wrong.message.partition(':')[2]}\n  {wrong.hint}\n" in page
