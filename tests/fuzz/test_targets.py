"""Every fuzz target holds on its seeds, on what fuzzers found, and on what lies around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import HERE, TARGETS, findings, seeds

_NAMES = sorted(TARGETS)
_FEW = 40


@st.composite
def near(draw: st.DrawFn, name: str) -> bytes:
    """A seed of a target in which some bytes were taken out, put in, or came from another seed."""
    known = st.sampled_from(seeds(name))
    data = draw(known)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        other = draw(known)
        at = draw(st.integers(0, len(other)))
        piece = draw(st.binary(max_size=6) | st.text(max_size=4).map(str.encode) | st.just(other[at : at + 20]))
        data = data[:start] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", _NAMES)
def test_a_target_holds_on_its_seeds(name: str) -> None:
    found = seeds(name)
    assert found
    for seed in found[:: max(1, len(found) // _FEW)]:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", _NAMES)
@given(data=st.data())
def test_a_target_holds_near_its_seeds(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(near(name)))


@pytest.mark.parametrize("name", _NAMES)
def test_what_was_found_once_does_not_come_back(name: str) -> None:
    for path in findings(name):
        TARGETS[name](path.read_bytes())


def test_there_is_a_target_for_every_finding() -> None:
    assert {path.parent.name for path in HERE.glob("findings/*/*")} <= set(_NAMES)
