from __future__ import annotations

import copy
import json
import pickle

import pytest

from twat_fs.results import UploadResult

URL = "https://h.example/a"
RESULT = UploadResult(URL, {"provider": "p", "size": 5})


def test_a_result_is_its_url() -> None:
    assert RESULT == URL
    assert isinstance(RESULT, str)
    assert f"{RESULT}" == URL
    assert json.dumps(RESULT) == f'"{URL}"'


def test_the_url_alone_is_a_plain_string() -> None:
    assert (RESULT.url, type(RESULT.url)) == (URL, str)


def test_a_result_has_metadata() -> None:
    assert RESULT.metadata == {"provider": "p", "size": 5}
    assert UploadResult(URL).metadata == {}


def test_metadata_is_the_results_own() -> None:
    given = {"provider": "p"}
    result = UploadResult(URL, given)
    result.metadata["more"] = 1
    assert given == {"provider": "p"}


@pytest.mark.parametrize("url", ["", None])
def test_a_result_without_a_url_cannot_be_made(url: str) -> None:
    with pytest.raises(ValueError, match="needs a URL"):
        UploadResult(url)


def test_a_copy_has_the_metadata() -> None:
    for twin in (pickle.loads(pickle.dumps(RESULT)), copy.copy(RESULT), copy.deepcopy(RESULT)):
        assert (type(twin), twin, twin.metadata) == (UploadResult, URL, RESULT.metadata)


def test_a_result_shows_both() -> None:
    assert repr(RESULT) == "UploadResult('https://h.example/a', {'provider': 'p', 'size': 5})"
