"""The contract about files: any size, any name, and files that do not keep still."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from twat_fs.errors import SourceError, TooLarge, UnsupportedType
from twat_fs.source import Source
from twat_fs.testing.bench import CONTENT, Bench
from twat_fs.testing.carried import carries
from twat_fs.testing.evil import EVIL

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = {
    "quotes": "a \"b\" 'c'.txt",
    "a line break": "a\r\nX-Evil: yes\r\n\r\nb.txt",
    "an emoji": "photo \U0001f600 \u00fc.txt",
    "255 bytes": "\u00fc" * 125 + "b.txt",
    "a leading dash": "-o.txt",
    "no suffix": "README",
    "percent signs": "100%25 {{ file }}.txt",
    "bytes that are not UTF-8": b"a\xff\xfe.txt",
}


class FileContract(Bench):
    """What holds for every file."""

    def test_what_the_url_serves_is_what_was_sent(self) -> None:
        with self.serve(self.host()) as host:
            result = self.send(host.url, Source(self.file()))
            assert self.fetch(result) == CONTENT

    def test_a_file_of_no_bytes_is_sent(self) -> None:
        with self.serve(self.host()) as host:
            assert self.fetch(self.send(host.url, Source(self.file(content=b"")))) == b""

    def test_a_file_of_all_bytes_and_several_blocks_is_sent_as_it_is(self) -> None:
        content = bytes(range(256)) * 5000
        with self.serve(self.host()) as host:
            if self.traits.texts:
                with pytest.raises(UnsupportedType):
                    self.send(host.url, Source(self.file(content=content)))
                assert host.connections == 0
                content = CONTENT * 90
            assert self.fetch(self.send(host.url, Source(self.file(content=content)))) == content

    def test_the_length_is_announced_and_right(self) -> None:
        with self.serve(self.host()) as host:
            self.send(host.url, Source(self.file()))
        for seen in host.requests:
            assert seen.header("Transfer-Encoding") is None
            assert seen.complete
        assert bool(host.requests) is self.traits.network

    def test_a_file_exactly_at_the_limit_is_sent(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            client.max_file_size = len(CONTENT)
            assert self.fetch(self.send(host.url, Source(self.file()), client=client)) == CONTENT

    def test_a_file_one_byte_over_the_limit_is_refused_before_anything_is_sent(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            client.max_file_size = len(CONTENT) - 1
            with pytest.raises(TooLarge):
                self.send(host.url, Source(self.file()), client=client)
        assert host.connections == 0

    @pytest.mark.parametrize("name", _NAMES.values(), ids=_NAMES)
    def test_a_name_is_sent_as_a_name_and_nothing_else(self, name: str | bytes) -> None:
        with self.serve(self.host()) as host:
            result = self.send(host.url, Source(self.file(name)))
            assert self.fetch(result) == CONTENT
        for seen in host.requests:
            assert seen.header("X-Evil") is None
            assert all(b"\r\nX-Evil" not in part.head for part in seen.parts)
            assert len([part for part in seen.parts if part.filename is not None]) <= 1

    def test_only_the_last_part_of_the_path_is_told(self) -> None:
        with self.serve(self.host()) as host:
            result = self.send(host.url, Source(self.file("holiday.txt")))
            told = self.told(host, result)
        assert os.fspath(self.folder) not in told or not self.traits.network
        assert ("holiday.txt" in told) is self.traits.sends_name

    @pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
    def test_a_file_that_does_not_keep_still_gets_no_url_for_other_bytes(self, evil: Callable[[str], Source]) -> None:
        """A provider that reads the path itself does not meet every fault; then it has sent what was promised."""
        path = self.file(content=CONTENT * 40)
        with self.serve(self.host()) as host:
            try:
                result = self.send(host.url, evil(path), attempts=3)
            except SourceError:
                return
            assert self.fetch(result) == CONTENT * 40

    def test_a_file_that_has_changed_is_not_tried_again(self) -> None:
        with self.serve(self.host()) as host, pytest.raises(SourceError):
            self.send(host.url, EVIL["grows"](self.file()), attempts=3)
        assert len([seen for seen in host.requests if carries(seen, CONTENT)]) <= 1

    def test_what_is_not_a_file_is_refused_before_anything_is_sent(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            for path in (self.folder, self.folder / "nothing"):
                with pytest.raises(SourceError):
                    client.upload_file(path)
        assert host.connections == 0
