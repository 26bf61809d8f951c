"""Writes a draft as YAML that a person would write: in the language's order, with reasons beside what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.authoring.draft import Draft

#: Where editors find the schema; the project's own address of the file.
_SCHEMA = "https://raw.githubusercontent.com/twardoch/twat-fs/main/schemas/provider.schema.json"
#: The order in which the language's page has them.
_TOP = [
    "spec",
    "name",
    "title",
    "homepage",
    "docs",
    "description",
    "setup",
    "deps",
    "checked",
    "rank",
    "kind",
    "module",
    "capabilities",
    "credentials",
    "options",
    "vars",
    "defaults",
    "allow_hosts",
    "request",
    "steps",
    "result",
    "errors",
    "retry",
    "delete",
    "examples",
]
_STEP = [
    "name",
    "when",
    "method",
    "url",
    "query",
    "headers",
    "basic_auth",
    "multipart",
    "form",
    "json",
    "raw",
    "timeout",
    "redirects",
    "idempotent",
    "expect",
    "save",
    "errors",
]
_WIDTH = 100


def as_yaml(draft: Draft) -> str:
    """The spec's text."""
    lines = [f"# yaml-language-server: $schema={_SCHEMA}"]
    for key in sorted(draft.data, key=_TOP.index):
        lines += _entry(key, draft.data[key], (key,), draft.comments, "")
    return "\n".join(lines) + "\n"


def _entry(key: Any, value: Any, path: tuple[str | int, ...], comments: dict[Any, str], indent: str) -> Iterator[str]:
    if path in comments:
        yield from (f"{indent}# {line}" for line in comments[path].splitlines())
    head = f"{indent}{_scalar(key)}:"
    if _is_nested(value, path, comments):
        yield head
        yield from _block(value, path, comments, indent + "  ")
    else:
        yield f"{head} {_flow(value)}"


def _block(value: Any, path: tuple[str | int, ...], comments: dict[Any, str], indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        names = sorted(value, key=_STEP.index) if path == ("request",) else list(value)
        for name in names:
            yield from _entry(name, value[name], (*path, name), comments, indent)
        return
    for number, item in enumerate(value):
        if not _is_nested(item, (*path, number), comments):
            yield f"{indent}- {_flow(item)}"
            continue
        first, *rest = _block(item, (*path, number), comments, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _is_nested(value: Any, path: tuple[str | int, ...], comments: dict[Any, str]) -> bool:
    """Whether a value is written over several lines: it is long, or something in it has a comment."""
    if not isinstance(value, (dict, list)) or not value:
        return False
    inner = any(found[: len(path)] == path and found != path for found in comments)
    return inner or path == ("request",) or len(_flow(value)) + 2 * len(path) > _WIDTH


def _flow(value: Any) -> str:
    if isinstance(value, (dict, list)):
        text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True)
        return str(text).strip()
    return _scalar(value)


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True)
    return str(text).removesuffix("\n").removesuffix("\n...")
