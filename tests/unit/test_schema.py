from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from twat_fs.spec import schema
from twat_fs.spec.load import load
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setattr(schema, "_validator", None)
    yield monkeypatch
    schema._validator = None


def test_a_reference_is_never_fetched(fresh: pytest.MonkeyPatch) -> None:
    from referencing.exceptions import Unresolvable

    with FakeHost([Play(200, b"{}", headers=[("Content-Type", "application/json")])]) as host:
        fresh.setattr(schema, "schema_text", lambda: json.dumps({"$ref": f"{host.url}/schema.json"}))
        with pytest.raises(Unresolvable):
            schema.shape_problems(load(b"spec: 1\n"))
        assert host.connections == 0
