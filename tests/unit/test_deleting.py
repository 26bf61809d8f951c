"""What an upload leaves so that it can be deleted, and what a deletion begins with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import compiled, form, inputs, job, registry
from twat_fs import retry
from twat_fs.errors import Forbidden, NonRetryableError, NotConfigured, TrustError
from twat_fs.messages import Held, Reply, Request, reveal
from twat_fs.removal import removed
from twat_fs.results import UploadResult
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload_providers.declarative import remove
from twat_fs.wire.deleting import begin, recipe
from twat_fs.wire.extract import save
from twat_fs.wire.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.spec.model import Spec

SPEC = """\
credentials: {KEY: {}, UNUSED: {required: false}}
options:
  endpoint: {type: url}
  password: {type: string, secret: true, env: HOST_PASSWORD}
  folder: {type: string, default: f}
vars:
  id: "{{ random(4) }}"
  login: "{{ 'k=' + credentials.KEY + '/' + options.folder }}"
  unused: "{{ random(9) }}"
request:
  url: https://host.example/up
  raw: "{{ file }}"
  save: {key: key, token: {jmespath: token, secret: true}, more: more}
result: {url: url, delete_token: dt, metadata: {n: n, m: m}}
delete:
  - method: DELETE
    url: https://host.example/{{ vars.id }}/{{ saved.key }}/{{ file.stem }}
    query: {path: "{{ remote_path }}", n: "{{ result.metadata.n }}", t: "{{ saved.token }}"}
    headers:
      Authorization: "{{ vars.login }}"
      X-Password: "{{ options.password }}"
      X-Token: "{{ result.delete_token }}"
