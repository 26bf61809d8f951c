"""The contract for a spec with examples: its host is played from the first example of a success.

Example:
    class TestMine(ExampleContract):
        path = "mine.yaml"
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, ClassVar

from twat_fs.errors import SPEC_ERRORS
from twat_fs.source import Source
from twat_fs.spec import trees
from twat_fs.spec.catalog import Catalog, Entry
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.load import load
from twat_fs.testing.bench import Traits
from twat_fs.testing.contract import SpecContract
from twat_fs.testing.example_host import ExampleHost, copied, led
from twat_fs.testing.spec_play import play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

    from twat_fs.errors import UploadError
    from twat_fs.spec.model import Spec, Step
    from twat_fs.testing.spec_play import Exchange


class ExampleContract(SpecContract):
    """The whole contract for a spec as it stands, but for its hosts, which are all the one on loopback.

    A subclass says what `path` is: the spec's file, which has an example of a success. Everything else is read from the
    spec: what it needs, what it sends, and what it says of statuses.
    """

    path: ClassVar[str] = ""
    content: ClassVar[bytes]
    example: ClassVar[dict[str, Any]]
    compiled: ClassVar[Spec]
    retry: ClassVar[dict[str, Any]]
    copies: ClassVar[dict[str, str]]
    exchanges: ClassVar[Sequence[Exchange]] = ()

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if not cls.path:
            return
        with Source(cls.path) as source:
            cls.content = source.start(SIZE_LIMIT)
        cls.compiled = _compiled(cls.path)
        cls.name = cls.compiled.name
        data = load(cls.content).data
        cls.example = next(each for each in data["examples"] if "url" in each)
        cls.retry = {**json.loads(json.dumps(data.get("retry", {}))), "initial": "0s"}
        cls.traits = traits_of(cls.compiled)
        cls.copies = {}

    def host(self) -> ExampleHost:
        """The example's host; the example is played once for all tests."""
        if not self.exchanges:
            type(self).exchanges = play(self.compiled, self.example).exchanges
        return ExampleHost(self.compiled, self.example, self.exchanges)

    def spec(self, url: str) -> str:
        """The spec with its hosts replaced, and without pauses between attempts."""
        if url not in self.copies:
            self.copies[url] = copied(self.content, url, retry=self.retry)
        return self.copies[url]

    def make(self, url: str) -> Any:
        """The provider; options that the example gives are taken from their variables."""
        for name, value in self.example.get("options", {}).items():
            variable = self.compiled.options[name].get("env")
            if variable:
                self._environment.setenv(variable, led(str(value), url))
        return super().make(url)

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder for the spec, which may have the secrets that it names."""
        super().prepare(folder, monkeypatch)
        self._environment = monkeypatch
        monkeypatch.setenv("TWAT_FS_TRUST", "all")


def _compiled(path: str) -> Spec:
    """The spec of a file; a bundled one that somebody here has compiled already is not compiled again."""
    stem, catalog = os.path.splitext(os.path.basename(path))[0], Catalog([], None)
    bundled = catalog.bundled_entry(stem)
    return catalog.spec(bundled if bundled and bundled.path == path else Entry(stem, path, os.path.dirname(path)))


def traits_of(spec: Spec) -> Traits:
    """What a spec declares of itself, in the words of the contract."""
    step = next(step for step in spec.steps if step.sends_file)
    own = set(_reads(spec.result.get("url")))
    ends_with_file = spec.steps[-1].sends_file
    asked = str([(each.url, each.query, each.headers, each.content) for each in spec.steps]) + str(spec.vars)
    return Traits(
        reads_reply=("reply" in own and ends_with_file)
        or any(f"'saved', ['{name}']" in str(spec.result["url"]) for name in step.save),
        sends_name=step.body == "multipart" or "'file', ['name']" in asked or "'remote_path'" in asked,
        folders="'remote_path'" in asked,
        credentials={item.name: f"made-up-{item.name.lower()}" for item in spec.credentials if item.required},
        idempotent=step.idempotent or step.resume is not None,  # who says what came is asked before it is sent again
        texts=("file", "text") in trees.names_in(step.content),
        trims=True,
        repeats=spec.retry.begin is not None,
        takes=step.expect,
        meanings=dict(_meanings(spec, step)),
    )


def _reads(query: Any) -> Iterator[str]:
    """`saved` for a template of what was saved, `reply` for all that reads the last reply."""
    tree = query.get("template") if isinstance(query, dict) else None
    words = str(tree)
    if tree is None or "'reply'" in words:
        yield "reply"
    if "'saved'" in words:
        yield "saved"


def _meanings(spec: Spec, step: Step) -> Iterator[tuple[int, type[UploadError]]]:
    """What the statuses mean for which the spec has a rule without a condition."""
    for status in (302, 307, 400, 401, 403, 404, 413, 415, 429, 500, 503):
        for rule in (*step.errors.rules, *spec.errors.rules):
            if rule.when is None and rule.match in (str(status), f"{status // 100}xx", "any"):
                yield status, SPEC_ERRORS[rule.error]
                break
