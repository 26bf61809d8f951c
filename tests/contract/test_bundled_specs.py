"""What every bundled spec must be, and what it makes of whatever its host answers."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.bundled import NAMES, content, data, specs, success
from tests.laws import cases
from tests.support import facts, inputs
from twat_fs.errors import UploadError
from twat_fs.messages import Reply, Request, reveal
from twat_fs.results import UploadResult
from twat_fs.upload_providers.declarative import run
from twat_fs.validation import validate
from twat_fs.wire.job import Job, start

if TYPE_CHECKING:
    from twat_fs.validation import Verdict

each = pytest.mark.parametrize("name", NAMES)


@lru_cache
def verdict_of(name: str) -> Verdict:
    """What `validate-spec` says of a bundled spec."""
    return validate(content(name), f"{name}.yaml", name)


@each
def test_a_bundled_spec_is_valid_without_a_warning(name: str) -> None:
    verdict = verdict_of(name)
    assert list(verdict.problems) == []
    assert verdict.label is not None


@each
def test_a_bundled_spec_has_examples_of_success_and_of_failure(name: str) -> None:
    examples = data(name)["examples"]
    assert any("url" in example for example in examples)
    assert sum("error" in example for example in examples) >= 3


@each
def test_a_bundled_spec_says_who_it_is_and_when_it_was_seen_to_work(name: str) -> None:
    about = specs()[name].about
    assert about["homepage"].startswith("https://")
    assert {"date", "status", "how"} <= set(about["checked"])
    assert specs()[name].setup.strip()


@each
def test_a_bundled_spec_talks_to_its_hosts_over_tls_only(name: str) -> None:
    verdict = verdict_of(name)
    assert verdict.label is not None
    assert verdict.label.clear_text == ()
    assert "http://" not in json.dumps(data(name).get("request", data(name).get("steps")))


@each
def test_a_bundled_spec_puts_no_secret_into_an_address_unless_it_tells_so(name: str) -> None:
    """A few hosts take their key nowhere else. What the label shows of that, `setup` must tell, secret by secret."""
    label = verdict_of(name).label
    assert label is not None
    for secret in label.secrets:
        if any(re.search(r"\((address|query `.*`)\)$", place) for place in secret.goes_to):
            variable = secret.name.removeprefix("credentials.")
            assert f"{variable} stands in the address" in " ".join(specs()[name].setup.split())


def test_no_two_bundled_specs_have_one_rank() -> None:
    ranks = [spec.rank for spec in specs().values() if spec.rank is not None]
    assert len(ranks) == len(set(ranks))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("https://h.example/a"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def _words(value: Any) -> list[str]:
    """Every word that stands in a spec: the keys that its queries may look for are among them."""
    return sorted(set(re.findall(r"[A-Za-z_]{2,}", json.dumps(value))))


_STATUSES = st.sampled_from([200, 201, 202, 204, 400, 401, 403, 404, 429, 500])
_HEADERS = st.dictionaries(st.sampled_from(["location", "x-token", "retry-after", "x-expires"]), st.text(max_size=20))


@lru_cache
def replies(name: str) -> st.SearchStrategy[Reply]:
    """Any reply, now and then with the keys that the spec looks for."""
    keys = st.sampled_from(_words(data(name).get("result")) + _words(data(name).get("errors")))
    members = st.dictionaries(keys, _VALUES | st.dictionaries(keys, _VALUES, max_size=3), max_size=4)
    body = (
        st.binary(max_size=40)
        | st.text(max_size=40).map(str.encode)
        | members.map(lambda found: json.dumps(found).encode())
    )
    return st.builds(Reply, _STATUSES, st.just("https://h.example/"), _HEADERS, body)


@each
@settings(max_examples=cases(25, tests=len(NAMES)))
@given(st.data())
def test_any_reply_gives_a_url_or_an_error_of_the_tree(name: str, data: st.DataObject) -> None:
    spec = specs()[name]
    given = success(name).get("options", {})
    job: Job = start(spec, inputs(given, **{item.name: "made-up" for item in spec.credentials}), facts())

    def exchange(request: Request, judge: Any) -> Reply:
        assert reveal(request.url).startswith("https://")
        reply = data.draw(replies(name))
        judge(reply)
        return reply

    try:
        outcome: Any = run(job, exchange)
    except UploadError as refusal:
        outcome = refusal
    else:
        assert isinstance(outcome, UploadResult)
        assert outcome.startswith(("https://", "http://"))
        return
    assert outcome.provider == name
    assert len(outcome.message.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", outcome.message)
