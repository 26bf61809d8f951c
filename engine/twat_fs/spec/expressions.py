"""The templates and queries of one document: each compiled, what it names checked, and every problem noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.spec import trees
from twat_fs.spec.limits import EXPRESSIONS_LIMIT
from twat_fs.spec.problems import Place, Problem, Word

if TYPE_CHECKING:
    from twat_fs.spec.load import Document

# How many unknown names are compared with the declared ones to find what was meant, and how long those may be.
_HINTED = 20
_COMPARED = 64
_ONLY_IN = {
    "chunk": "It has one in the request of a step with `chunks`.",
    "previous": "It has one in a step with `chunks`, and in its `resume`.",
    "reply": "It has one in queries.",
    "result": "It has one in `delete`.",
}


class Expressions:
    """Compiles the expressions of one document.

    Args:
        document: The spec.
        plain: Leave templates and queries as texts, in their long forms.

    Attributes:
        problems: What was found on the way.
        declared: The names that each of `options`, `credentials`, `vars`, `saved`, `previous` and `result` has.
    """

    def __init__(self, document: Document, *, plain: bool = False) -> None:
        self.document = document
        self.plain = plain
        self.problems: list[Problem] = []
        self.unknown = 0
        self._read = 0
        self.declared: dict[str, set[str]] = {
            **{section: _names(document.data.get(section)) for section in ("options", "credentials")},
            "vars": set(),
            "saved": set(),
            "previous": set(),
            "result": set(),
        }

    def query(self, value: Any, sees: frozenset[str]) -> Any:
        """A query, compiled; what it names is checked."""
        from twat_fs.expression.query import compile_query
        from twat_fs.expression.tree import ExpressionError

        if not _is_query(value) or not self._fits(value):
            return {"template": ["const", None]}
        long = {"template" if "{{" in value else "jmespath": value} if isinstance(value, str) else dict(value)
        try:
            compiled = compile_query(long)
        except ExpressionError as error:
            self._expression_problem(error, next((item for item in long.values() if isinstance(item, Word)), value))
            return long
        for key in ("template", "default"):
            if key in compiled:
                self._check_names(compiled[key], long[key], sees | {"reply"})
                if any(path == ("file",) for path in trees.paths(compiled[key])):
                    self._refuse_bytes(long[key])
        return long if self.plain else compiled

    def template(self, value: Any, sees: frozenset[str], *, file: bool = False) -> Any:
        """A template, compiled; what it names is checked.

        Args:
            value: The text; anything else is a constant.
            sees: The names that have a value here.
            file: Whether `{{ file }}` may stand here.
        """
        from twat_fs.expression.parse import parse_template
        from twat_fs.expression.tree import ExpressionError

        if not isinstance(value, str):
            return value if self.plain else ["const", value]
        if "{" in value and not self._fits(value):
            return value if self.plain else ["const", None]
        try:
            tree = parse_template(value)
        except ExpressionError as error:
            self._expression_problem(error, value)
            return value if self.plain else ["const", None]
        self._check_names(tree, value, sees)
        if trees.misplaced_file(tree) or (trees.is_file(tree) and not file):
            self._refuse_bytes(value)
        return str(value) if self.plain else tree

    def _fits(self, value: Any) -> bool:
        """Whether an expression is within what all of a spec may have together; of the first that is not it is told."""
        before, texts = self._read, [value] if isinstance(value, str) else value.values()
        self._read += sum(len(text) for text in texts if isinstance(text, str))
        if before <= EXPRESSIONS_LIMIT < self._read:
            message = f"the templates and queries of one spec have at most {EXPRESSIONS_LIMIT} characters together"
            self.report("bad-value", message, self._near(next(iter(texts)), ""))
        return self._read <= EXPRESSIONS_LIMIT

    def _check_names(self, tree: Any, text: Any, sees: frozenset[str]) -> None:
        for root, *members in trees.paths(tree):
            near = ".".join([root, *members])
            if root not in sees:
                hint = _ONLY_IN.get(root, "")
                self.report("unknown-name", f"`{near}` has no value here", self._near(text, near), hint)
            elif members and root in self.declared and members[0] not in self.declared[root]:
                message = f"`{near}` is not declared" if root != "saved" else f"no step before this one saves `{near}`"
                self.report("unknown-name", message, self._near(text, near), self._meant(root, members[0]))

    def _meant(self, root: str, name: str) -> str:
        """What an undeclared name may have been meant for; looked for a few times only, since it takes long."""
        import difflib

        self.unknown += 1
        if self.unknown > _HINTED:
            return ""
        known = sorted(self.declared[root])
        close = difflib.get_close_matches(name[:_COMPARED], [other for other in known if len(other) <= _COMPARED], 1)
        if close:
            return f"Did you mean `{root}.{close[0]}`?"
        return f"Declared are {', '.join(known)}." if known else f"The spec declares no {root}."

    def _refuse_bytes(self, text: Any) -> None:
        message = "`file` alone is the file's bytes, which cannot stand here"
        hint = "It may be the whole of `raw` or of a multipart value; elsewhere use file.name and its like."
        self.report("file", message, self._near(text, "file"), hint)

    def _expression_problem(self, error: Any, text: Any) -> None:
        self.report(error.rule, str(error), self._near(text, error.near), error.hint)

    def _near(self, text: Any, snippet: str) -> Place:
        place = text.place if isinstance(text, Word) else Place(1, 1, 0, 0)
        return self.document.near(place, snippet)

    def report(self, rule: str, message: str, place: Place, hint: str = "", severity: str = "error") -> None:
        """Note a problem, once."""
        problem = Problem(rule, message, place, hint, severity)
        if problem not in self.problems:
            self.problems.append(problem)


def _names(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def _is_query(value: Any) -> bool:
    """Whether a query has the shape of one; where it has not, the schema says so."""
    if not isinstance(value, dict):
        return isinstance(value, str)
    return all(isinstance(value.get(form, ""), str) for form in ("jmespath", "template", "regex", "header"))
