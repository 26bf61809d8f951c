"""One walk over a spec: every shorthand to its long form, every template and query to its compiled form.

The walk is tolerant, since it also runs over specs whose shape is wrong, to report every problem at once. With
`plain` it leaves templates as their texts: the long form that people read.
"""

from __future__ import annotations

from typing import Any

from twat_fs.spec import flows, trees
from twat_fs.spec.expressions import Expressions

BODIES = ("multipart", "form", "json", "raw")
_TEXTS = ("name", "title", "homepage", "docs", "description", "setup", "deps", "kind", "module")
_BASE = frozenset({"options", "credentials", "remote_path", "now", "file"})
_OF_A_PIECE = frozenset({"chunk", "previous"})


class Compiler(Expressions):
    """Compiles one document.

    Args:
        document: The spec.
        plain: Leave templates and queries as texts, in their long forms.

    Attributes:
        problems: What was found on the way.
        declared: The names that each of `options`, `credentials`, `vars`, `saved`, `previous` and `result` has.
    """

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
        deletes = self._deletes(data)
        if deletes:
            card["delete"] = deletes
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

    def _step(
        self, step: dict[str, Any], defaults: dict[str, Any], more: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """One step in its long form.

        Args:
            step: As it was written.
            defaults: What stands in every step.
            more: Names that it sees beside the usual ones.
        """
        every = _BASE | {"vars", "saved"} | more
        sees = every | (_OF_A_PIECE if "chunks" in step else frozenset())
        if "chunks" in step:
            self.declared["previous"] = set(_mapping(step.get("save")))
        compiled: dict[str, Any] = {"name": str(step.get("name", "")), "method": str(step.get("method", "POST"))}
        if step.get("when") is not None:
            compiled["when"] = self._when(step["when"], every)
        compiled |= self._request(step, defaults, sees)
        compiled["redirects"] = step.get("redirects", "none")
        compiled["idempotent"] = bool(step.get("idempotent", compiled["method"] in ("GET", "HEAD", "OPTIONS")))
        compiled["expect"] = [int(status) for status in _list(step.get("expect")) if isinstance(status, int)]
        compiled["save"] = {name: self.query(value, sees) for name, value in _mapping(step.get("save")).items()}
        compiled |= self._repeats(step, defaults, every)
        compiled["errors"] = self._errors(_mapping(step.get("errors")), sees)
        self.declared["saved"] |= set(compiled["save"])
        return compiled

    def _when(self, text: Any, sees: frozenset[str]) -> Any:
        compiled = self.template(text, sees)
        if not self.plain and compiled[0] == "cat":
            self.report("template", "a `when` is one expression and nothing around it", self._near(text, "}}"))
        return compiled

    def _request(self, step: dict[str, Any], defaults: dict[str, Any], sees: frozenset[str]) -> dict[str, Any]:
        """What is sent, and how long it may take."""
        compiled: dict[str, Any] = {"url": self.template(step.get("url", ""), sees)}
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
        return compiled

    def _repeats(self, step: dict[str, Any], defaults: dict[str, Any], sees: frozenset[str]) -> dict[str, Any]:
        """What makes several requests of a step: pieces, the question how far they came, and waiting."""
        found: dict[str, Any] = {}
        if "chunks" in step:
            found["chunks"] = {"parallel": 1, **_mapping(step["chunks"])}
        if "resume" in step:
            asks = {"name": f"{step.get('name', 'request')}-resume", **_mapping(step["resume"])}
            found["resume"] = self._step(asks, defaults, frozenset({"previous"}))
            found["resume"]["offset"] = self.query(asks.get("offset"), sees | {"previous"})
        if "poll" in step:
            poll = _mapping(step["poll"])
            found["poll"] = {"every": "2s", "for": "5m", **poll, "until": self.query(poll.get("until"), sees)}
        return found

    def _deletes(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """The steps that remove what was uploaded, named by their place where they have no name of their own."""
        listed = data.get("delete")
        steps = [_mapping(step) for step in _list(listed)] or ([listed] if isinstance(listed, dict) else [])
        self.declared["result"] = set(_mapping(data.get("result")))
        defaults, more = _mapping(data.get("defaults")), frozenset({"result"})
        names = ["delete"] if len(steps) == 1 else [f"delete-{number}" for number, _ in enumerate(steps, 1)]
        return [self._step({"name": name, **step}, defaults, more) for name, step in zip(names, steps, strict=True)]

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


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
