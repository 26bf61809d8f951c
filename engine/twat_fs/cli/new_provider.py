"""`twat-fs new-provider`."""

from __future__ import annotations

import importlib
import os
import re
from typing import TYPE_CHECKING, Any

from twat_fs.cli.report import OutputLost, Report
from twat_fs.errors import SourceError, UsageError

if TYPE_CHECKING:
    from twat_fs.cli.templates import Template

#: The kinds, with the modules that hold their templates.
KINDS = {"simple": "simple", "authenticated": "authenticated", "async": "asynchronous"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    report = Report()
    folder = given["out"]
    texts = files(given["name"], given["kind"])
    paths = [os.path.join(folder, name) for name in texts]
    _check_free(paths)
    try:
        os.makedirs(folder, exist_ok=True)
        for path, text in zip(paths, texts.values(), strict=True):
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise SourceError(f"{error.filename or folder}: cannot write: {error.strerror}") from error
    try:
        for path in paths:
            report.result(path)
    except OutputLost:
        return 1
    module, card, test = paths
    report.say(f"Write the transfer in {module}, then: python -m pytest {test}")
    report.say(f"Upload with it: twat-fs upload FILE --provider {given['name']} --providers-d {folder}")
    report.say(
        f"It is found without --providers-d once {os.path.basename(card)} and the module are in a folder of specs."
    )
    return 0


def files(name: str, kind: str) -> dict[str, str]:
    """The files of a new provider: module, card and test, by name.

    Args:
        name: The provider's name.
        kind: One of `KINDS`.

    Raises:
        UsageError: The name is not one that a provider may have.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be a provider's name",
            hint="Lower-case letters, digits, - and _, at most 32, a letter or a digit first.",
        )
    word = re.sub(r"\W", "_", name)
    # A suffix, so that no name hides a module of Python's own; a letter first, so that it can be imported.
    module = f"{'p' if word[0].isdigit() else ''}{word}_provider"
    inserts = {
        "@NAME@": name,
        "@MODULE@": module,
        "@CLASS@": "".join(part.capitalize() for part in module.split("_")),
        "@ENV@": ("P" if word[0].isdigit() else "") + word.upper(),
    }
    template: Template = importlib.import_module(f"twat_fs.cli.templates.{KINDS[kind]}").TEMPLATE
    return {
        f"{module}.py": _filled(template.module, inserts),
        f"{name}.yaml": _filled(template.card, inserts),
        f"test_{module}.py": _filled(template.test, inserts),
    }


def _filled(text: str, inserts: dict[str, str]) -> str:
    for mark, insert in inserts.items():
        text = text.replace(mark, insert)
    return text


def _check_free(paths: list[str]) -> None:
    taken = [path for path in paths if os.path.lexists(path)]
    if taken:
        raise UsageError(f"{', '.join(taken)}: there already", hint="Name another folder with --out.")
