"""An upload of several steps that fails half way: what is tried again, and what is told of what may be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twat_fs import retry
from twat_fs.errors import UploadFailed
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.hosts import as_json
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.errors import UploadError
    from twat_fs.testing.seen import Seen

SPEC = """\
spec: 1
name: steps
title: Steps
retry: {{initial: 0s{more}}}
steps:
  - {{name: look, method: GET, url: "{url}/look"}}
  - {{name: create, url: "{url}/create", save: {{id: id, key: {{jmespath: key, secret: true}}}}}}
  - {{name: put, method: PUT, url: "{url}/put", raw: "{{{{ file }}}}", headers: {{X-Id: "{{{{ saved.id }}}}"}}}}
  - {{name: finish, url: "{url}/finish"}}
result: {{url: url}}
"""


class Host:
    """Answers each step rightly, once the faults of that step are used up."""

    def __init__(self, **faults: list[Play]) -> None:
        self.faults = faults
        self.asked: list[str] = []
        self.id: str | None = None

    def __call__(self, seen: Seen) -> Play:
        step = seen.target.strip("/")
        self.asked.append(step)
        self.id = seen.header("X-Id") or self.id
        faults = self.faults.get(step, [])
        right = {"create": {"id": 17, "key": "s3cret-key"}, "finish": {"url": "https://h.example/a"}}
        return faults.pop(0) if faults else as_json(right.get(step, {}))


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.retrying, "__defaults__", (lambda _: None,))


def uploaded(
    script: Host, folder: Path, more: str = "", *, spec: str = SPEC, content: bytes = b"hello"
) -> UploadError | None:
    (folder / "a.txt").write_bytes(content)
    with FakeHost(script) as host:
        (folder / "steps.yaml").write_text(spec.format(url=host.url, more=more))
        try:
            upload_file(folder / "a.txt", "steps", UploadOptions(check="none", providers_d=[str(folder)]))
        except UploadFailed as error:
            (failure,) = error.attempts
            failure.message = failure.message.replace(host.authority, "HOST")
            return failure
    return None


def test_a_step_that_fails_is_tried_again_by_itself(tmp_path: Path) -> None:
    host = Host(put=[Play(503), Play(503)])
    assert uploaded(host, tmp_path) is None
    assert host.asked == ["look", "create", "put", "put", "put", "finish"]


def test_a_product_that_is_lost_is_made_once_more(tmp_path: Path) -> None:
    host = Host(finish=[Play(503)] * 3)
    assert uploaded(host, tmp_path, ", from: create") is None
    assert host.asked == ["look", "create", "put", *["finish"] * 3, "create", "put", "finish"]


def test_what_may_be_left_is_named_with_what_it_is_known_by_but_no_secret(tmp_path: Path) -> None:
    failure = uploaded(Host(finish=[Play(400)]), tmp_path)
    assert failure is not None
    assert failure.message.endswith("; what was made before (create, put) may be left at HOST: id 17")
    assert (failure.step, failure.ambiguous) == ("finish", False)


def test_where_only_was_looked_nothing_is_left(tmp_path: Path) -> None:
    failure = uploaded(Host(create=[Play(400)]), tmp_path)
    assert failure is not None
    assert "left" not in failure.message


def test_what_a_reply_says_is_never_a_template(tmp_path: Path) -> None:
    host = Host(create=[as_json({"id": "{{ saved.key }}", "key": "s3cret-key"})])
    assert uploaded(host, tmp_path) is None
    assert host.id == "{{ saved.key }}"


def test_a_success_without_a_url_may_have_stored_the_file(tmp_path: Path) -> None:
    failure = uploaded(Host(finish=[Play(200, b"{}")]), tmp_path)
    assert failure is not None
    assert (failure.kind, failure.ambiguous) == ("bad_reply", True)


def test_before_the_file_was_sent_a_bad_reply_stores_nothing(tmp_path: Path) -> None:
    failure = uploaded(Host(create=[Play(200, b"{}")]), tmp_path)
    assert failure is not None
    assert (failure.kind, failure.ambiguous) == ("bad_reply", False)


TEXT = SPEC.replace('raw: "{{{{ file }}}}"', 'json: {{text: "{{{{ file.text }}}}"}}')


def test_what_is_no_text_leaves_nothing_at_a_host_that_takes_texts(tmp_path: Path) -> None:
    host = Host()
    failure = uploaded(host, tmp_path, spec=TEXT, content=b"hello \xff")
    assert failure is not None
    assert (failure.kind, host.asked) == ("unsupported_type", [])
    assert "not UTF-8 text (byte 6)" in failure.message


def test_a_text_goes_up_as_text(tmp_path: Path) -> None:
    host = Host()
    assert uploaded(host, tmp_path, spec=TEXT, content="häß".encode()) is None
    assert host.asked == ["look", "create", "put", "finish"]
