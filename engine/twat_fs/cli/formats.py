"""What is printed of an upload: its URL, what a page has in place of that, or what a template of the user's makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.errors import UsageError
from twat_fs.source import media_type
from twat_fs.text import visible
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.expression.tree import Tree

#: What a format is called; anything else is a template, which has `{{`.
FORMATS = ("url", "markdown", "html", "bbcode", "json")

_HINT = "A template is such as '{{ name }}: {{ url }}'."

#: What a backslash means in the words of a template, where a shell gives it through.
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}


class Uploaded(NamedTuple):
    """What can be said of an upload.

    Attributes:
        url: Where the file is.
        path: The file, as the user named it.
        name: Its name, as it was sent.
        size: Its bytes.
        sha256: Its digest, where it was asked for.
        direct: Whether the URL gives the file itself, as far as the provider says, not a page about it.
        metadata: What else is known: `provider`, `page_url`, `delete_url`, `expires_at`, and what the host gave.
    """

    url: str
    path: str
    name: str
    size: int
    sha256: str | None = None
    direct: bool = True
    metadata: Mapping[str, Any] = {}

    @property
    def type(self) -> str:
        """The media type that the name suggests."""
        return media_type(self.name)

    @property
    def shown(self) -> str:
        """The name without what moves a cursor."""
        return visible(self.name)

    @property
    def is_picture(self) -> bool:
        """Whether a page can show it in place."""
        return self.direct and self.type.startswith("image/")


class Format(NamedTuple):
    """How an upload is printed.

    Attributes:
        name: One of `FORMATS`, or `template`.
        tree: The template, compiled.
    """

    name: str
    tree: Tree | None = None

    @property
    def wants_digest(self) -> bool:
        """Whether the file's digest is printed."""
        return self.name == "json" or (self.tree is not None and _reads(self.tree, "sha256"))

    def line(self, found: Uploaded) -> str:
        """What is printed of an upload; of `json` the URL, since a record is more than a line.

        Raises:
            UsageError: The template cannot work on a value of this upload.
        """
        if self.tree is not None:
            return _rendered(self.tree, found)
        return _WAYS.get(self.name, _url)(found)


def read_format(text: str) -> Format:
    """What `--format` asks for.

    Args:
        text: A name, or a template such as `{{ name }}: {{ url }}`.

    Raises:
        UsageError: It is neither, or the template is not in the language; says where and what there is.
    """
    if "{{" not in text:
        if text in FORMATS:
            return Format(text)
        raise UsageError(
            f"--format {text}: there is no such format",
            hint=f"The formats are {', '.join(FORMATS)}. {_HINT}",
        )
    from twat_fs.expression.names import LINE
    from twat_fs.expression.parse import parse_template
    from twat_fs.expression.tree import ExpressionError

    try:
        tree = parse_template(text, LINE)
    except ExpressionError as error:
        raise UsageError(f"--format: {error}", hint=error.hint or _HINT) from error
    chosen = Format("template", tree)
    for sample in _SAMPLES:  # so that nothing is sent whose line could not be printed
        chosen.line(sample)
    return chosen


_SAMPLES = (
    Uploaded("https://host.example/a.txt", "a.txt", "a.txt", 1, "0" * 64),
    Uploaded(
        "https://host.example/a.txt",
        "a.txt",
        "a.txt",
        1,
        "0" * 64,
        metadata={
            "provider": "host",
            "page_url": "https://host.example/a",
            "delete_url": "https://host.example/d",
            "expires_at": "2030-01-01",
        },
    ),
)


def _reads(tree: Tree, name: str) -> bool:
    from twat_fs.expression.tree import children

    return tree[:2] == ["path", name] or any(_reads(child, name) for child in children(tree))


def _rendered(tree: Tree, found: Uploaded) -> str:
    import secrets

    from twat_fs.expression.evaluate import EvaluationError, Scope, evaluate
    from twat_fs.expression.filters import to_text
    from twat_fs.upload_providers.naming import random_text

    scope = Scope(_names(found), random_text, secrets.randbelow)
    words = []
    try:
        for part in tree[1] if tree[0] == "cat" else [tree]:
            # What is not known of this upload is empty; it does not take the rest of the line away.
            text = str(to_text(evaluate(part, scope)) or "")
            words.append(re.sub(r"\\[nt\\]", _unescaped, text) if part[0] == "text" else text)
    except EvaluationError as error:
        raise UsageError(f"--format: {error}", hint=_HINT) from error
    return "".join(words)


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def _names(found: Uploaded) -> dict[str, Any]:
    known = {name: found.metadata.get(name) for name in ("provider", "page_url", "delete_url", "expires_at")}
    facts = {**known, "path": found.path, "name": found.name, "type": found.type, "sha256": found.sha256}
    facts["metadata"] = {name: value for name, value in found.metadata.items() if name not in known}
    return {"url": found.url, "size": found.size, **_clean(facts)}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _url(found: Uploaded) -> str:
    return found.url


def _markdown(found: Uploaded) -> str:
    """A picture or a link; a backslash makes any punctuation plain (CommonMark 0.31, 2.4)."""
    words = re.sub(r"([\\`*_\[\]<>&~|!])", r"\\\1", found.shown)
    # Not every reader of Markdown knows backslashes in an address; what ends one there is encoded instead.
    address = _encoded(found.url, " ()<>\\`")
    address = re.sub(r"&(?=#?\w+;)", "&amp;", address)
    return f"{'!' if found.is_picture else ''}[{words}]({address})"


def _encoded(text: str, characters: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in characters else letter for letter in text)


def _html(found: Uploaded) -> str:
    from html import escape

    name, address = escape(found.shown), escape(found.url)
    return f'<img src="{address}" alt="{name}">' if found.is_picture else f'<a href="{address}">{name}</a>'


def _bbcode(found: Uploaded) -> str:
    """BBCode has no escapes: brackets of an address are encoded, and a name that has some gives way to the address."""
    scheme, slashes, rest = found.url.partition("://")
    host, slash, path = rest.partition("/")
    address = f"{scheme}{slashes}{host}{slash}{_encoded(path, '[]')}"
    if found.is_picture:
        return f"[img]{address}[/img]"
    return f"[url]{address}[/url]" if re.search(r"[\[\]]", found.name) else f"[url={address}]{found.shown}[/url]"


_WAYS: dict[str, Callable[[Uploaded], str]] = {"markdown": _markdown, "html": _html, "bbcode": _bbcode}
