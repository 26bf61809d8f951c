"""What a spec means: the rules that its shape alone cannot show."""

from __future__ import annotations

import re
from typing import Any

from twat_fs.errors import SPEC_ERRORS, RetryableError, UsageError
from twat_fs.expression.regex import compile_regex
from twat_fs.expression.tree import ExpressionError
from twat_fs.spec import flows, trees
from twat_fs.spec.options import wire_value
from twat_fs.spec.rules import Rules, step_sends_file
from twat_fs.urls import BadUrl, result_url

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
#: Where a key or a right is missing trying again cannot help; of rules for statuses, those that would say that it may.
_NOT_PASSING = {
    "401": "trying again cannot help",
    "403": "trying again cannot help",
    "4xx": "401 and 403 are among them, where trying again cannot help",
    "any": "401 and 403 are among them, where trying again cannot help",
}
_RESERVED = ("host", "content-length", "transfer-encoding", "connection")


class MeaningRules(Rules):
    """The rules of names, options, errors, steps, the file and the result."""

    def check_name(self, stem: str) -> None:
        """Report a name that is not the file's."""
        name = self.document.data.get("name")
        if isinstance(name, str) and name != stem:
            self.report("name", f"the name `{name}` is not the file's: `{stem}`", ("name",), "Rename one of them.")

    def check(self) -> None:
        """Report what the spec cannot mean."""
        self._check_options()
        self._check_errors(self.card["errors"], ("errors",))
        if self.card["kind"] == "python":
            return
        self._check_steps()
        self._check_file()
        self._check_result()
        self._check_capabilities()
        self._check_unused()

    def _check_options(self) -> None:
        for name, facts in self.card["options"].items():
            if self._bad_pattern(name, facts) or facts.get("default") is None:
                continue
            try:
                wire_value(name, facts, facts["default"])
            except UsageError as error:
                self.report(
                    "default",
                    f"{error.message.removeprefix(f'option {name}: ')}",
                    ("options", name, "default"),
                    error.hint,
                )

    def _bad_pattern(self, name: str, facts: dict[str, Any]) -> bool:
        try:
            compile_regex(str(facts.get("pattern", "")))
        except ExpressionError as error:
            self.report(error.rule, str(error), ("options", name, "pattern"), error.hint)
            return True
        return False

    def _check_errors(self, errors: dict[str, Any], path: tuple[Any, ...]) -> None:
        for match, rules in errors.items():
            for index, rule in enumerate(rules if match != "message" else []):
                kind = SPEC_ERRORS.get(rule.get("error", ""))
                if match in _NOT_PASSING and kind and issubclass(kind, RetryableError) and "when" not in rule:
                    listed = isinstance(self._raw(path, match), list)
                    at = (*path, match, index, "error") if listed else (*path, match, "error")
                    self.report(
                        "errors",
                        f"{match} cannot be {rule['error']}: {_NOT_PASSING[match]}",
                        at,
                        "Say auth or forbidden, or name those that may pass, or say with a `when` what the reply says.",
                    )

    def _raw(self, path: tuple[Any, ...], key: str) -> Any:
        value: Any = self.document.data
        for part in (*path, key):
            value = value[part] if isinstance(value, list) else (value or {}).get(part)
        return value

    def _check_steps(self) -> None:
        names: list[str] = []
        for path, step in self.requests():
            if step["name"] in names:
                self.report("conflict", f"two steps are named `{step['name']}`", (*path, "name"))
            names.append(step["name"])
            self._check_errors(step["errors"], (*path, "errors"))
            self._check_expect(step, path)
            self._check_authorization(step, path)
            for header, tree in step["headers"].items():
                if tree[0] == "const" and not _HEADER_VALUE.fullmatch(str(tree[1])):
                    why = "a header's value is ASCII on one line"
                    self.report("bad-value", why, (*path, "headers", header), "Use `| urlencode` or `| base64`.")
                if header.lower() == "content-type" and "multipart" in step:
                    why = "the Content-Type of a multipart body is the engine's: it holds the boundary"
                    self.report("conflict", why, (*path, "headers", header), key=True)
                if header.lower() in _RESERVED:
                    self.report("bad-value", f"the header {header} is the engine's", (*path, "headers", header))
        begin = self.card["retry"]["from"]
        if begin is not None and begin not in [step["name"] for step in self.card["steps"]][:-1]:
            self.report("unknown-name", f"`{begin}` is not an earlier step", ("retry", "from"))

    def _check_authorization(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        names = [name.lower() for name in step["headers"]]
        if "authorization" in names and "basic_auth" in step:
            why = "`basic_auth` is an Authorization header, and there is one already"
            self.report("conflict", why, (*path, "basic_auth"), key=True)
        for header in [header for at, header in enumerate(step["headers"]) if header.lower() in names[:at]]:
            self.report("conflict", f"the header {header} stands twice", (*path, "headers", header), key=True)

    def _check_expect(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        for index, status in enumerate(step["expect"]):
            if step_sends_file(step) and not 200 <= status < 400:
                self.report(
                    "errors",
                    f"{status} cannot mean that the file went up",
                    (*path, "expect", index),
                    "A step that sends the file succeeds with a 2xx or a 3xx.",
                )

    def _check_file(self) -> None:
        always = 0
        sending = [(index, step) for index, step in enumerate(self.card["steps"]) if step_sends_file(step)]
        for index, step in sending:
            parts = [where for where, tree in flows.parts(step) if trees.is_file(tree) or trees.holds_content(tree)]
            always += "when" not in step
            if len(parts) > 1:
                path = (*self.step_path(index), *_second_part(step, parts[1]))
                self.report("file", "this request sends the file more than once", path, key=True)
            elif always and len(sending) > 1 and index == sending[-1][0]:
                self.report(
                    "file",
                    "the file is sent twice: by this step and by one before it",
                    self.step_path(index),
                    "Where a file goes one way or another, each step has a `when`.",
                )
        if not sending:
            path = ("request",) if "request" in self.document.data else ("steps",)
            self.report(
                "file",
                "no request sends the file",
                path,
                'Write "{{ file }}" as a multipart value or as `raw`.',
                key=True,
            )

    def _check_result(self) -> None:
        query = self.card["result"].get("url", {})
        tree = query.get("template", [])
        first = tree[1][0] if tree and tree[0] == "cat" else tree
        if first and first[0] in ("const", "text"):
            try:
                result_url(str(first[1]) + ("x" if tree[0] == "cat" else ""), "https://host.example/")
            except BadUrl as error:
                self.report(
                    "bad-value",
                    f"this is never a URL: {error}",
                    ("result", "url"),
                    "A result begins with http://, https:// or a single /.",
                )

    def _check_capabilities(self) -> None:
        facts = self.card["capabilities"]
        way = facts.get("check")
        if facts.get("single_download") and way in ("get", "head"):
            self.report(
                "conflict",
                "checking the URL would use up the one download",
                ("capabilities", "check"),
                "Write `check: none`.",
            )

    def _check_unused(self) -> None:
        used = trees.names_in([part for key, part in self.card.items() if key != "reads"])
        for section in ("credentials", "options", "vars"):
            for name in self.card[section]:
                if (section, name) not in used:
                    place = self.document.place((section, name), key=True)
                    self.compiler.report(
                        "unused", f"`{section}.{name}` is never used", place, "Use it, or take it out.", "warning"
                    )


def _second_part(step: dict[str, Any], where: str) -> tuple[str, ...]:
    kind = next(kind for kind in ("multipart", "form", "json", "raw") if kind in step)
    return (kind, where.split("`")[1]) if where.startswith("field") else (kind,)
