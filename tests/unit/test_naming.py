"""The name that a file gets at a host which takes no longer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload_providers.naming import cut, fitted
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


@pytest.mark.parametrize(
    ("name", "limit", "sent"),
    [
        ("a.txt", 16, "a.txt"),
        ("a" * 12 + ".txt", 16, "a" * 12 + ".txt"),
        ("a" * 13 + ".txt", 16, "a" * 12 + ".txt"),
        ("é" * 20 + ".txt", 17, "é" * 6 + ".txt"),
        ("😀" * 9, 17, "😀" * 4),
        ("a." + "b" * 30, 16, "a." + "b" * 14),
        ("." + "b" * 30, 16, "." + "b" * 15),
    ],
)
def test_a_name_is_cut_in_front_of_its_extension_and_inside_no_character(name: str, limit: int, sent: str) -> None:
    assert cut(name, limit) == sent


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(16, 40))
def test_no_name_is_longer_than_the_limit(name: str, limit: int) -> None:
    assert len(cut(name, limit).encode()) <= limit


@pytest.mark.parametrize("folder", ["", "photos/2026/"])
def test_the_folder_stays_as_it_was(folder: str) -> None:
    name = "a" * 30 + ".txt"
    call = fitted(Call(name, folder + name, {}, False, None), "mine", 16)
    assert (call.name, call.remote_path) == ("a" * 12 + ".txt", f"{folder}{'a' * 12}.txt")
    assert fitted(call, "mine", None) is fitted(call, "mine", 16) is call


MODULE = """\
from twat_fs.results import UploadResult
from twat_fs.upload_providers.core import SimpleProvider

class Mine(SimpleProvider):
    base_url = "{url}"

    def upload_file_impl(self, file):
        return UploadResult(self.send("POST", self.base_url, multipart={{"file": file}}).body.decode())

def get_provider():
    return Mine()
"""


@pytest.mark.parametrize("kind", ["spec", "python"])
def test_a_host_is_sent_the_name_that_it_takes_and_that_is_told(run_cli: Cli, kind: str) -> None:
    limit = "capabilities: {max_name: 24, check: none}"
    with FakeHost([Play(200, b"https://h.example/a")]) as host:
        run_cli.spec("mine", form(host, more=limit) if kind == "spec" else f"kind: python\nmodule: own\n{limit}\n")
        (run_cli.specs / "own.py").write_text(MODULE.format(url=host.url))
        path: Path = run_cli.file("文" * 20 + ".tar.gz")
        answer = run_cli.upload(path, provider="mine")
    assert answer.url
    assert host.requests[0].part("file").filename == "文文文文文文文.gz"
    assert "it is sent as 文文文文文文文.gz" in answer.err
