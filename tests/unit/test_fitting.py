"""What a provider can be needed for, and what it says that it lacks."""

from __future__ import annotations

import pytest

from tests.support import compiled, form
from twat_fs.errors import UsageError
from twat_fs.fitting import Needs, abilities, check_needs, unmet
from twat_fs.registry import Registry
from twat_fs.spec.options import wire_value

HOST = "https://h.example"
DAYS = 'options: {expires: {type: duration, map: {1h: "1", 3d: "72"}, default: 1h}}\n'
NEVER = 'options: {expires: {type: duration, map: {1h: "1", never: "0"}, default: 1h}}\n'


def lacks(more: str, needs: Needs) -> str:
    found = unmet(compiled(form(HOST, more=more)), needs)
    return found.message if found else ""


@pytest.mark.parametrize(
    ("more", "needs", "missing"),
    [
        ("", Needs(), ""),
        (DAYS, Needs(expires="2h"), ""),
        (DAYS, Needs(expires="1m"), ""),
        (DAYS, Needs(expires="4d"), "option expires: `4d` is longer than this provider keeps a file. It offers 1h, 3d"),
        (DAYS, Needs(expires="never"), "this provider cannot keep a file for ever. It offers 1h, 3d"),
        (NEVER, Needs(expires="never"), ""),
        (NEVER, Needs(expires="9999d"), ""),
        ("", Needs(expires="1d"), "it does not let anybody say how long a file is kept"),
        ("", Needs(private=True), "it has no private uploads"),
        ("options: {private: {type: boolean}}\n", Needs(private=True), ""),
        ("", Needs(password="x"), "it has no passwords for files"),
        ("options: {password: {type: string, pattern: '[0-9]+'}}\n", Needs(password="x"), ""),
        ("", Needs(deletable=True), "what was uploaded cannot be deleted"),
        ("", Needs(direct=True), ""),
        ("capabilities: {direct_link: false}\n", Needs(direct=True), "its links open a page, not the file itself"),
    ],
)
def test_a_provider_says_what_it_lacks(more: str, needs: Needs, missing: str) -> None:
    found = lacks(more, needs)
    assert found.endswith(missing) if missing else not found


def test_all_that_is_missing_is_told_at_once() -> None:
    found = lacks("capabilities: {direct_link: false}\n", Needs(private=True, password="x", direct=True))
    assert [each.split()[-1] for each in found.split("; ")] == ["uploads", "files", "itself"]


@pytest.mark.parametrize(
    ("facts", "given", "sent"),
    [
        ("minimum: 1h, maximum: 3d, unit: m", "10s", "60"),
        ("minimum: 1h, maximum: 3d, unit: h", "61m", "2"),
        ("minimum: 1h, maximum: 3d, unit: d", "3d", "3"),
    ],
)
def test_a_time_that_is_not_offered_becomes_the_next_longer_one(facts: str, given: str, sent: str) -> None:
    spec = compiled(form(HOST, more=f"options: {{expires: {{type: duration, {facts}}}}}\n"))
    assert str(wire_value("expires", spec.options["expires"], given)) == sent
    assert unmet(spec, Needs(expires=given)) is None


def test_what_a_card_calls_expires_is_none_where_the_file_does_not_expire() -> None:
    spec = Registry().provider("s3").spec
    assert "expires" in spec.options
    assert "expires" not in abilities(spec)
    assert unmet(spec, Needs(expires="1d")) is not None


@pytest.mark.parametrize("text", ["soon", "1", "", "1w", "-1d"])
def test_no_duration_is_nobodys_to_meet(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        check_needs(Needs(expires=text))


def test_abilities_are_named_as_the_switches_are() -> None:
    more = "options: {expires: {type: duration}, password: {type: string}, private: {type: boolean}}\n"
    assert abilities(compiled(form(HOST, more=more))) == ["expires", "private", "password", "direct"]
