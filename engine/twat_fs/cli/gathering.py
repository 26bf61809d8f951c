"""What is to be uploaded: the files that are named, those that a list names, those in folders."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.batch import Item
from twat_fs.errors import SourceError, SourceNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of a list that are read: a million paths of usual length.
_LIST_LIMIT = 256 << 20


def gathered(given: dict[str, Any]) -> list[Item]:
    """Every item that the command names, in order.

    Args:
        given: The command's options.

    Raises:
        UsageError: Nothing is named, or the options do not go together.
        SourceError: The list or a folder cannot be read.
    """
    paths = [*given["files"], *(_listed(given["from_file"], null=given["null"]) if given["from_file"] else ())]
    if not paths and not given["from_file"]:
        raise UsageError("no file is named", hint="Name one, or - for standard input; --help says more.")
    if given["null"] and not given["from_file"]:
        raise UsageError("-0 says how a list is written, and there is none", hint="Give one: --from-file -")
    if given["recursive"] and given["archive"]:
        raise UsageError(f"--recursive and --{given['archive']} are two ways; choose one")
    if given["name"] and len(paths) > 1:
        raise UsageError(f"--name is for one file, and {len(paths)} are named")
    if paths.count("-") + (given["from_file"] == "-") > 1:
        raise UsageError("standard input can be read only once")
    items = [item for path in paths for item in _items(path, given)]
    remote = given["remote_path"]
    if remote and not remote.endswith("/") and (len(items) > 1 or given["recursive"]):
        raise UsageError("several files cannot have one path at the host", hint=f"--remote-path {remote}/ is a folder.")
    return items


def _listed(path: str, *, null: bool) -> list[str]:
    try:
        if path == "-":
            if sys.stdin is None:
                raise SourceError("standard input is closed")
            content = sys.stdin.buffer.read(_LIST_LIMIT + 1)
        else:
            with open(path, "rb") as file:
                content = file.read(_LIST_LIMIT + 1)
    except FileNotFoundError as error:
        raise SourceNotFound(f"{path}: {error.strerror}", hint="Check the path of --from-file.") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot read the list: {error.strerror}") from error
    if len(content) > _LIST_LIMIT:
        raise SourceError(f"{path}: the list has more than {_LIST_LIMIT} bytes")
    lines = content.split(b"\0") if null else [line.removesuffix(b"\r") for line in content.split(b"\n")]
    return [os.fsdecode(line) for line in lines if line]


def _items(path: str, given: dict[str, Any]) -> Iterator[Item]:
    if path != "-" and os.path.isdir(path) and (given["recursive"] or given["archive"]):
        if given["archive"]:
            yield Item(path, name=given["name"], archive=given["archive"])
        else:
            yield from _below(path)
    else:
        yield Item(path, name=given["name"])


def _below(top: str) -> Iterator[Item]:
    """The files in a folder and below, in the order of their names; links to folders are not followed."""
    own = os.path.basename(os.path.abspath(top))
    for folder, folders, files in os.walk(top, onerror=_unreadable):
        folders.sort()
        inside = os.path.relpath(folder, top)
        parts = [own] + ([] if inside == os.curdir else inside.split(os.sep))
        for name in sorted(files):
            yield Item(os.path.join(folder, name), folder="/".join(parts) + "/")


def _unreadable(error: OSError) -> None:
    raise SourceError(f"{error.filename}: cannot read the folder: {error.strerror}") from error
