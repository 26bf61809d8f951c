"""`twat-fs upload_provider`: what is there, whether it is ready, what it is and does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.contract.bundled import NAMES, content, specs
from tests.support import PLANTED, ROOT, form
from twat_fs.cli.main import main
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli
    from twat_fs.testing.seen import Seen

GOOD = b"https://h.example/a"
KEYED = "credentials: {TEST_KEY: {help: From the dashboard.}}\n" + form(
    "https://h.example", request='  headers: {A: "{{ credentials.TEST_KEY }}"}'
)


# list


def test_every_provider_is_listed_once_with_what_it_is(run_cli: Cli) -> None:
    run_cli.spec("mine", form("https://h.example", more="capabilities: {max_file_size: 5 MB, retention: 3 days}"))
    answer = run_cli("upload_provider", "list")
    assert (answer.code, answer.err) == (0, "")
    names = [line.split()[0] for line in answer.out.splitlines()]
    assert sorted(names) == names
    assert set(NAMES) | {"local", "mine"} <= set(names)
    (mine,) = [line for line in answer.out.splitlines() if line.startswith("mine ")]
    assert "Mine; up to 5 MB; 3 days; direct; from " in mine
    assert "needs FAL_KEY" in answer.out


def test_the_list_for_programs(run_cli: Cli) -> None:
    records = {record["name"]: record for record in run_cli("upload_provider", "list", "--json").records}
    ranked = [record for record in records.values() if record["default_order"] is not None]
    assert sorted(record["default_order"] for record in ranked) == list(range(1, len(ranked) + 1))
    assert records["fal"]["credentials"] == ["FAL_KEY"]
    assert records["catbox"] == {
        "name": "catbox",
        "title": "Catbox",
        "origin": "bundled",
        "replaces_bundled": False,
        "default_order": records["catbox"]["default_order"],
        "max_file_size": 200_000_000,
        "retention": specs()["catbox"].capabilities["retention"],
        "status": "alive",
        "abilities": ["deletable", "direct"],
        "credentials": ["CATBOX_USERHASH"],
    }


def test_a_spec_that_takes_a_bundled_name_is_told(run_cli: Cli) -> None:
    path = run_cli.spec("catbox", form("https://h.example"))
    (line,) = [line for line in run_cli("upload_provider", "list").out.splitlines() if line.startswith("catbox ")]
    assert f"from {path}, in place of the bundled one" in line
    records = {record["name"]: record for record in run_cli("upload_provider", "list", "--json").records}
    assert records["catbox"]["replaces_bundled"] is True
    assert records["catbox"]["default_order"] is None


def test_a_spec_that_is_not_valid_is_listed_as_such(run_cli: Cli) -> None:
    run_cli.spec("broken", "request: 5\n")
    answer = run_cli("upload_provider", "list")
    assert answer.code == 0
    (line,) = [line for line in answer.out.splitlines() if line.startswith("broken ")]
    assert "not valid" in line


def test_what_is_no_spec_keeps_nobody_from_the_list(run_cli: Cli) -> None:
    (run_cli.specs / "My Notes.yaml").write_text("a: 1")
    (run_cli.specs / "folder.yaml").mkdir()
    os.mkfifo(run_cli.specs / "fifo.yaml")
    for words in (["list"], ["status"], ["list", "--json"]):
        answer = run_cli("upload_provider", *words)
        assert answer.code == 0
        assert "catbox" in answer.out


# Where specs come from


def test_specs_are_found_in_every_folder(run_cli: Cli, tmp_path: Path) -> None:
    own = run_cli.home / "config" / "twat-fs" / "providers.d"
    named = tmp_path / "named"
    for folder, name in ((own, "own"), (run_cli.specs, "listed"), (named, "named")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(f"spec: 1\nname: {name}\ntitle: T\n{form('https://h.example')}")
    answer = run_cli("upload_provider", "list", "--providers-d", named)
    assert {"own", "listed", "named"} <= {line.split()[0] for line in answer.out.splitlines()}


def test_the_last_folder_wins(run_cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for folder, title in ((run_cli.specs, "First"), (other, "Second")):
        (folder / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: {title}\n{form('https://h.example')}")
    assert "Second" in run_cli("upload_provider", "show", "mine", "--providers-d", other).out
    environ = {"TWAT_FS_PROVIDERS_D": f"{other}{os.pathsep}{run_cli.specs}"}
    assert "First" in run_cli("upload_provider", "show", "mine", env=environ).out


def test_the_current_folder_is_not_searched(run_cli: Cli) -> None:
    (run_cli.home / "here.yaml").write_text(f"spec: 1\nname: here\ntitle: T\n{form('https://h.example')}")
    assert run_cli("upload_provider", "show", "here").code == 2


# status


def test_the_status_of_each_provider(run_cli: Cli) -> None:
    answer = run_cli("upload_provider", "status")
    assert answer.code == 0
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert lines["catbox"].split()[1:] == ["ready"]
    assert "not ready: FAL_KEY is not set" in lines["fal"]


@pytest.mark.parametrize(("value", "code", "says"), [(None, 3, "TEST_KEY is not set"), (PLANTED, 0, "ready")])
def test_the_status_of_one_provider_is_the_commands_own(run_cli: Cli, value: str | None, code: int, says: str) -> None:
    run_cli.spec("keyed", KEYED)
    answer = run_cli("upload_provider", "status", "keyed", env={"TEST_KEY": value})
    assert (answer.code, says in answer.out) == (code, True)


def test_the_status_of_nobody_is_wrong_usage(run_cli: Cli) -> None:
    answer = run_cli("upload_provider", "status", "nobody")
    assert (answer.code, answer.out) == (2, "")
    assert "there is no provider `nobody`" in answer.err


def test_the_status_for_programs(run_cli: Cli) -> None:
    run_cli.spec("keyed", KEYED)
    record = run_cli("upload_provider", "status", "keyed", "--json").record
    assert record == {
        "name": "keyed",
        "ready": False,
        "reason": "TEST_KEY is not set",
        "hint": "From the dashboard. Or say `twat-fs login keyed`.",
        "kind": "config",
        "exit_code": 3,
    }


def test_online_uploads_a_small_file_and_fetches_it_back(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("good", form(host))
        answer = run_cli("upload_provider", "status", "good", "--online")
        record = run_cli("upload_provider", "status", "good", "--online", "--json").record
        sent = host.requests[0].part("file").body
    assert answer.code == 0
    assert "fetched back the same" in answer.out
    assert host.url in answer.out
    assert len(sent) < 10_000
    assert [seen.method for seen in host.requests] == ["POST", "GET"] * 2
    assert record["ready"]
    assert record["checked"]
    assert record["upload_seconds"] >= 0
    assert list((run_cli.home).glob("twat-fs-*")) == []


@pytest.mark.parametrize(
    ("capability", "said"), [("single_download: true", "not fetched back"), ("check: none", "not fetched back")]
)
def test_online_fetches_nothing_that_may_not_be_fetched(run_cli: Cli, capability: str, said: str) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("once", form(host, more=f"capabilities: {{{capability}}}"))
        answer = run_cli("upload_provider", "status", "once", "--online")
        assert [seen.method for seen in host.requests] == ["POST"]
    assert (answer.code, said in answer.out) == (0, True)


@pytest.mark.parametrize(("status", "code"), [(401, 4), (503, 5)])
def test_online_tells_what_the_host_says(run_cli: Cli, status: int, code: int) -> None:
    with FakeHost([Play(status, b"wrong key")]) as host:
        run_cli.spec("bad", form(host))
        answer = run_cli("upload_provider", "status", "bad", "--online")
    assert answer.code == code
    assert "not ready: " in answer.out
    assert "wrong key" in answer.out


def test_online_notices_that_other_bytes_come_back(run_cli: Cli) -> None:
    def script(seen: Seen) -> Play:
        return Play(200, b"x" * 1024) if seen.method == "GET" else Play(200, f"{seen.origin}/a".encode())

    with FakeHost(script) as host:
        run_cli.spec("changed", form(host))
        answer = run_cli("upload_provider", "status", "changed", "--online")
    assert answer.code == 4
    assert "serves other bytes" in answer.out


def test_online_betrays_no_secret_that_a_host_echoes(run_cli: Cli) -> None:
    with FakeHost(lambda seen: Play(401, f"bad key {seen.header('A')}".encode())) as host:
        run_cli.spec("keyed", KEYED.replace("https://h.example", host.url))
        for words in ([], ["--json"], ["-vv"]):
            answer = run_cli("upload_provider", "status", "keyed", "--online", *words, env={"TEST_KEY": PLANTED})
            assert answer.code == 4
            assert "bad key" in answer.out


# show


def test_a_provider_is_shown_with_what_it_may_do(run_cli: Cli) -> None:
    run_cli.spec("keyed", KEYED)
    answer = run_cli("upload_provider", "show", "keyed", env={"TEST_KEY": PLANTED})
    assert answer.code == 0
    for said in (
        "keyed: Keyed",
        "TEST_KEY (needed): From the dashboard.",
        "talks to      h.example:443",
        "credentials.TEST_KEY, sent to h.example:443 (header `A`)",
        "status        ready",
    ):
        assert said in answer.out


def test_nobody_cannot_be_shown(run_cli: Cli) -> None:
    assert run_cli("upload_provider", "show", "nobody").code == 2


def test_the_options_of_a_provider_are_shown(run_cli: Cli) -> None:
    answer = run_cli("upload_provider", "show", "litterbox")
    assert "expires: 1h | 12h | 1d | 3d; default 1d; also LITTERBOX_DEFAULT_EXPIRATION" in answer.out
    assert "sign_payload: boolean; default false." in run_cli("upload_provider", "show", "s3").out


GOOD_SPECS = sorted(path.stem for path in (ROOT / "tests" / "specs" / "good").glob("*.yaml"))


@pytest.mark.parametrize("name", [*NAMES, *GOOD_SPECS])
def test_the_long_form_is_a_valid_spec_that_says_the_same_and_its_own_long_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / f"{name}.yaml"

    def long_form() -> str:
        # In this process: a command of its own for each spec would take half a minute.
        assert main(["upload_provider", "show", name, "--normalised", "--providers-d", str(tmp_path)]) == 0
        return capsys.readouterr().out

    short = (ROOT / "tests" / "specs" / "good" / path.name).read_bytes() if name in GOOD_SPECS else content(name)
    path.write_bytes(short)
    long = long_form()
    verdict = validate(long.encode(), path.name, name)
    assert [problem for problem in verdict.problems if problem.severity == "error"] == []
    assert verdict.label == validate(short, path.name, name).label
    path.write_text(long)
    assert long_form() == long
