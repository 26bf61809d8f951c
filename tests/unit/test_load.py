from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.support import AT_ONCE, steps_of
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.load import DEPTH_LIMIT, NODE_LIMIT, Unreadable, load

TEXT = """\
spec: 1
name: "höst"   # a comment
steps:
  - url: a
    headers: {X-A: "1", X-B: '2'}
  - url: |
      several
      lines
last: end
"""


def refused(content: str | bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        load(content if isinstance(content, bytes) else content.encode())
    assert caught.value.problem.rule == "yaml"
    return caught.value


def at(error: Unreadable) -> tuple[int, int]:
    return error.problem.place.line, error.problem.place.column


# What is read


def test_a_spec_becomes_plain_data() -> None:
    assert load(TEXT.encode()).data == {
        "spec": 1,
        "name": "höst",
        "steps": [{"url": "a", "headers": {"X-A": "1", "X-B": "2"}}, {"url": "several\nlines\n"}],
        "last": "end",
    }


@pytest.mark.parametrize(
    ("path", "line", "column", "pointer"),
    [
        (("spec",), 1, 7, "/spec"),
        (("name",), 2, 7, "/name"),
        (("steps",), 4, 3, "/steps"),
        (("steps", 0), 4, 5, "/steps/0"),
        (("steps", 0, "headers", "X-B"), 5, 30, "/steps/0/headers/X-B"),
        (("steps", 1, "url"), 6, 10, "/steps/1/url"),
        (("steps", 0, "headers", "X-C"), 5, 14, "/steps/0/headers"),
        (("nothing",), 1, 1, ""),
    ],
)
def test_each_value_has_its_place(path: tuple[Any, ...], line: int, column: int, pointer: str) -> None:
    place = load(TEXT.encode()).place(path)
    assert (place.line, place.column, place.pointer) == (line, column, pointer)


def test_each_key_has_its_place() -> None:
    place = load(TEXT.encode()).place(("steps", 0, "headers", "X-B"), key=True)
    assert (place.line, place.column) == (5, 25)


def test_a_place_spans_its_value() -> None:
    document = load(TEXT.encode())
    place = document.place(("steps", 0, "headers", "X-B"))
    assert document.text[place.start : place.end] == "'2'"


def test_a_pointer_escapes_as_rfc_6901_does() -> None:
    assert load(b"'a/b~c': {d: 1}").place(("a/b~c", "d")).pointer == "/a~1b~0c/d"


def test_a_piece_of_a_value_can_be_pointed_at() -> None:
    document = load(b'url: "a {{ opions.b }}"\nother: opions')
    place = document.near(document.place(("url",)), "opions.b")
    assert (place.line, place.column, place.end - place.start) == (1, 12, 8)
    assert document.near(document.place(("other",)), "nope") == document.place(("other",))


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("True", "True"),
        ("~", "~"),
        ("Null", "Null"),
        ("0777", "0777"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("1.5", "1.5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("22:22", "22:22"),
        ("2024-01-01", "2024-01-01"),
        ("+1", "+1"),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, "9" * 19),
        ("9" * 5000, "9" * 5000),
        ('"7"', "7"),
        ("'true'", "true"),
        ('""', ""),
        ('"\\u00e9\\x41"', "éA"),
        ("=", "="),
    ],
)
def test_only_true_false_null_and_whole_numbers_are_no_texts(scalar: str, expected: Any) -> None:
    found = load(f"a: {scalar}\n".encode()).data["a"]
    assert found == expected
    assert isinstance(found, type(expected))


@pytest.mark.parametrize("key", ["no", "on", "200", "null", "2024-01-01", "0x1", "~"])
def test_every_key_is_a_text(key: str) -> None:
    assert list(load(f"{key}: 1".encode()).data) == [key]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa: 1", b"a: 1\r\n", b"---\na: 1\n...\n", b"%YAML 1.1\n---\na: 1"])
def test_these_are_read_all_the_same(content: bytes) -> None:
    assert load(content).data == {"a": 1}


def test_columns_count_characters_after_a_byte_order_mark() -> None:
    place = load(b"\xef\xbb\xbf'\xc3\xa9\xf0\x9f\x98\x80': x").place(("é😀",))
    assert (place.line, place.column) == (1, 7)


def test_crlf_lines_have_the_places_that_an_editor_shows() -> None:
    place = load(b"a: 1\r\nb: 2\r\n").place(("b",))
    assert (place.line, place.column) == (2, 4)


# What is refused


