"""Writes `docs/api.md`, the reference of the Python interface, from docstrings and signatures.

python docs/api_reference.py            write it
python docs/api_reference.py --check    change nothing; end with status 1 where it is out of date
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import re
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "api.md")

_INTRODUCTION = (
    "Made from the docstrings by `python docs/api_reference.py`; do not edit. [The guide](provider-guide.md) shows "
    "how a provider is written."
)

#: The public face: modules, why one imports them, and the names in each.
FACE: dict[str, tuple[str, tuple[str, ...]]] = {
    "twat_fs": (
        "For programs that upload.",
        (
            "upload_file",
            "async_upload_file",
            "upload_files",
            "async_upload_files",
            "Named",
            "FileResult",
            "Cancellation",
            "Needs",
            "UploadOptions",
            "UploadResult",
            "setup_provider",
            "setup_providers",
            "ProviderInfo",
            "ProviderFactory",
        ),
    ),
    "twat_fs.events": (
        "What happens in an upload: `UploadOptions.on_event` is called with each.",
        ("Begun", "Sent", "Exchanged", "Pausing", "GivenUp", "Noted", "Checked", "Failed", "Took"),
    ),
    "twat_fs.file_results": ("What can become of one of many files beside.", ("Cancelled", "WorkerLost")),
    "twat_fs.dask": ("Uploads over a cluster.", ("OnceExecutor",)),
    "twat_fs.history": ("What was uploaded before.", ("History", "Receipt")),
    "twat_fs.afterwards": ("What can be done with it.", ("delete_upload", "verify_upload")),
    "twat_fs.upload_providers.core": (
        "For authors of providers.",
        (
            "BaseProvider",
            "SimpleProvider",
            "SyncBaseProvider",
            "AsyncBaseProvider",
            "convert_to_upload_result",
            "with_retry",
            "RetryStrategy",
            "with_timing",
            "with_url_validation",
            "run_async",
            "to_sync",
            "to_async",
        ),
    ),
    "twat_fs.upload_providers.protocols": (
        "What a provider is.",
        ("Provider", "ProviderClient", "ProviderHelp", "Transfer", "Deleting", "Call"),
    ),
    "twat_fs.upload_providers.sending": ("What `BaseProvider.send` takes.", ("send",)),
    "twat_fs.upload_providers.opened": ("For providers that open a path themselves.", ("watched",)),
    "twat_fs.errors": (
        "What can go wrong.",
        (
            "TwatFsError",
            "UsageError",
            "SourceError",
            "SpecError",
            "UploadError",
            "RetryableError",
            "NonRetryableError",
            "UploadFailed",
        ),
    ),
    "twat_fs.testing.contract": (
        "The contract that every provider keeps.",
        ("ProviderContract", "SpecContract", "Traits"),
    ),
    "twat_fs.testing.fake_host": ("A host on loopback.", ("FakeHost", "Play", "Seen")),
    "twat_fs.testing.hosts": ("Scripts for it.", ("FormHost", "PutHost", "KeyedHost", "as_json", "file_in")),
    "twat_fs.testing.mock_provider": ("A provider that sends nothing.", ("MockProvider",)),
    "twat_fs.testing.evil": (
        "Files that do not keep still.",
        ("Shrinks", "ShrinksWhileRead", "Grows", "LiesAboutItsLength", "FailsHalfWay"),
    ),
}


def page() -> str:
    """The whole page."""
    lines = [
        "# The Python interface",
        "",
        _INTRODUCTION,
        "",
    ]
    for module, (why, names) in FACE.items():
        lines += [f"## {module}", "", why, ""]
        for name in names:
            lines += _entry(name, getattr(importlib.import_module(module), name))
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str, found: Any) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield from _code(f"class {name}{_signature(found)}" if inspect.isclass(found) else f"{name}{_signature(found)}")
    yield from _prose(found)
    if inspect.isclass(found):
        for own, member in _members(found):
            yield from _code(f"{name}.{own}{_signature(member)}")
            yield from _prose(member)


def _members(found: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(found).items():
        if name.startswith(("_", "test_")):
            continue
        plain = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if inspect.isfunction(plain) and plain.__doc__:
            yield name, plain
        elif isinstance(member, property) and member.__doc__:
            yield name, member


def _signature(found: Any) -> str:
    nothing_to_call = inspect.isclass(found) and (getattr(found, "_is_protocol", False) or issubclass(found, Enum))
    if isinstance(found, property) or nothing_to_call:
        return ""
    try:
        text = str(inspect.signature(found))
    except (TypeError, ValueError):
        return ""
    # Addresses and folders in a default say nothing and differ from run to run.
    text = re.sub(r"<(\w+) object at 0x[0-9a-f]+>", r"<\1>", text)
    text = re.sub(r"ForwardRef\('(.*?)'(?:, [^()]*)?\)", r"\1", text)
    return re.sub(r"<function (\S+) at 0x[0-9a-f]+>", r"\1", text).replace("''", '""').replace("'", "")


def _code(text: str) -> Sequence[str]:
    return [f"`{text}`", ""]


def _prose(found: Any) -> Iterator[str]:
    """A docstring in Google's form as Markdown: its sections as lists."""
    text = inspect.getdoc(found) or ""
    if inspect.isclass(found) and not vars(found).get("__doc__"):
        text = ""
    within = False
    for line in text.splitlines():
        title = re.fullmatch(r"(Args|Returns|Yields|Raises|Attributes|Example):", line)
        if title:
            within = title.group(1) != "Example"
            yield f"**{title.group(1)}**"
            yield ""
        elif within and re.match(r"    \S+: ", line):
            name, _, told = line.strip().partition(": ")
            yield f"- `{name}`: {told}"
        else:
            yield line.strip() if within and not line.startswith("        ") else line[6:] if within else line
    yield ""


def main(arguments: Sequence[str]) -> int:
    """Write the page, or compare it; returns the exit status."""
    wanted = page()
    try:
        with open(PATH, encoding="utf-8") as file:
            found = file.read()
    except FileNotFoundError:
        found = ""
    if "--check" not in arguments:
        with open(PATH, "w", encoding="utf-8") as file:
            file.write(wanted)
        return 0
    difference = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), "docs/api.md", "as it should be", lineterm=""
    )
    shown = list(difference)
    if shown:
        sys.stdout.write("\n".join([*shown, "", "Run: python docs/api_reference.py", ""]))
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