"""


def reply(**data: Any) -> Reply:
    return Reply(200, "https://host.example/up", {}, json.dumps(data).encode())


def left(spec: Spec, metadata: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """What an upload leaves, as it comes out of a database."""
    upload = job(spec, options, KEY="s3cret")
    step = spec.steps[0]
    save(upload, step, plan(upload, step), reply(key="k 1", token="t0ken", more=[1]))
    kept = recipe(upload, UploadResult("https://host.example/f/1", metadata or {"n": 7, "delete_token": "d3l"}))
    return json.loads(json.dumps(kept))  # type: ignore[no-any-return]


def sent(spec: Spec, kept: dict[str, Any], password: str | None = None, **credentials: str) -> Request:
    options = {"password": password} if password else {}
    deletion = begin(spec, kept, inputs(options, **(credentials or {"KEY": "s3cret"})))
    return plan(deletion, spec.delete[0])


def test_a_receipt_holds_what_delete_names_and_no_more() -> None:
    kept = left(compiled(SPEC), password="p4ss")
    assert kept == {
        "file": {"stem": "a b"},
        "options": {"folder": "f"},
        "remote_path": {"": "a b.txt"},
        "result": {"delete_token": "d3l", "metadata": {"n": 7, "m": None}},
        "saved": {"key": "k 1", "token": "t0ken"},
        "vars": {"id": "rrrr"},
        "secret": {
            "result.delete_token": "",
            "saved.token": "host.example:443",
        },
        "again": ["options.password"],
    }


def test_a_spec_without_delete_leaves_nothing() -> None:
    spec = compiled(SPEC[: SPEC.index("delete:")])
    upload = job(spec, {}, KEY="s3cret")
    assert recipe(upload, UploadResult("https://host.example/f/1")) is None


def test_a_host_that_the_user_named_is_remembered() -> None:
    spec = compiled(SPEC.replace("https://host.example/up", "'{{ options.endpoint }}/up'"))
    upload = job(spec, {"endpoint": "http://127.0.0.1:8080"}, KEY="s3cret")
    kept = recipe(upload, UploadResult("http://127.0.0.1:8080/f/1"))
    assert kept is not None
    assert kept["hosts"] == ["127.0.0.1:8080"]
    assert "127.0.0.1:8080" in begin(spec, {**kept, "saved": {"key": "", "token": ""}}, inputs(KEY="k")).hosts


def test_a_deletion_sends_what_was_kept_with_the_secrets_of_now() -> None:
    spec = compiled(SPEC)
    request = sent(spec, left(spec, password="p4ss"), "p5ss", KEY="new")
    assert request.method == "DELETE"
    assert reveal(request.url) == "https://host.example/rrrr/k%201/a%20b?path=a%20b.txt&n=7&t=t0ken"
    assert {name: reveal(value) for name, value in request.headers} == {
        "Authorization": "k=new/f",
        "X-Password": "p5ss",
        "X-Token": "d3l",
    }
    assert all(isinstance(value, Held) for _, value in request.headers)
    assert isinstance(request.url, Held)


def test_what_was_not_given_then_is_not_sent_now() -> None:
    spec = compiled(SPEC)
    request = sent(spec, left(spec, {"n": None}), "set since")
    assert {name for name, _ in request.headers} == {"Authorization"}


def test_a_secret_option_that_is_gone_is_named_with_its_variable() -> None:
    spec = compiled(SPEC)
    with pytest.raises(NotConfigured, match="takes the option `password`") as caught:
        sent(spec, left(spec, password="p4ss"))
    assert caught.value.hint == "Set HOST_PASSWORD to what it was."


def test_a_secret_option_that_the_spec_has_no_more_is_not_missed() -> None:
    spec = compiled(SPEC)
    other = compiled(
        SPEC.replace("  password: {type: string, secret: true, env: HOST_PASSWORD}\n", "").replace(
            '      X-Password: "{{ options.password }}"\n', ""
        )
    )
    assert "X-Password" not in dict(sent(other, left(spec, password="p4ss")).headers)


def test_a_secret_of_a_receipt_goes_to_no_host_that_the_spec_does_not_name() -> None:
    spec = compiled(SPEC + "  - {method: DELETE, url: '{{ result.url }}', headers: {X-T: '{{ saved.token }}'}}\n")
    kept = {**left(spec)}
    kept["result"]["url"] = "https://evil.example/x"
    deletion = begin(spec, kept, inputs(KEY="s3cret"))
    with pytest.raises(TrustError, match=r"saved\.token"):
        plan(deletion, spec.delete[1])


def test_an_address_from_a_receipt_may_not_be_private() -> None:
    spec = compiled(SPEC + "  - {method: DELETE, url: '{{ result.url }}', headers: {Authorization: null}}\n")
    deletion = begin(spec, left(spec), inputs(KEY="s3cret"))
    deletion.scope.names["result"]["url"] = "http://10.0.0.1/x"
    assert plan(deletion, spec.delete[1]).private is False


def test_a_spec_that_changed_since_says_what_is_missing() -> None:
    spec = compiled(SPEC)
    kept = left(spec)
    del kept["saved"]["key"]
    with pytest.raises(NonRetryableError, match=r"needs saved\.key, which was not kept"):
        begin(spec, kept, inputs(KEY="s3cret"))


def test_a_credential_that_is_gone_is_said_to_be() -> None:
    spec = compiled(SPEC)
    request = sent(spec, left(spec), UNUSED="x")
    assert "Authorization" not in dict(request.headers)


# Running the steps


def run(spec: Spec, *statuses: int) -> tuple[bool, list[str]]:
    waiting, seen = list(statuses), []

    def exchange(request: Request, judge: Any) -> Reply:
        seen.append(request.step)
        answer = Reply(waiting.pop(0), reveal(request.url))
        judge(answer)
        return answer

    return remove(begin(spec, left(spec), inputs(KEY="s3cret")), exchange), seen


def test_steps_run_in_order_and_only_where_they_apply() -> None:
    more = "  - {name: never, when: \"{{ result.url == 'x' }}\", url: https://host.example/2}\n"
    more += "  - {name: last, url: https://host.example/3}\n"
    assert run(compiled(SPEC + more), 200, 204) == (True, ["delete-1", "last"])


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_already_counts_as_deleted(status: int) -> None:
    assert run(compiled(SPEC), status) == (False, ["delete"])


def test_a_refusal_is_an_error() -> None:
    with pytest.raises(Forbidden):
        run(compiled(SPEC), 403)


def test_a_spec_may_say_that_404_means_something_else() -> None:
    with pytest.raises(NonRetryableError, match="no such token"):
        run(
            compiled(
                SPEC
                + "    errors: {404: {error: forbidden, hint: no such token}, message: {template: no such token}}\n"
            ),
            404,
        )


def test_nothing_that_applies_is_an_error() -> None:
    with pytest.raises(NonRetryableError, match="nothing to delete it with"):
        run(
            compiled(
                SPEC.replace("  - method: DELETE", "  - when: \"{{ result.delete_token == 'x' }}\"\n    method: DELETE")
            )
        )


def test_a_required_secret_that_a_var_needs_is_missed_by_name() -> None:
    spec = compiled(SPEC.replace("'k=' + credentials.KEY", "1 // credentials.KEY"))
    with pytest.raises(NotConfigured, match=r"vars\.login"):
        begin(spec, left(compiled(SPEC)), inputs(KEY="s3cret"))


def test_a_step_that_waits_is_repeated_after_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(retry, "sleep", pauses.append)
    with FakeHost([Play(200, b"{}"), Play(200, b'{"done": true}')]) as host:
        delete = f"delete: {{method: DELETE, url: {host.url}/f, poll: {{until: done, every: 7s, for: 1m}}}}\n"
        (tmp_path / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: Mine\n{form(host)}{delete}")
        assert removed(registry(tmp_path).provider("mine"), {})
    assert pauses == [7]
