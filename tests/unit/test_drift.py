"""What a trial says of a spec: nothing is made up, and one failure closes no host."""

from __future__ import annotations

from typing import Any

import pytest

from twat_fs import errors
from twat_fs._version import __version__
from twat_fs.drift import Finding, judged
from twat_fs.trial import Trial

TODAY = "2027-01-02"
ALIVE = {"date": "2026-10-08", "status": "alive", "how": "seen"}
CLOSED = {**ALIVE, "status": "closed"}
UNKNOWN = {**ALIVE, "status": "unknown"}
UP = Trial("a", "https://f.a.example/1", None, 0.1, 0.1, deleted=False, left="it stays")

#: How each class of failure counts against a host that is said to be alive and was told no secret.
OUTCOMES = {
    "changed": (
        errors.AuthError,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.UnsupportedType,
        errors.BadRequest,
        errors.Redirected,
        errors.Rejected,
        errors.BadReply,
        errors.VerifyError,
    ),
    "not_today": (errors.UploadTimeout, errors.NetworkError, errors.RateLimited, errors.Unavailable),
    "ours": (
        errors.QuotaExceeded,
        errors.NotConfigured,
        errors.NotOffered,
        errors.SetAside,
        errors.TrustError,
        errors.NotAccepted,
        errors.TlsError,
        errors.ProxyError,
    ),
}


def found(trial: Trial, was: dict[str, str] = ALIVE, **more: Any) -> Finding:
    return judged(trial, was, TODAY, **{"known": False, "own_server": False, **more})


def failed(kind: type[errors.UploadError] = errors.BadReply) -> Trial:
    return Trial("a", error=kind("no", "a"))


def test_every_kind_of_failure_is_judged() -> None:
    leaves: list[type[errors.UploadError]] = [errors.UploadError]
    for kind in leaves:
        leaves.extend(kind.__subclasses__())
    judged_kinds = {kind for kinds in OUTCOMES.values() for kind in kinds}
    bases = {errors.UploadError, errors.RetryableError, errors.NonRetryableError}
    assert {kind for kind in leaves if kind.__module__ == errors.__name__} - bases == judged_kinds


@pytest.mark.parametrize(("outcome", "kind"), [(name, kind) for name, kinds in OUTCOMES.items() for kind in kinds])
def test_a_failure_counts_as_what_it_is(outcome: str, kind: type[errors.UploadError]) -> None:
    finding = found(failed(kind))
    assert finding.outcome == outcome
    assert (finding.now is not None) == (outcome == "changed")


def test_one_failure_makes_a_host_unknown_and_keeps_when_it_was_alive() -> None:
    assert found(failed()).now == {
        "date": TODAY,
        "status": "unknown",
        "how": f"An upload of 1024 bytes with twat-fs {__version__} failed (bad_reply); "
        "last said to be alive 2026-10-08.",
    }


def test_without_an_earlier_word_none_is_made_up() -> None:
    now = found(failed(), {}).now
    assert now is not None
    assert now["how"].endswith("failed (bad_reply).")


@pytest.mark.parametrize("kind", [errors.AuthError, errors.Forbidden])
def test_where_a_secret_was_told_it_may_be_that_which_is_refused(kind: type[errors.UploadError]) -> None:
    assert found(failed(kind), known=True) == Finding("ours")


def test_a_server_of_ones_own_that_fails_says_nothing_of_the_spec() -> None:
    assert found(failed(), own_server=True) == Finding("ours")


@pytest.mark.parametrize(("was", "outcome"), [(CLOSED, "as_known"), (UNKNOWN, "changed")])
def test_what_is_known_to_fail_is_not_said_again(was: dict[str, str], outcome: str) -> None:
    assert found(failed(), was) == Finding(outcome)


@pytest.mark.parametrize("was", [{}, ALIVE, CLOSED, UNKNOWN, {**CLOSED, "date": TODAY}])
def test_a_host_that_works_is_alive_today(was: dict[str, str]) -> None:
    finding = found(UP, was)
    how = f"Uploaded 1024 bytes with twat-fs {__version__} and fetched them back."
    assert finding == Finding("works", {"date": TODAY, "status": "alive", "how": how})


def test_what_was_said_today_is_not_said_again() -> None:
    assert found(UP, {**ALIVE, "date": TODAY}) == Finding("works")


@pytest.mark.parametrize(
    ("trial", "more", "did"),
    [
        (UP._replace(deleted=True), {}, " and fetched them back and deleted them again."),
        (UP._replace(fetch_seconds=None), {}, "."),
        (UP._replace(fetch_seconds=None, deleted=True), {}, " and deleted them again."),
        (UP, {"own_server": True}, " to a server that an option names and fetched them back."),
    ],
)
def test_it_is_told_how_that_is_known(trial: Trial, more: dict[str, Any], did: str) -> None:
    now = found(trial, **more).now
    assert now is not None
    assert now["how"] == f"Uploaded 1024 bytes with twat-fs {__version__}{did}"


def test_a_folder_is_no_host() -> None:
    assert found(UP._replace(url="file:///tmp/a")).outcome == "ours"


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (["https://files.a.example/x", "https://a.example/y"], False),
        ([], False),
        (["https://b.example/x"], True),
        (["https://127.0.0.1/x"], True),
    ],
)
def test_a_link_to_another_place_is_noticed(links: list[str], said: bool) -> None:
    notes = found(UP, links=links).notes
    assert ["its links lead to f.a.example:443 now" in note for note in notes] == [True] * said
