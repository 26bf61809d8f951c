"""What is told of an upload as it happens, and what `--explain` makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, form, registry
from twat_fs import errors
from twat_fs.cli.explaining import NEXT, explained, explanation
from twat_fs.errors import NetworkError, UploadError
from twat_fs.events import Begun, Checked, Exchanged, Failed, GivenUp, Pausing, Took
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.upload import UploadOptions, upload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twat_fs.events import Event


class Place:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "a.txt").write_bytes(b"hello")

    def spec(self, name: str, text: str) -> None:
        (self._folder / f"{name}.yaml").write_text(f"spec: 1\nname: {name}\ntitle: T\n{text}")

    def events(self, *names: str, environ: dict[str, str] | None = None, **options: Any) -> list[Event]:
        """What is told of an upload to these providers."""
        found: list[Event] = []
        chosen = UploadOptions(on_event=found.append, **options)
        with Source(self._folder / "a.txt") as source:
            upload(source, registry(self._folder, **(environ or {})), names, chosen)
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_plain_upload_is_told(place: Place) -> None:
    with FakeHost(Store()) as host:
        place.spec("mine", form(host, more="capabilities: {check: get}"))
        begun, exchanged, checked, took = place.events("mine")
        assert begun == Begun("mine", "a.txt", 5)
        assert isinstance(exchanged, Exchanged)
        assert (exchanged.request, exchanged.status, exchanged.error) == (f"POST {host.url}/upload", 201, None)
        assert isinstance(checked, Checked)
        assert (checked.compared, checked.error) == (True, None)
        assert took == Took("mine", f"{host.url}/stored/0/a.txt")


def test_what_is_tried_again_and_given_up_is_told(place: Place) -> None:
    with FakeHost([Play(503), Play(503)]) as host:
        place.spec("mine", form(host).replace("initial: 0s", "initial: 0s, attempts: 2"))
        events = place.events("mine")
    assert kinds(events) == ["Begun", "Exchanged", "Pausing", "Exchanged", "GivenUp", "Failed"]
    assert isinstance(events[2], Pausing)
    assert (events[2].attempt, events[2].attempts) == (2, 2)
    assert isinstance(events[4], GivenUp)
    assert events[4].why == "it was tried 2 times"
    assert isinstance(events[5], Failed)
    assert (events[5].then, events[5].why) == ("", "nobody is left")


@pytest.mark.parametrize(
    ("plays", "retry", "why"),
    [
        ([Play(429, headers=(("Retry-After", "100"),))], "{}", "the host asks for a pause of 100 s"),
        ([Play(mute=True, close=True)], "{}", "the host may have the file"),
        ([Play(500)], "{attempts: 1}", "it was tried once"),
    ],
)
def test_it_is_told_why_nothing_is_tried_again(place: Place, plays: list[Play], retry: str, why: str) -> None:
    with FakeHost(plays) as host:
        place.spec("mine", form(host).replace("{initial: 0s}", retry))
        (given_up,) = [event for event in place.events("mine") if isinstance(event, GivenUp)]
    assert given_up.why.startswith(why)


def test_the_rule_that_decided_is_told(place: Place) -> None:
    more = "errors: {4xx: [{when: {regex: full}, error: quota}]}\n"
    with FakeHost([Play(400, b"full")]) as host:
        place.spec("mine", form(host, more=more))
        events = place.events("mine")
    (exchanged,) = [event for event in events if isinstance(event, Exchanged)]
    assert isinstance(exchanged.error, UploadError)
    assert (exchanged.error.kind, exchanged.error.rule) == ("quota", "the rule of the spec for 4xx with `when`")


def test_the_whole_way_is_explained_with_a_next_step_for_each(place: Place) -> None:
    with FakeHost([Play(500), Play(500), Play(500)]) as one, FakeHost([Play(413)]) as two, FakeHost(Store()) as three:
        place.spec("one", form(one))
        place.spec("keyed", "credentials: {K: {}}\n" + form(two, request='  headers: {A: "{{ credentials.K }}"}'))
        place.spec("two", form(two))
        place.spec("three", form(three))
        events = place.events("one", "keyed", "two", "three")
    told = explained(events)
    assert [(each["provider"], each["outcome"]) for each in told] == [
        ("one", "failed"),
        ("keyed", "passed_over"),
        ("two", "failed"),
        ("three", "took"),
    ]
    assert [each.get("then") for each in told] == ["keyed", "two", "three", None]
    assert all(each["next"] for each in told[:3])
    lines = "\n".join(explanation(events, "a.txt"))
    assert lines.startswith("a.txt: this was tried, in order:\n  1. one: failed\n     POST ")
    assert lines.count("tried again after") == 2
    assert "answered 500" in lines
    assert "2. keyed: passed over\n     K is not set" in lines
    assert "(too_large), " in lines
    assert lines.endswith(f"     {three.url}/stored/0/a.txt")


def test_no_secret_is_told(place: Place) -> None:
    def echo(_: object) -> Play:
        return Play(400, PLANTED.encode())

    with FakeHost(echo) as host:
        text = form(host, request='  headers: {A: "{{ credentials.K }}"}', path="/{{ credentials.K }}")
        place.spec("mine", "credentials: {K: {}}\n" + text)
        events = place.events("mine", environ={"K": PLANTED})
    assert PLANTED not in "\n".join(explanation(events, "a.txt"))


def test_a_provider_that_ends_it_all_is_told(place: Place) -> None:
    with FakeHost([Play(400)]) as one, FakeHost(Store()) as two:
        place.spec("one", form(one))
        place.spec("two", form(two))
        events = place.events("one", "two", fragile=True)
    assert [each["why"] for each in explained(events)] == ["the first failure was to be the last"]


def test_a_python_provider_is_told_as_a_whole(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    events = place.events("local", environ={"TWAT_FS_LOCAL_DIR": str(tmp_path / "out")})
    assert kinds(events) == ["Begun", "Exchanged", "Took"]
    assert "by its own Python code: done" in "\n".join(explanation(events, "a.txt"))


def test_what_was_broken_off_is_told_as_that() -> None:
    error = NetworkError("the line is dead", "mine")
    told = explained([Begun("mine", "a", 1), Exchanged("mine", "request", "POST http://h/", 1.0, None, error)])
    assert told[0]["outcome"] == "broken_off"
    assert told[0]["steps"][0]["error"] == "the line is dead"


def test_every_kind_of_failure_has_a_next_step() -> None:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UploadError)]
    assert {kind.kind for kind in found} == set(NEXT)
