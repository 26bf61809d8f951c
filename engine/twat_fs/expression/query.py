"""Queries: where in a reply a value is.

A compiled query is plain data with one of the keys `jmespath`, `template`, `text`, `regex`, `header`, and maybe
`default` (a tree) and `secret`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.expression.evaluate import Scope, evaluate, render_url
from twat_fs.expression.limits import EvaluationError
from twat_fs.expression.reading import Reading, UnreadableReply
from twat_fs.expression.regex import compile_regex
from twat_fs.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters in a JMESPath query: the cap of `docs/spec-language.md`.
QUERY_LIMIT = 1000

#: A query of keys alone, by the grammar of JMESPath (`unquoted-string`, `sub-expression`).
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")

FORMS = ("jmespath", "template", "text", "regex", "header")


class NothingFound(Exception):
    """The query finds nothing; the message says what was looked for, and why it is not there."""


def compile_query(value: Any) -> dict[str, Any]:
    """From a spec's query, short or long, to its compiled form.

    Args:
        value: A string, or a mapping with one of `FORMS`.

    Raises:
        ExpressionError: It does not compile.
    """
    from twat_fs.expression.parse import parse_template

    if isinstance(value, str):
        value = {"template" if "{{" in value else "jmespath": value}
    form = next((name for name in FORMS if name in value), None)
    if form is None:
        raise ExpressionError("a query is a string, or one of text, regex, header, jmespath, template", rule="query")
    compiled: dict[str, Any] = {form: value[form]}
    if form == "jmespath":
        _check_jmespath(value[form])
    elif form == "template":
        compiled[form] = parse_template(value[form])
    elif form == "regex":
        compile_regex(value[form])
    elif form == "header":
        compiled[form] = str(value[form]).lower()
    if "default" in value:
        default = value["default"]
        compiled["default"] = parse_template(default) if isinstance(default, str) else ["const", default]
    if value.get("secret"):
        compiled["secret"] = True
    return compiled


def find(query: Mapping[str, Any], reading: Reading, scope: Scope, *, as_url: bool = False) -> Any:
    """What a compiled query finds in a reply.

    Args:
        query: What `compile_query` made.
        reading: The reply.
        scope: What a template sees beside `reply`.
        as_url: Percent-encode what a template inserts, as in the address of a request.

    Raises:
        NothingFound: There is nothing, and no default.
    """
    try:
        value = _found(query, reading, scope, as_url=as_url)
        problem = f"{describe(query)} found nothing in the reply" if value is None else ""
    except (UnreadableReply, EvaluationError) as error:
        value, problem = None, f"{describe(query)}: {error}"
    if value is None and "default" in query:
        try:
            value = _default(query["default"], reading, scope, as_url=as_url)
        except EvaluationError as error:
            problem = f"the default of {describe(query)}: {error}"
    if value is None:
        raise NothingFound(problem)
    return value


def _default(tree: Any, reading: Reading, scope: Scope, *, as_url: bool) -> Any:
    return tree[1] if tree[0] == "const" else _templated(tree, reading, scope, as_url=as_url)


def _templated(tree: Any, reading: Reading, scope: Scope, *, as_url: bool) -> Any:
    seen = scope.extended(reply=reading.names())
    return render_url(tree, seen) if as_url else evaluate(tree, seen)


def holds(query: Mapping[str, Any], reading: Reading, scope: Scope) -> bool:
    """Whether a condition is true: found and not false; what cannot be evaluated is false."""
    try:
        return find(query, reading, scope) is not False
    except NothingFound:
        return False


def describe(query: Mapping[str, Any]) -> str:
    """A query in words for people."""
    if "jmespath" in query:
        return f"the query `{query['jmespath']}`"
    if "regex" in query:
        return f"the regular expression `{query['regex']}`"
    if "header" in query:
        return f"the header `{query['header']}`"
    return "the text of the reply" if "text" in query else "the template"


def _found(query: Mapping[str, Any], reading: Reading, scope: Scope, *, as_url: bool) -> Any:
    if "jmespath" in query:
        return _search(query["jmespath"], reading.json)
    if "template" in query:
        return _templated(query["template"], reading, scope, as_url=as_url)
    if "header" in query:
        return _header(query["header"], reading)
    text = reading.text
    if "text" in query:
        return text or None
    match = compile_regex(query["regex"]).search(text)
    if match is None:
        return None
    return match.group(1) if match.re.groups else match.group(0)


def _header(name: str, reading: Reading) -> str | None:
    value = reading.reply.headers.get(name)
    if value and name in ("location", "content-location"):
        from urllib.parse import urljoin

        try:
            return urljoin(reading.reply.url, value)
        except ValueError:
            return None
    return value


def _search(expression: str, data: Any) -> Any:
    if _PATH.fullmatch(expression):  # what most specs have; the library takes as long to load as the answer to come
        for key in expression.split("."):
            data = data.get(key) if isinstance(data, dict) else None
        return data
    from twat_fs.expression.searching import search

    return search(expression, data)


def _check_jmespath(expression: str) -> None:
    import jmespath
    from jmespath.exceptions import JMESPathError

    if len(expression) > QUERY_LIMIT:
        raise ExpressionError(f"a query of {len(expression)} characters; the limit is {QUERY_LIMIT}", rule="query")
    try:
        tree = jmespath.compile(expression).parsed
    except (JMESPathError, RecursionError) as error:
        words = str(error).splitlines()[0].split(" Parse error at")[0].rstrip(":")
        fixed = expression.startswith(("http://", "https://", "/"))
        hint = f"A fixed text is written {{template: {expression}}}." if fixed else ""
        raise ExpressionError(f"the JMESPath query does not compile: {words}", rule="query", hint=hint) from None
    unknown = _unknown_function(tree)
    if unknown:
        raise ExpressionError(f"JMESPath has no function `{unknown}`", near=unknown, rule="query", hint=_meant(unknown))
    word = _bare_literal(tree)
    if word:
        raise ExpressionError(
            f"`{word}` stands for a key of that name here, not for the value",
            near=word,
            rule="query",
            hint=f"In JMESPath a literal is in backticks: `{word}`.",
        )


def _unknown_function(tree: Any) -> str | None:
    from jmespath.functions import Functions

    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
            return str(node["value"])
        waiting += [child for child in node.get("children", []) if isinstance(child, dict)]
    return None


def _meant(name: str) -> str:
    import difflib

    from jmespath.functions import Functions

    known = sorted(Functions.FUNCTION_TABLE)
    close = difflib.get_close_matches(name, known, 1)
    return f"Did you mean `{close[0]}`?" if close else f"Its functions are {', '.join(known)}."


def _bare_literal(tree: Any) -> str | None:
    """A `true`, `false` or `null` that was meant as a value: compared with, but written as a key."""
    if tree["type"] == "comparator":
        for side in tree["children"]:
            if side["type"] == "field" and re.fullmatch("true|false|null", side["value"]):
                return str(side["value"])
    for child in tree.get("children", []):
        if isinstance(child, dict) and (word := _bare_literal(child)):
            return word
    return None