@pytest.mark.parametrize(
    ("content", "where", "says", "hint"),
    [
        (b"", (1, 1), "a spec is a mapping", "Begin with"),
        (b"# nothing\n", (1, 1), "a spec is a mapping", "Begin with"),
        (b"- a\n", (1, 1), "a spec is a mapping", "Begin with"),
        (b"text", (1, 1), "a spec is a mapping", "Begin with"),
        (b"a: 1\n---\nb: 1\n", (2, 1), "a second document", ""),
        (b"a: &x 1\n", (1, 4), "the anchor &x", "Remove it."),
        (b"&x a: 1\n", (1, 1), "the anchor &x", ""),
        (b"a: 1\nb: *x\n", (2, 4), "the alias *x", "Write the value out."),
        (b"a: !!python/object/apply:os.system [id]\n", (1, 4), "the YAML tag", "in quotes"),
        (b"a: !!str 1\n", (1, 4), "the YAML tag", "in quotes"),
        (b"a: !x\n", (1, 4), "the YAML tag !x", "begins with ! must be in quotes"),
        (b"a: ! x\n", (1, 4), "a lone !", "in quotes"),
        (b"a: 1\nb: 2\na: 3\n", (3, 1), "the key `a` stands twice; first in line 1", ""),
        (b"a: {b: 1, b: 2}\n", (1, 11), "stands twice; first in line 1", ""),
        (b"a: 1\n'a': 3\n", (2, 1), "stands twice", ""),
        (b"a:\n\tb: 1\n", (2, 1), "", "Indent with spaces"),
        (b"a: {{ file }}\n", (1, 4), "where a key must", "Text with {{ }} must be in quotes."),
        (b"a: {{ file }} x\n", (1, 4), "", "Text with {{ }} must be in quotes."),
        (b"? [a]\n: b\n", (1, 3), "where a key must", ""),
        (b"a: `x`\n", (1, 4), "", "A text that begins with ` must be in quotes."),
        (b"a: @x\n", (1, 4), "", "A text that begins with @ must be in quotes."),
        (b"a: %x\n", (1, 4), "", "A text that begins with % must be in quotes."),
        (b"a: {b: c[0]}\n", (1, 9), "", "Inside { } a text with [ ] must be in quotes."),
        (b"a: b: c\n", (1, 5), "", "A text with a colon and a space"),
        (b'a: "b\n', (1, 4), "this is not YAML", ""),
        (b'a: "\\q"\n', (1, 5), "this is not YAML", ""),
        (b"a: [1\nb: 2\n", (2, 2), "this is not YAML", ""),
        (b"a: 1\n b: 2\n", (2, 3), "this is not YAML", ""),
        (b"a: 1\n\xff\n", (2, 1), "byte 5 is not UTF-8", "Save the file as UTF-8."),
        ("a: é\nb: ".encode() + b"\xe9", (2, 4), "byte 9 is not UTF-8", ""),
        ("a: é".encode("utf-16"), (1, 1), "is not UTF-8", ""),
        ("a: 1".encode("utf-16-le"), (1, 2), "U+0000", ""),
        (b"a: \x00", (1, 4), "U+0000", ""),
        (b"a: \x1b[31m", (1, 4), "U+001B", ""),
        ("a: 1\nb: x\u202ey".encode(), (2, 5), "U+202E", ""),
        ("a: x\u2028y".encode(), (1, 5), "U+2028", ""),
        ("a: x\x85y".encode(), (1, 5), "U+0085", ""),
        ("a: \ufeff".encode(), (1, 4), "U+FEFF", ""),
        (b'a: "\\e[31m"', (1, 4), "U+001B", ""),
        (b'a: "\\u202e"', (1, 4), "U+202E", ""),
        (b'a: "\\0"', (1, 4), "U+0000", ""),
    ],
)
def test_what_is_not_in_the_subset_is_refused(content: bytes, where: tuple[int, int], says: str, hint: str) -> None:
    error = refused(content)
    assert says in str(error)
    assert hint in error.problem.hint
    assert at(error) == where


def test_an_escaped_control_character_in_a_key_is_refused() -> None:
    assert "U+001B" in str(refused(b'"\\e": 1'))


def test_a_file_with_the_line_ends_of_the_old_mac_is_refused() -> None:
    refused(b"a: 1\rb: 2\r")


def test_a_spec_of_more_than_256_kib_is_refused() -> None:
    fits = b"a: " + b"x" * (SIZE_LIMIT - 3)
    assert load(fits).data
    assert f"{SIZE_LIMIT + 1} bytes; the limit is {SIZE_LIMIT}" in str(refused(fits + b"x"))


def test_more_levels_than_20_are_refused() -> None:
    assert load(b"a: " + b"[" * (DEPTH_LIMIT - 1) + b"]" * (DEPTH_LIMIT - 1)).data
    assert "levels" in str(refused(b"a: " + b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1)))


def test_more_values_than_5000_are_refused() -> None:
    assert load(b"a: [" + b"x," * (NODE_LIMIT - 3) + b"]").data
    assert "values" in str(refused(b"a: [" + b"x," * NODE_LIMIT + b"]"))


@pytest.mark.parametrize(
    "content",
    [
        b"a: " + b"[" * 100_000,
        b"a: " + b"{b: " * 50_000,
        b"- " * 100_000,
        b"? " * 100_000,
        b"a: " + b"- " * 100,
        b"x: &a [*a]",
        b"".join(b"a%d: &a%d {<<: [*a%d, *a%d]}\n" % (n, n, n - 1, n - 1) for n in range(1, 30)),
        b"a: [" + b"x," * 120_000 + b"]",
        b"a: '" + b"\n" * 200_000 + b"'",
        b"a: " + b"9" * 200_000,
    ],
)
def test_a_bomb_is_refused_or_read_at_once(content: bytes) -> None:
    def read() -> None:
        with contextlib.suppress(Unreadable):
            load(content)

    assert steps_of(read) < AT_ONCE
