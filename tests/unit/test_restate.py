"""What a spec says of when its host was seen is changed in its text, and nothing else is."""

from __future__ import annotations

import difflib

import pytest

from tests.contract.bundled import NAMES, content
from twat_fs.errors import SpecError
from twat_fs.spec.load import load
from twat_fs.spec.restate import restated

HOW = "Uploaded 1024 bytes with twat-fs 3.0.0."
FACTS = {"date": "2027-01-02", "status": "alive", "how": HOW}
FLOW = f"{{date: 2027-01-02, status: alive, how: {HOW}}}"
HEAD = "spec: 1\nname: a\ntitle: A\n"

CASES = {
    "flow style": (
        "checked: {date: 2026-10-08, status: closed, how: seen}\nrank: 1\n",
        f"checked: {FLOW}\nrank: 1\n",
    ),
    "flow style in another order, with spaces, over two lines, with a comment": (
        "checked: { how: 'it''s up',  status: unknown,   # who knows\n  date: \"2026-10\" }\n",
        f"checked: {{ how: '{HOW}',  status: alive,   # who knows\n  date: \"2027-01-02\" }}\n",
    ),
    "flow style without how": (
        "checked: {date: 2026-10-08, status: alive}   # by hand\n",
        f"checked: {FLOW}   # by hand\n",
    ),
    "block style with comments in the middle": (
        """\
checked:   # see below
  # when
  date: 2026-10-08   # in the morning

  # what
  status: closed
  how: seen   # by me
# the end
rank: 1
""",
        f"""\
checked:   # see below
  # when
  date: 2027-01-02   # in the morning

  # what
  status: alive
  how: {HOW}   # by me
# the end
rank: 1
""",
    ),
    "block style without how": (
        "checked:\n    status: closed # no\n    date: 2026-10\n# next\nrank: 1\n",
        f"checked:\n    status: alive # no\n    date: 2027-01-02\n    how: {HOW}\n# next\nrank: 1\n",
    ),
    "a folded text": (
        "checked:\n  date: 2026-10-08\n  how: >-  # long\n    seen\n    by me\n\n  status: closed\n",
        f"checked:\n  date: 2027-01-02\n  how: >-  # long\n    {HOW}\n\n  status: alive\n",
    ),
    "a literal text at the end": (
        "rank: 1\nchecked:\n  date: 2026-10-08\n  status: alive\n  how: |\n     seen\n     twice\n",
        f"rank: 1\nchecked:\n  date: 2027-01-02\n  status: alive\n  how: |\n     {HOW}\n",
    ),
    "a plain text over two lines": (
        "checked:\n  date: 2026-10-08\n  how: seen\n    by me\n  status: alive\n",
        f"checked:\n  date: 2027-01-02\n  how: {HOW}\n  status: alive\n",
    ),
    "none yet": (
        "homepage: https://a.example\nsetup: |\n  Do this.\n  Then that.\n\n# why\nrank: 1\n",
        f"homepage: https://a.example\nsetup: |\n  Do this.\n  Then that.\nchecked: {FLOW}\n\n# why\nrank: 1\n",
    ),
    "none yet, after a comment in the same line": (
        "description: A host.  # a small one\nrank: 1\n",
        f"description: A host.  # a small one\nchecked: {FLOW}\nrank: 1\n",
    ),
    "an empty one": ("checked:\nrank: 1\n", f"checked: {FLOW}\nrank: 1\n"),
    "one that is null": ("checked: null  # not yet\n", f"checked: {FLOW}  # not yet\n"),
    "no line feed at the end": ("checked: {date: 2026-10-08, status: alive, how: x}", f"checked: {FLOW}"),
    "characters beyond ASCII before it": (
        "description: Über 🦆\nchecked: {date: 2026-10-08, status: alive, how: x}\nsetup: ü\n",
        f"description: Über 🦆\nchecked: {FLOW}\nsetup: ü\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_nothing_but_what_is_said_changes(before: str, after: str) -> None:
    assert restated((HEAD + before).encode(), FACTS).decode() == HEAD + after


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_line_ends_and_the_byte_order_mark_stay(before: str, after: str) -> None:
    old, new = (b"\xef\xbb\xbf" + (HEAD + text).replace("\n", "\r\n").encode() for text in (before, after))
    assert restated(old, FACTS) == new


def test_a_spec_in_one_line_gets_it_in_that_line() -> None:
    old = b"{spec: 1, name: a, title: 'A', rank: 1}\n"
    assert restated(old, FACTS) == f"{{spec: 1, name: a, title: 'A', checked: {FLOW}, rank: 1}}\n".encode()


@pytest.mark.parametrize("how", ["a, b: c # d", "{x}", "- y", '"quoted"', "it's", "ü"])
def test_a_text_that_means_something_else_in_yaml_is_quoted(how: str) -> None:
    for text in (
        "checked: {date: 2026-10-08, status: alive, how: x}\n",
        "checked:\n  date: 2026-10-08\n  status: alive\n",
        "",
    ):
        new = restated((HEAD + text).encode(), {**FACTS, "how": how})
        assert load(new).data["checked"]["how"] == how


def test_what_says_so_already_is_left_alone() -> None:
    text = f"{HEAD}checked: {FLOW}\n".encode()
    assert restated(text, FACTS) == text


def test_what_cannot_be_changed_alone_is_left_to_people() -> None:
    text = f"{HEAD}setup: |+\n  Keep the lines after this.\n\n\nrank: 1\n".encode()
    with pytest.raises(SpecError, match="cannot be changed without touching the rest") as caught:
        restated(text, FACTS)
    assert FLOW in caught.value.hint


@pytest.mark.parametrize("name", NAMES)
def test_of_every_bundled_spec_no_more_than_what_is_said_changes(name: str) -> None:
    old = content(name)
    new = restated(old, FACTS)
    changed = [line for line in difflib.ndiff(old.decode().splitlines(), new.decode().splitlines()) if line[0] in "+-"]
    assert 1 <= len(changed) <= 6
    assert load(new).data["checked"] == FACTS
