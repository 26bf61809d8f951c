"""What is true of every text: it is a spec's document, each value at its place, or it is refused."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.spec.load import Document, Unreadable, load


def _is_sound(document: Document) -> None:
    lines = [*document.text.split("\n"), ""]  # what is missing at the end may be pointed at behind it
    for place in document.places.values():
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        assert 0 <= place.start <= place.end <= len(document.text)


def _read(content: bytes) -> None:
    try:
        document = load(content)
    except Unreadable as refusal:
        problem = refusal.problem
    else:
        assert isinstance(document.data, dict)
        _is_sound(document)
        return
    assert problem.message
    assert problem.place.line >= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_unreadable(content: bytes) -> None:
    _read(content)


@given(st.text(alphabet="ab: -[]{},'\"#&*!|>%@`?\n\t\\0123é😀\u2028~", max_size=80))
def test_any_text_is_a_document_or_unreadable(text: str) -> None:
    _read(text.encode())


@given(st.text(max_size=60))
def test_any_text_as_a_value_is_a_document_or_unreadable(text: str) -> None:
    _read(f"spec: 1\nname: {text}".encode("utf-8", "replace"))


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_", min_size=1), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.text("abc", min_size=1, max_size=5), _PLAIN, max_size=4))
def test_plain_data_survives_being_written_as_yaml(data: dict[str, Any]) -> None:
    assert load(yaml.safe_dump(data, allow_unicode=True).encode()).data == data
