"""`twat-fs validate-spec`: what is wrong where, in every format; what a valid spec may do."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PACKAGES, PLANTED, ROOT, form

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Answer, Cli

BROKEN = """\
spec: 1
name: broken
title: Broken
request:
  url: https://h.example/upload
  metod: PUT
  multipart: {file: "{{ fil }}"}
result: {url: url}
"""
VALID = form("https://h.example")


@pytest.fixture
def broken(run_cli: Cli) -> Path:
    path = run_cli.home / "broken.yaml"
    path.write_text(BROKEN)
    return path


def problems(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer.out)["files"][0]["problems"]
    return found


# Text


def test_a_problem_is_shown_with_its_place_and_what_was_expected(run_cli: Cli, broken: Path) -> None:
    answer = run_cli("validate-spec", broken)
    assert answer.code == 1
    assert answer.err == ""
    lines = answer.out.splitlines()
    at = next(number for number, line in enumerate(lines) if "unknown-key" in line)
    assert lines[at] == f"{broken}:6:3: error: there is no key `metod` here [unknown-key]"
    assert lines[at + 1 : at + 4] == [
        "     6 |   metod: PUT",
        "       |   ^^^^^",
        "       = Did you mean `method`?",
    ]
    assert lines[at + 4].startswith("       = see docs/")
    assert "broken.yaml:7:25: error: `fil` is not a name that a template can use [unknown-name]" in answer.out
    assert lines[-1] == "1 spec: 1 not valid"


def test_every_problem_is_reported_at_once_in_the_order_of_the_file(run_cli: Cli, broken: Path) -> None:
    answer = run_cli("validate-spec", broken)
    places = [tuple(map(int, found)) for found in re.findall(r"^\S+?:(\d+):(\d+): ", answer.out, re.MULTILINE)]
    assert len(places) >= 2
    assert places == sorted(places)


def test_a_valid_spec_is_shown_with_what_it_may_do(run_cli: Cli) -> None:
    text = "credentials: {TEST_KEY: {}}\noptions: {o: {type: string, env: TEST_O}}\n" + form(
        "https://h.example",
        request='  headers: {A: "{{ credentials.TEST_KEY }}", B: "{{ options.o }}", C: "{{ file.sha256 }}"}',
    )
    path = run_cli.spec("keyed", text)
    answer = run_cli("validate-spec", path, env={"TEST_KEY": PLANTED})
    assert answer.code == 0
    for said in (
        "talks to      h.example:443",
        "reads secret  credentials.TEST_KEY, sent to h.example:443 (header `A`)",
        "reads         TEST_O",
        "a hash of the file",
        "1 spec: all valid",
    ):
        assert said in answer.out


def test_quiet_says_nothing_of_a_valid_spec(run_cli: Cli) -> None:
    answer = run_cli("validate-spec", "-q", run_cli.spec("good", VALID))
    assert (answer.code, answer.out) == (0, "")


def test_a_warning_does_not_make_a_spec_invalid(run_cli: Cli) -> None:
    path = run_cli.spec("warned", "options: {unused: {type: string}}\n" + VALID)
    answer = run_cli("validate-spec", path)
    assert answer.code == 0
    assert "warning: `options.unused` is never used [unused]" in answer.out


def test_an_example_that_does_not_hold_is_a_problem(run_cli: Cli) -> None:
    example = 'examples: [{reply: {status: 200, text: "https://h.example/a"}, url: "https://h.example/b"}]'
    answer = run_cli("validate-spec", run_cli.spec("wrong", form("https://h.example", more=example)))
    assert answer.code == 1
    assert "[example]" in answer.out
    assert "the example says url `https://h.example/b`, but the spec gives https://h.example/a" in answer.out


@pytest.mark.parametrize("text", ['title: "\\e[31m"', "title: a\u202eb", "nope: 'a\tb'"])
def test_what_stands_in_a_spec_moves_no_cursor(run_cli: Cli, text: str) -> None:
    path = run_cli.home / "odd.yaml"
    path.write_text(f"spec: 1\nname: odd\n{text}\n", encoding="utf-8")
    answer = run_cli("validate-spec", path)
    assert answer.code == 1
    assert not set("\x1b\u202e\t") & set(answer.out)


def test_a_long_line_is_shown_around_the_problem(run_cli: Cli) -> None:
    path = run_cli.home / "long.yaml"
    path.write_text("spec: 1\nname: long\ntitle: [" + "a, " * 200 + "bad, &x 1]\n")
    shown = [line for line in run_cli("validate-spec", path).out.splitlines() if " | " in line]
    assert all(len(line) < 130 for line in shown)
    assert "bad, &x 1" in shown[0]
    assert shown[0][shown[1].index("^")] == "&"


# Other formats


def test_json_has_everything(run_cli: Cli, broken: Path) -> None:
    answer = run_cli("validate-spec", "--format", "json", broken, run_cli.spec("good", VALID))
    assert answer.code == 1
    first, second = json.loads(answer.out)["files"]
    assert (first["path"], first["valid"], first["label"]) == (str(broken), False, None)
    assert (second["valid"], second["problems"]) == (True, [])
    assert second["label"]["hosts"] == ["h.example:443"]
    found = first["problems"][0]
    assert found == {
        "severity": "error",
        "line": 6,
        "column": 3,
        "pointer": "/request/metod",
        "rule": "unknown-key",
        "message": "there is no key `metod` here",
        "hint": "Did you mean `method`?",
    }


def test_github_gets_annotations(run_cli: Cli) -> None:
    folder = run_cli.home / "a,b"
    folder.mkdir()
    (folder / "broken.yaml").write_text(BROKEN)
    answer = run_cli("validate-spec", "--format", "github", "a,b/broken.yaml")
    assert answer.code == 1
    assert answer.out.splitlines()[0] == (
        "::error file=a%2Cb/broken.yaml,line=6,col=3,title=validate-spec unknown-key"
        "::there is no key `metod` here Did you mean `method`?"
    )
    assert all(line.startswith("::") for line in answer.out.splitlines())


def test_sarif_has_the_places(run_cli: Cli, broken: Path) -> None:
    answer = run_cli("validate-spec", "--format", "sarif", broken)
    assert answer.code == 1
    log = json.loads(answer.out)
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "twat-fs validate-spec")
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    result = run["results"][0]
    assert (result["ruleId"], result["level"]) == ("unknown-key", "error")
    assert rules[result["ruleIndex"]] == "unknown-key"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/broken.yaml")
    assert place["region"] == {"startLine": 6, "startColumn": 3}
    assert all(rule["helpUri"].startswith("https://") for rule in run["tool"]["driver"]["rules"])


@pytest.mark.parametrize("form_name", ["text", "json", "github", "sarif"])
def test_every_format_is_deterministic_and_agrees_on_the_status(run_cli: Cli, broken: Path, form_name: str) -> None:
    answers = [run_cli("validate-spec", "--format", form_name, broken) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].code == 1
    assert run_cli("validate-spec", "--format", form_name, run_cli.spec("good", VALID)).code == 0


def test_an_unknown_format_is_wrong_usage(run_cli: Cli, broken: Path) -> None:
    assert run_cli("validate-spec", "--format", "xml", broken).code == 2


# What can be named


def test_standard_input_is_read(run_cli: Cli) -> None:
    text = f"spec: 1\nname: anything\ntitle: T\n{VALID}"
    assert run_cli("validate-spec", "-", input=text.encode()).code == 0
    answer = run_cli("validate-spec", "-", input=b"spec: 1\n\xff")
    assert answer.code == 1
    assert answer.out.startswith("<stdin>:2:1: error: byte 8 is not UTF-8 [yaml]")


def test_a_provider_can_be_named(run_cli: Cli) -> None:
    run_cli.spec("mine", VALID)
    answer = run_cli("validate-spec", "catbox", "mine")
    assert answer.code == 0
    assert "2 specs: all valid" in answer.out


def test_a_folder_can_be_named(run_cli: Cli) -> None:
    run_cli.spec("one", VALID)
    run_cli.spec("two", VALID.replace("result", "results"))
    answer = run_cli("validate-spec", run_cli.specs)
    assert answer.code == 1
    assert "2 specs: 1 not valid" in answer.out


def test_without_a_name_every_spec_is_checked(run_cli: Cli) -> None:
    run_cli.spec("broken", "a: 1")
    answer = run_cli("validate-spec", "--format", "json")
    files = json.loads(answer.out)["files"]
    assert answer.code == 1
    assert [os.path.basename(file["path"]) for file in files if not file["valid"]] == ["broken.yaml"]
    assert len(files) > 10


def test_the_name_must_be_the_files(run_cli: Cli) -> None:
    path = run_cli.spec("one", VALID)
    other = path.rename(path.with_name("other.yaml"))
    answer = run_cli("validate-spec", other)
    assert answer.code == 1
    assert "other.yaml:2:7: error: the name `one` is not the file's: `other` [name]" in answer.out


@pytest.mark.parametrize("name", ["missing.yaml", "nobody", "no/such.yaml", "Bad Name", "empty", ""])
def test_what_is_not_there_is_wrong_usage(run_cli: Cli, name: str) -> None:
    (run_cli.home / "empty").mkdir()
    answer = run_cli("validate-spec", name)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err


def test_a_fifo_is_no_spec(run_cli: Cli) -> None:
    os.mkfifo(run_cli.home / "fifo.yaml")
    answer = run_cli("validate-spec", "fifo.yaml")
    assert answer.code == 2


@pytest.mark.parametrize(
    "content",
    [
        b"a: " + b"[" * 100_000,
        b"x" * 300_000,
        b"a: " + b"9" * 200_000,
        b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40)),
        b"spec: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(2400)),
        b"\x00" * 1000,
    ],
)
def test_a_bomb_is_refused_in_a_moment(run_cli: Cli, content: bytes) -> None:
    (run_cli.home / "bomb.yaml").write_bytes(content)
    answer = run_cli("validate-spec", "bomb.yaml")
    assert answer.code == 1


#: Writes down what Python opens, beside its own modules and the program's, and whom it talks to.
WATCHED = """\
import os, sys
log = os.open(os.environ["SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
places = (sys.prefix, sys.base_prefix, os.path.dirname(__file__), *os.environ["OWN"].split(":"))
own = (*{os.path.realpath(place) for place in places}, "/usr/", "/etc/ld.so")
def watch(event, given):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn")):
        os.write(log, f"{event} {given}\\n".encode())
    if event == "open" and isinstance(given[0], (str, bytes)):
        path = os.path.realpath(os.fsdecode(given[0]))
        if not path.startswith(own):
            os.write(log, f"{path}\\n".encode())
sys.addaudithook(watch)
"""


def test_nothing_but_the_spec_is_looked_at(run_cli: Cli) -> None:
    spec = run_cli.home / "mine.yaml"
    more = "credentials: {MINE: {}}\noptions: {o: {type: string, env: MY_O}}\n"
    request = '  headers: {A: "{{ credentials.MINE }}", B: "{{ options.o }}"}'
    spec.write_text("spec: 1\nname: mine\ntitle: Mine\n" + more + form("https://h.example", request=request))
    seen, own = run_cli.home / "seen", f"{ROOT}:{PACKAGES}"
    env = {**run_cli.before(WATCHED), "SEEN": str(seen), "OWN": own, "PYTHONDONTWRITEBYTECODE": "1"}
    first = run_cli("validate-spec", "mine.yaml", env={**env, "MINE": "blank\nbad", "MY_O": ""})
    assert set(seen.read_text().split("\n")) == {str(spec.resolve()), ""}
    assert first.code == 0, first
    assert run_cli("validate-spec", "mine.yaml", env=env) == first


def test_a_file_that_is_too_large_is_not_read_whole(run_cli: Cli) -> None:
    path = run_cli.home / "huge.yaml"
    path.touch()
    os.truncate(path, 5_000_000_000)
    answer = run_cli("validate-spec", "huge.yaml")
    assert answer.code == 1
    assert "the limit is 262144" in answer.out
