"""A person at a clean machine who runs the command line: a home, a folder of specs, files to send."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tests.support import FOR_PYTHON, Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forking import Forks


@dataclass(frozen=True)
class Refusal:
    """How an upload must fail: the error's name, the status of the reply, the exit code."""

    kind: str
    status: int | None
    code: int


class User:
    """Runs `twat-fs` with nothing of our own surroundings but the interpreter; compiled specs are kept in `cache`."""

    accepted: ClassVar[set[str]] = set()

    def __init__(self, home: Path, cache: Path, forks: Forks) -> None:
        self.home = home
        self._forks = forks
        self.providers = home / "providers.d"
        self.environment = {
            **FOR_PYTHON,
            "PATH": os.defpath,
            "HOME": str(home),
            **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")},
            "XDG_CACHE_HOME": str(cache),
        }
        (home / "files").mkdir()
        self.providers.mkdir()

    def file(self, name: str, size: int = 2_000) -> Path:
        """A file of that many bytes, which no other name has."""
        path = self.home / "files" / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    def spec(self, name: str, text: str) -> Path:
        """Drop a spec into the folder; `validate-spec` must take it (which need not be asked of a text twice)."""
        path = self.providers / f"{name}.yaml"
        path.write_text(f"spec: 1\nname: {name}\ntitle: {name.title()}\n{text}")
        if text not in self.accepted:
            checked = self.run("validate-spec", str(path))
            assert checked.code == 0, checked
            self.accepted.add(text)
        return path

    def upload(self, file: Path | str, *options: str, provider: str, **environment: str) -> Answer:
        """`twat-fs upload FILE --provider PROVIDER --providers-d FOLDER OPTIONS`."""
        named = ("--provider", provider, "--providers-d", str(self.providers))
        return self.run("upload", str(file), *named, *options, **environment)

    def refused(
        self, refusal: Refusal, file: Path | str, *options: str, provider: str, by: str, **environment: str
    ) -> str:
        """An upload that must fail like this, as a person sees it and as a program does; gives the attempt's message.

        A person reads the provider's name and `by`, the host's; a program gets one record with one attempt.
        """
        seen = self.upload(file, *options, provider=provider, **environment)
        assert (seen.code, seen.out) == (refusal.code, ""), seen
        assert provider in seen.err, seen
        assert by in seen.err, seen
        assert "Traceback" not in seen.err, seen
        answer = self.upload(file, "--json", *options, provider=provider, **environment)
        record = answer.record
        assert "url" not in record, answer
        assert record["error"], answer
        (attempt,) = record["attempts"]
        assert Refusal(attempt["kind"], attempt["status"], answer.code) == refusal, answer
        assert attempt["provider"] == provider, answer
        return str(attempt["message"])

    def run(self, *words: str, **environment: str) -> Answer:
        """`twat-fs WORDS`, in the folder of the files; a password may never be shown, whatever happens."""
        told = self.environment | environment
        ended = self._forks.run(words, cwd=str(self.home / "files"), env=told)
        answer = Answer(ended.code, ended.out.decode(), ended.err.decode())
        for name, value in environment.items():
            shown = name.endswith("_PASSWORD") and value.strip() and value.strip() in answer.out + answer.err
            assert not shown, f"{name} is shown: {answer}"
        return answer
