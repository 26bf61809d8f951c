"""One walk over a spec: every shorthand to its long form, every template and query to its compiled form.

The walk is tolerant, since it also runs over specs whose shape is wrong, to report every problem at once. With
`plain` it leaves templates as their texts: the long form that people read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.spec import flows, trees
from twat_fs.spec.problems import Place, Problem, Word

if TYPE_CHECKING:
    from twat_fs.spec.load import Document

BODIES = ("multipart", "form", "json", "raw")
NOT_YET = ("chunks", "resume", "poll")
_TEXTS = ("name", "title", "homepage", "docs", "description", "setup", "deps", "kind", "module")
# How many unknown names are compared with the declared ones to find what was meant, and how long those may be.
_HINTED = 20
_COMPARED = 64
_BASE = frozenset({"options", "credentials", "remote_path", "now", "file"})


class Compiler:
    """Compiles one document.

    Args:
        document: The spec.
        plain: Leave templates and queries as texts, in their long forms.

    Attributes:
        problems: What was found on the way.
        declared: The names that each of `options`, `credentials`, `vars` and `saved` has.
    """

    def __init__(self, document: Document, *, plain: bool = False) -> None:
        self.document = document
        self.plain = plain
        self.problems: list[Problem] = []
        self.unknown = 0
        data = document.data
        self.declared: dict[str, set[str]] = {
            "options": set(_mapping(data.get("options"))),
            "credentials": set(_mapping(data.get("credentials"))),
            "vars": set(),
            "saved": set(),
        }

    def spec(self) -> dict[str, Any]:
        """The whole spec in its long form."""
        data = self.document.data
        card: dict[str, Any] = {"spec": 1}
        usual = {"kind": "http"}
        card |= {key: str(text) for key in _TEXTS if isinstance(text := data.get(key, usual.get(key)), str)}
        card |= {key: data[key] for key in ("checked", "rank") if data.get(key) is not None}
        card["capabilities"] = dict(_mapping(data.get("capabilities")))
        card["credentials"] = {
            name: {"required": True, "help": "", "aliases": [], **_mapping(facts)}
            for name, facts in _mapping(data.get("credentials")).items()
        }
        card["options"] = {name: dict(_mapping(facts)) for name, facts in _mapping(data.get("options")).items()}
        card["allow_hosts"] = list(_list(data.get("allow_hosts")))
        card["vars"] = self._vars(_mapping(data.get("vars")))
        card["steps"] = self._steps(data)
        every = _BASE | {"vars", "saved"}
        result = _mapping(data.get("result"))
        card["result"] = {key: self.query(value, every) for key, value in result.items() if key != "metadata"}
        metadata = _mapping(result.get("metadata"))
        card["result"]["metadata"] = {key: self.query(value, every) for key, value in metadata.items()}
        card["errors"] = self._errors(_mapping(data.get("errors")), every)
        card["retry"] = {"attempts": 3, "initial": "1s", "max": "30s", "from": None, **_mapping(data.get("retry"))}
        if not self.plain:
            flows.mark(card)
        return card

    def _vars(self, declared: dict[str, Any]) -> dict[str, Any]:
        compiled = {}
        for name, value in declared.items():
            tree = self.template(value, _BASE | {"vars"})
            compiled[name] = tree if self.plain else ["var", tree, False]
            self.declared["vars"].add(name)
        return compiled

    def _steps(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        defaults = _mapping(data.get("defaults"))
        single = _mapping(data.get("request"))
        steps = [{"name": "request", **single}] if single else [_mapping(step) for step in _list(data.get("steps"))]
        return [self._step(step, defaults) for step in steps]

    def _step(self, step: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
        self._refuse_not_yet(step)
        sees = _BASE | {"vars", "saved"} | ({"chunk", "previous"} if "chunks" in step else frozenset())
        compiled: dict[str, Any] = {"name": str(step.get("name", "")), "method": str(step.get("method", "POST"))}
        if step.get("when") is not None:
            compiled["when"] = self.template(step["when"], sees)
            if not self.plain and compiled["when"][0] == "cat":
                where = self._near(step["when"], "}}")
                self.report("template", "a `when` is one expression and nothing around it", where)
        compiled["url"] = self.template(step.get("url", ""), sees)
        query = {**_mapping(defaults.get("query")), **_mapping(step.get("query"))}
        compiled["query"] = {key: self.template(value, sees) for key, value in query.items()}
        headers = merged_headers(_mapping(defaults.get("headers")), _mapping(step.get("headers")))
        compiled["headers"] = {key: self.template(value, sees) for key, value in headers.items()}
        named = [name.lower() for name in _mapping(step.get("headers"))]
        usual = None if "authorization" in named else defaults.get("basic_auth")
        login = _mapping(step.get("basic_auth", usual))
        if login:
            compiled["basic_auth"] = {key: self.template(login.get(key, ""), sees) for key in ("username", "password")}
        kind = next((body for body in BODIES if body in step), None)
        if kind is not None:
            compiled[kind] = self._body(kind, step[kind], sees)
        carries = kind is not None and self._carries_file(step[kind])
        timeout = {**_mapping(defaults.get("timeout")), **_mapping(step.get("timeout"))}
        compiled["timeout"] = {"connect": "10s", "read": "300s" if carries else "30s", **timeout}
        compiled["redirects"] = step.get("redirects", "none")
        compiled["idempotent"] = bool(step.get("idempotent", compiled["method"] in ("GET", "HEAD", "OPTIONS")))
        compiled["expect"] = [int(status) for status in _list(step.get("expect")) if isinstance(status, int)]
        compiled["save"] = {name: self.query(value, sees) for name, value in _mapping(step.get("save")).items()}
        compiled["errors"] = self._errors(_mapping(step.get("errors")), sees)
        self.declared["saved"] |= set(compiled["save"])
        return compiled

    def _refuse_not_yet(self, step: dict[str, Any]) -> None:
        for key in NOT_YET:
            word = next((item for item in step if item == key), None)
            if isinstance(word, Word):
                self.report("not-yet", f"this version does not run `{key}`", word.place, "A later version will.")

    def _carries_file(self, body: Any) -> bool:
        """Whether the file's content is somewhere in a body, as bytes or as text."""
        if isinstance(body, (dict, list)):
            return any(self._carries_file(item) for item in (body.values() if isinstance(body, dict) else body))
        if not isinstance(body, str):
            return False
        tree = _parsed(body)
        return trees.is_file(tree) or trees.holds_content(tree)

    def _body(self, kind: str, body: Any, sees: frozenset[str]) -> Any:
        if kind == "json":
            return self._json(body, sees)
        if kind == "raw":
            return self.template(body, sees, file=True)
        if kind == "form":
            return {name: self.template(value, sees) for name, value in _mapping(body).items()}
        return {name: self._part(value, sees) for name, value in _mapping(body).items()}

    def _json(self, value: Any, sees: frozenset[str]) -> Any:
        if self.plain:
            return value
        if isinstance(value, dict):
            return ["dict", [[self.template(key, sees), self._json(item, sees)] for key, item in value.items()]]
        if isinstance(value, list):
            return ["list", [self._json(item, sees) for item in value]]
        return ["null"] if value is None else self.template(value, sees)

    def _part(self, value: Any, sees: frozenset[str]) -> dict[str, Any]:
        facts = dict(value) if isinstance(value, dict) else {"value": value}
        part = {"value": self.template(facts.get("value"), sees, file=True)}
        value = facts.get("value")
        tree = _parsed(value) if isinstance(value, str) else ["null"]
        usual = {"filename": "{{ file.name }}", "content_type": "{{ file.type }}"} if trees.is_file(tree) else {}
        for key in ("filename", "content_type"):
            if facts.get(key, usual.get(key)) is not None:
                part[key] = self.template(facts.get(key, usual.get(key)), sees)
        return part

    def _errors(self, errors: dict[str, Any], sees: frozenset[str]) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        for match, rules in errors.items():
            if match == "message":
                compiled["message"] = self.query(rules, sees)
                continue
            listed = rules if isinstance(rules, list) else [rules]
            compiled[str(match)] = [self._rule(rule, sees) for rule in listed]
        return compiled

    def _rule(self, rule: Any, sees: frozenset[str]) -> dict[str, Any]:
        facts = dict(rule) if isinstance(rule, dict) else {"error": rule}
        if facts.get("when") is not None:
            facts["when"] = self.query(facts["when"], sees)
        return facts

    def query(self, value: Any, sees: frozenset[str]) -> Any:
        """A query, compiled; what it names is checked."""
        from twat_fs.expression.query import compile_query
        from twat_fs.expression.tree import ExpressionError

        if not _is_query(value):
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
        try:
            tree = parse_template(value)
        except ExpressionError as error:
            self._expression_problem(error, value)
            return value if self.plain else ["const", None]
        self._check_names(tree, value, sees)
        if trees.misplaced_file(tree) or (trees.is_file(tree) and not file):
            self._refuse_bytes(value)
        return str(value) if self.plain else tree

    def _check_names(self, tree: Any, text: Any, sees: frozenset[str]) -> None:
        for root, *members in trees.paths(tree):
            near = ".".join([root, *members])
            if root not in sees:
                self.report("unknown-name", f"`{near}` has no value here", self._near(text, near))
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


def merged_headers(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A step's headers over the defaults, by name without case; a null takes a default away, the media type too."""
    own = {name: "" if value is None and name.lower() == "content-type" else value for name, value in own.items()}
    names = {name.lower() for name in own}
    merged = {name: value for name, value in defaults.items() if name.lower() not in names}
    return {name: value for name, value in {**merged, **own}.items() if value is not None}


def _parsed(text: str) -> Any:
    """A template's tree; what is wrong with it is reported by the walk itself."""
    from twat_fs.expression.parse import parse_template
    from twat_fs.expression.tree import ExpressionError

    try:
        return parse_template(text)
    except ExpressionError:
        return ["null"]


def _is_query(value: Any) -> bool:
    """Whether a query has the shape of one; where it has not, the schema says so."""
    if not isinstance(value, dict):
        return isinstance(value, str)
    return all(isinstance(value.get(form, ""), str) for form in ("jmespath", "template", "regex", "header"))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
