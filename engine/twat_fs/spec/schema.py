"""The shape of a spec: the JSON Schema, and its errors in our own words."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from twat_fs import bundled
from twat_fs.spec.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.spec.load import Document

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_validator: Any = None


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) as it is published."""
    content = bundled.read("schemas/provider.schema.json")
    if content is None:
        raise FileNotFoundError("schemas/provider.schema.json is missing from this installation")
    return content.decode("utf-8")


def shape_problems(document: Document) -> list[Problem]:
    """Every place where a spec has not the shape that the schema describes."""
    problems: list[Problem] = []
    for error in _compiled().iter_errors(document.data):
        problems.extend(_described(document, error))
    return sorted(set(problems), key=lambda problem: problem.place.start)


def _compiled() -> Any:
    global _validator
    if _validator is None:
        from jsonschema import Draft202012Validator
        from referencing import Registry

        # An empty registry: nothing is fetched, whatever a spec or the schema may say.
        _validator = Draft202012Validator(json.loads(schema_text()), registry=Registry())
    return _validator


def _described(document: Document, error: Any) -> Iterator[Problem]:
    kind = str(error.validator)
    if kind in ("anyOf", "oneOf"):
        branch = _best_branch(error)
        if branch:
            for inner in branch:
                yield from _described(document, inner)
            return
        if error.context and all(inner.validator == "type" and not inner.path for inner in error.context):
            yield from _type(
                document, error, tuple(error.absolute_path), [each.validator_value for each in error.context]
            )
            return
    if kind in ("if", "allOf") and error.context:
        for inner in error.context:
            yield from _described(document, inner)
        return
    describe = _WORDS.get(kind, _other)
    yield from describe(document, error, tuple(error.absolute_path))


def _best_branch(error: Any) -> list[Any]:
    """The alternative that was meant: one whose type fits what is there, with the fewest errors."""
    branches: dict[Any, list[Any]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [
        found
        for found in branches.values()
        if not any(item.validator in ("type", "const") and not item.path for item in found)
    ]
    if not fitting:
        return []
    return min(fitting, key=lambda found: (min(len(item.path) for item in found) == 0, len(found)))


Path = tuple[Any, ...]


def _unknown(document: Document, error: Any, path: Path) -> Iterator[Problem]:
    known = [str(key) for key in error.schema.get("properties", {})]
    patterns = error.schema.get("patternProperties", {})
    others = [str(facts["title"]).lower() for facts in patterns.values() if facts.get("title")]
    for key in error.instance:
        import re

        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        yield Problem(
            "unknown-key",
            f"there is no key `{key}` here",
            document.place((*path, key), key=True),
            _nearest(str(key), known, f"The keys are {', '.join([*known, *others])}." if known else ""),
        )


def _missing(document: Document, error: Any, path: Path) -> Iterator[Problem]:
    for key in error.validator_value:
        if key not in error.instance:
            what = "the spec" if not path else f"`{path[-1]}`" if isinstance(path[-1], str) else "this entry"
            place = document.place(path, key=bool(path) and isinstance(path[-1], str))
            yield Problem("missing-key", f"{what} has no `{key}`", place, _purpose(error, str(key)))


def _type(document: Document, error: Any, path: Path, branches: list[Any] | None = None) -> Iterator[Problem]:
    listed = [value if isinstance(value, list) else [value] for value in branches or [error.validator_value]]
    wanted = dict.fromkeys(name for names in listed for name in names)
    words = " or ".join(_TYPES.get(str(name), str(name)) for name in wanted)
    yield Problem("wrong-type", f"{_shown(error.instance)} where {words} is wanted", document.place(path), _help(error))


def _choice(document: Document, error: Any, path: Path) -> Iterator[Problem]:
    words = [str(word) for word in error.validator_value]
    hint = _nearest(str(error.instance), words, f"It is one of {', '.join(words)}.")
    yield Problem("bad-value", f"{_shown(error.instance)} is not one of the values", document.place(path), hint)


def _forbidden(document: Document, error: Any, path: Path) -> Iterator[Problem]:
    words = f"`{path[-1]}` may not stand here" if path else "these keys exclude each other"
    yield Problem("conflict", words, document.place(path, key=True), _help(error))


def _other(document: Document, error: Any, path: Path) -> Iterator[Problem]:
    words = {
        "pattern": "has not the form that is wanted",
        "const": f"must be {json.dumps(error.validator_value)}",
        "minimum": f"is less than {error.validator_value}",
        "maximum": f"is more than {error.validator_value}",
        "maxLength": f"is longer than {error.validator_value} characters",
        "minLength": "is empty",
        "minItems": "without items is nothing",
        "maxItems": f"has more than {error.validator_value} items",
        "minProperties": "without keys is nothing",
        "maxProperties": f"has more than {error.validator_value} keys",
    }.get(str(error.validator), "is not what may stand here")
    yield Problem("bad-value", f"{_shown(error.instance)} {words}", document.place(path), _help(error))


_WORDS: dict[str, Any] = {
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "required": _missing,
    "type": _type,
    "enum": _choice,
    "not": _forbidden,
    "false": _forbidden,
}


def _help(error: Any) -> str:
    """The schema's own first sentence about the value, where it has one."""
    if not isinstance(error.schema, dict):
        return ""
    text = str(error.schema.get("description", ""))
    return text.partition(". ")[0].partition("\n")[0].rstrip(".") + "." if text else ""


def _purpose(error: Any, key: str) -> str:
    about = error.schema.get("properties", {}).get(key, {}) if isinstance(error.schema, dict) else {}
    text = str(about.get("description", "")) if isinstance(about, dict) else ""
    return text.partition(". ")[0].rstrip(".") + "." if text else ""


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "null"
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _nearest(word: str, words: list[str], otherwise: str) -> str:
    close = difflib.get_close_matches(word, words, 1)
    return f"Did you mean `{close[0]}`?" if close else otherwise
