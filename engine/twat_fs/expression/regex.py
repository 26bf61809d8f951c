"""Regular expressions of specs, which take linear time on any text."""

from __future__ import annotations

from typing import Any

from twat_fs.expression.tree import ExpressionError

#: Characters in a regular expression: the cap of `docs/spec-language.md`.
REGEX_LIMIT = 200


def compile_regex(pattern: str) -> Any:
    """A compiled RE2 pattern, which takes linear time on any text.

    Raises:
        ExpressionError: It is too long, or not RE2 syntax.
    """
    import re2

    if len(pattern) > REGEX_LIMIT:
        raise ExpressionError(
            f"a regular expression of {len(pattern)} characters; the limit is {REGEX_LIMIT}", rule="query"
        )
    options = re2.Options()
    options.log_errors = False  # it would write to standard error by itself
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0]
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ExpressionError(
            f"the regular expression does not compile: {words}",
            rule="query",
            hint="RE2 syntax: no look-around, no back-references.",
        ) from None
