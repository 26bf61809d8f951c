from __future__ import annotations

import pickle
import typing

import pytest

from twat_fs.tuples import NamedTuple


class Ours(NamedTuple):
    """A point."""

    x: int
    y: int = 2

    def both(self) -> int:
        return self.x + self.y

    @property
    def first(self) -> int:
        return self.x


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: int = 2


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_a_named_tuple_is_what_typing_makes(kind: type[Ours]) -> None:
    point = kind(1)
    assert (tuple(point), point, point.x, point.y) == ((1, 2), kind(x=1, y=2), 1, 2)
    assert (kind._fields, kind._field_defaults, kind.__doc__, kind.__module__) == (
        ("x", "y"),
        {"y": 2},
        "A point.",
        __name__,
    )
    assert (point._replace(x=3), point._asdict()) == ((3, 2), {"x": 1, "y": 2})
    assert repr(point) == f"{kind.__name__}(x=1, y=2)"
    assert kind.__annotations__.keys() == {"x", "y"}
    assert pickle.loads(pickle.dumps(point)) == point
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        kind()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        point.z = 1  # type: ignore[attr-defined]


def test_methods_and_properties_go_along() -> None:
    assert (Ours(1).both(), Ours(1).first) == (3, 1)
