"""A provider that fails file after file is set aside."""

from __future__ import annotations

import pytest

from twat_fs.circuit import PATIENCE, Circuit
from twat_fs.errors import (
    AuthError,
    NetworkError,
    NotConfigured,
    NotOffered,
    RateLimited,
    TooLarge,
    UnsupportedType,
    UploadError,
)


def failed(circuit: Circuit, error: type[UploadError], count: int = PATIENCE) -> Circuit:
    for _ in range(count):
        circuit.failed(error("no", "a"))
    return circuit


@pytest.mark.parametrize("error", [NetworkError, RateLimited, AuthError])
def test_three_files_in_a_row_set_it_aside(error: type[UploadError]) -> None:
    assert failed(Circuit(), error, PATIENCE - 1).broken("a") is None
    reason = failed(Circuit(), error).broken("a")
    assert reason is not None
    assert (reason.provider, reason.tried, reason.message) == ("a", False, "set aside: it failed 3 files in a row")


def test_another_provider_is_not_meant() -> None:
    assert failed(Circuit(), NetworkError).broken("b") is None


def test_a_file_that_it_takes_begins_the_count_anew() -> None:
    circuit = failed(Circuit(), NetworkError, PATIENCE - 1)
    circuit.worked("a")
    assert failed(circuit, NetworkError, PATIENCE - 1).broken("a") is None


@pytest.mark.parametrize("error", [TooLarge, UnsupportedType, NotConfigured, NotOffered])
def test_what_is_the_files_own_fault_or_was_no_try_does_not_count(error: type[UploadError]) -> None:
    assert failed(Circuit(), error).broken("a") is None


def test_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    failed(Circuit(), NetworkError, PATIENCE + 2)
    assert [record.getMessage() for record in caplog.records] == [
        "a: it failed 3 files in a row, and is set aside for the rest"
    ]
