"""The file of a spec's example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.expression.evaluate import FileFacts
from twat_fs.source import media_type
from twat_fs.units import parse_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: When examples happen: 2026-01-01T00:00:00Z, so that what they send does not change from day to day.
NOW = 1_767_225_600
_ZEROS = 65536


def example_file(name: str, facts: Mapping[str, Any], hashed: Callable[[int], object] = lambda _: None) -> FileFacts:
    """The file of an example: a name, a type, and a text or a size.

    Args:
        name: Its name.
        facts: What the example says of it.
        hashed: Told how many bytes of a piece are about to be hashed; may raise.
    """
    import hashlib
    from binascii import b2a_base64

    text = str(facts.get("text", "hello" if "size" not in facts else ""))
    content = text.encode()
    stem, dot, suffix = name.rpartition(".")

    def sha1_of(offset: int, size: int) -> str:
        hashed(size)
        return _sha1(content[offset : offset + size], size)

    return FileFacts(
        {
            "name": name,
            "stem": stem if stem and dot else name,
            "suffix": f".{suffix}" if stem and dot else "",
            "size": parse_size(facts.get("size", len(content))),
            "mtime": NOW,
            "type": facts.get("type") or media_type(name),
            "text": text,
            "base64": b2a_base64(content, newline=False).decode(),
            "sha256": lambda: hashlib.sha256(content).hexdigest(),
            "sha1": lambda: hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "md5": lambda: hashlib.md5(content, usedforsecurity=False).hexdigest(),
        },
        sha1_of=sha1_of,
    )


def _sha1(content: bytes, size: int) -> str:
    """The SHA-1 of a piece; where only the size of a file is given, it holds zeros."""
    import hashlib

    digest = hashlib.sha1(content, usedforsecurity=False)
    for at in range(len(content), size, _ZEROS):
        digest.update(bytes(min(_ZEROS, size - at)))
    return digest.hexdigest()


def file_name(facts: Mapping[str, Any]) -> str:
    """The name of an example's file."""
    return str(facts.get("name", "example.txt"))
