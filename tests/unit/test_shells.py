"""Command lines of three shells as words, with a real shell as the judge where there is one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import cases
from twat_fs.authoring.shells import read
from twat_fs.authoring.words import Variable, text_of
from twat_fs.errors import UsageError

ENVIRON = {"X": "$X", "Y_1": "$Y_1", "LC_ALL": "C.UTF-8"}


def words(text: str) -> list[str]:
    return [text_of(word) for word in read(text).words]


def by_bash(text: str) -> list[str]:
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {text}"], capture_output=True, check=True, env=ENVIRON)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash to compare with")
@pytest.mark.parametrize(
    "text",
    [
        "curl -F 'a=b c' \"d e\" f\\ g",
        "curl -H \"X: $X\" -d ${Y_1}'tail'",
        'curl -d \'{"a": "b"}\' -d "{\\"a\\": 1}"',
        "curl \\\n  -F a=b \\\n  https://h.example/",
        "curl $'a\\nb\\t\\x41\\u00e4\\'c'",
        'curl -d "a\\$b\\`c\\\\d\\e"',
        "curl ''  \"\" a''b",
        "curl 'it'\"'\"'s'",
        "curl a#b 'c # d'",
    ],
)
def test_words_are_what_a_bash_makes_of_them(text: str) -> None:
    assert words(text) == by_bash(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('curl -F "f=@a b.png" -H "X: %KEY%" ^\n  https://h/', ["curl", "-F", "f=@a b.png", "-H", "X: $KEY", "https://h/"]),
        ('curl -d "{\\"a\\": \\"%NAME%\\"}" https://h/', ["curl", "-d", '{"a": "$NAME"}', "https://h/"]),
        ('curl.exe -H ^"X: ^%Y^%^" ^\nhttps://h/?a=1^&b=2', ["curl.exe", "-H", "X: %Y%", "https://h/?a=1&b=2"]),
    ],
)  # fmt: skip
def test_cmd_has_double_quotes_percent_signs_and_carets(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_powershell_has_backticks_and_env() -> None:
    text = "curl.exe -H \"X: $env:KEY\" `\n  -F 'file=@it''s.png' https://h.example/"
    assert words(text) == ["curl.exe", "-H", "X: $KEY", "-F", "file=@it's.png", "https://h.example/"]


def test_a_variable_is_marked_and_not_text() -> None:
    (_, word) = read("curl a$B-${C:-x}d").words
    assert word == ("a", Variable("B"), "-", Variable("C"), "d")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("curl a | jq -r .url", "| jq -r .url"),
        ("curl a > out.txt", "> out.txt"),
        ("curl a 2>/dev/null", ">/dev/null"),
        ("curl a && echo", "&& echo"),
        ("curl a\necho b", ""),
        ("curl a # why", "# why"),
    ],
)
def test_what_follows_the_command_is_told_apart(text: str, rest: str) -> None:
    line = read(text)
    assert [text_of(word) for word in line.words] == ["curl", "a"]
    assert rest in line.rest or not rest


@pytest.mark.parametrize("text", ["curl 'a", 'curl "a', "curl $'a", "curl $(date)", 'curl "`uuidgen`"', "curl ${a%b}"])
def test_what_cannot_be_known_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        read(text)


@settings(max_examples=cases(1000))
@given(st.text(alphabet="curl -Fd@=$'\"\\{}|&;<>%^`\n#ab:", max_size=60))
def test_no_line_is_too_odd(text: str) -> None:
    with contextlib.suppress(UsageError):
        read(text)
