"""What a spec means: the rules that its shape alone cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import SPEC_ERRORS, RetryableError, UsageError
from twat_fs.spec import flows, trees
from twat_fs.spec.compile import Compiler
from twat_fs.spec.load import Unreadable, load
from twat_fs.spec.options import wire_value
from twat_fs.spec.schema import shape_problems
from twat_fs.urls import BadUrl, result_url

if TYPE_CHECKING:
    from twat_fs.spec.load import Document
    from twat_fs.spec.problems import Problem

_RESERVED = ("host", "content-length", "transfer-encoding", "connection")


class Checked:
    """A spec that was read, with all that was found wrong with it.

    Attributes:
        document: The text with its places, or None where it cannot be read at all.
        card: The compiled long form as plain data, or None where there are errors.
        problems: In the order of their places.
    """

    def __init__(self, document: Document | None, card: dict[str, Any] | None, problems: list[Problem]) -> None:
        self.document = document
        self.card = card
        self.problems = problems

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the spec from running."""
        return [problem for problem in self.problems if problem.severity == "error"]


def check(content: bytes, stem: str | None = None) -> Checked:
    """Read, check and compile a spec.

    Args:
        content: The file's bytes.
        stem: The file's name without its suffix, which the spec's name must be; None where there is no file.
    """
    try:
        document = load(content)
    except Unreadable as error:
        return Checked(None, None, [error.problem])
    problems = shape_problems(document)
    compiler = Compiler(document)
    card = compiler.spec()
    problems += compiler.problems
    checker = _Checker(compiler, card)
    if stem is not None:
        checker.check_name(stem)
    if not problems:
        checker.check_meaning()
    problems += [problem for problem in compiler.problems if problem not in problems]
    problems.sort(key=lambda problem: (problem.place.start, problem.severity))
    valid = not any(problem.severity == "error" for problem in problems)
    if valid:
        card["hosts"] = flows.named_hosts(card)
        for step in card["steps"]:
            step["sends_file"] = step_sends_file(step)
    return Checked(document, card if valid else None, problems)


class _Checker:
    """The rules, one method each; problems go to the compiler's list."""

    def __init__(self, compiler: Compiler, card: dict[str, Any]) -> None:
        self.compiler = compiler
        self.document = compiler.document
        self.card = card

    def report(self, rule: str, message: str, path: tuple[Any, ...], hint: str = "", *, warning: bool = False) -> None:
        place = self.document.place(path)
        self.compiler.report(rule, message, place, hint, "warning" if warning else "error")

    def step_path(self, index: int) -> tuple[Any, ...]:
        return ("request",) if "request" in self.document.data else ("steps", index)

    def check_name(self, stem: str) -> None:
        name = self.document.data.get("name")
        if isinstance(name, str) and name != stem:
            self.report("name", f"the name `{name}` is not the file's: `{stem}`", ("name",), "Rename one of them.")

    def check_meaning(self) -> None:
        self.check_options()
        self.check_errors(self.card["errors"], ("errors",))
        if self.card["kind"] == "python":
            return
        self.check_steps()
        self.check_file()
        self.check_destinations()
        self.check_secrets()
        self.check_result()
        self.check_capabilities()
        self.check_unused()
        if "delete" in self.document.data:
            self.report("not-yet", "this version does not run `delete`", ("delete",), "Uploads work.", warning=True)

    def check_options(self) -> None:
        for name, facts in self.card["options"].items():
            if facts.get("default") is None:
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

    def check_errors(self, errors: dict[str, Any], path: tuple[Any, ...]) -> None:
        for match, rules in errors.items():
            for index, rule in enumerate(rules if match != "message" else []):
                kind = SPEC_ERRORS.get(rule.get("error", ""))
                if match in ("401", "403") and kind and issubclass(kind, RetryableError) and "when" not in rule:
                    at = (*path, match, index) if isinstance(self._raw(path, match), list) else (*path, match)
                    self.report(
                        "errors",
                        f"{match} cannot be {rule['error']}: trying again cannot help",
                        at,
                        "Say auth, forbidden, or with a `when` what the reply says.",
                    )

    def _raw(self, path: tuple[Any, ...], key: str) -> Any:
        value: Any = self.document.data
        for part in (*path, key):
            value = value[part] if isinstance(value, list) else (value or {}).get(part)
        return value

    def check_steps(self) -> None:
        names: list[str] = []
        for index, step in enumerate(self.card["steps"]):
            path = self.step_path(index)
            if step["name"] in names:
                self.report("conflict", f"two steps are named `{step['name']}`", (*path, "name"))
            names.append(step["name"])
            self.check_errors(step["errors"], (*path, "errors"))
            self.check_expect(step, path)
            for header in step["headers"]:
                if header.lower() in _RESERVED:
                    self.report("bad-value", f"the header {header} is the engine's", (*path, "headers", header))
        begin = self.card["retry"]["from"]
        if begin is not None and begin not in names[:-1]:
            self.report("unknown-name", f"`{begin}` is not an earlier step", ("retry", "from"))

    def check_expect(self, step: dict[str, Any], path: tuple[Any, ...]) -> None:
        for index, status in enumerate(step["expect"]):
            if step_sends_file(step) and not 200 <= status < 400:
                self.report(
                    "errors",
                    f"{status} cannot mean that the file went up",
                    (*path, "expect", index),
                    "A step that sends the file succeeds with a 2xx or a 3xx.",
                )

    def check_file(self) -> None:
        always = 0
        sending = [(index, step) for index, step in enumerate(self.card["steps"]) if step_sends_file(step)]
        for index, step in sending:
            parts = [tree for _, tree in flows.parts(step) if trees.is_file(tree) or trees.holds_content(tree)]
            always += "when" not in step
            if len(parts) > 1:
                self.report("file", "this request sends the file more than once", self.step_path(index))
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
                "file", "no request sends the file", path, 'Write "{{ file }}" as a multipart value or as `raw`.'
            )

    def check_destinations(self) -> None:
        for index, step in enumerate(self.card["steps"]):
            target = flows.destination(self.card, step)
            if target.wrong:
                self.report("bad-value", target.wrong, (*self.step_path(index), "url"))
            elif self._is_open(target) and step_sends_file(step):
                self._report_open("the file", target, (*self.step_path(index), "url"))

    def check_secrets(self) -> None:
        steps = {step["name"]: index for index, step in enumerate(self.card["steps"])}
        seen = set()
        for flow in flows.flows(self.card):
            path = (*self.step_path(steps[flow.step]), "url")
            if (flow.origin, flow.step) in seen:
                continue
            seen.add((flow.origin, flow.step))
            if flow.destination.clear and not all(_is_loopback(host) for host in flow.destination.hosts):
                self.report("clear-text", f"`{flow.origin}` goes over clear text", path, "Use https://.", warning=True)
            if self._is_open(flow.destination):
                self._report_open(f"`{flow.origin}`", flow.destination, path)

    def _is_open(self, target: flows.Destination) -> bool:
        """Whether anything but the spec's own text decides the host, and the spec does not bound it."""
        if target.insert is None or self.card["allow_hosts"]:
            return False
        facts = self.card["options"].get(target.insert[1], {}) if target.insert[0] == "options" else {}
        return facts.get("type") != "url"

    def _report_open(self, what: str, target: flows.Destination, path: tuple[Any, ...]) -> None:
        name = ".".join(target.insert or ())
        if name.startswith("saved."):
            self.report(
                "secret",
                f"{what} goes where a reply says (`{name}`)",
                path,
                "It works only while that is a host that the spec names; list others under allow_hosts.",
                warning=True,
            )
        else:
            self.report(
                "secret",
                f"{what} would go to a host that the spec does not name (`{name}`)",
                path,
                "Write the host out, make the option's type `url`, or list hosts under allow_hosts.",
            )

    def check_result(self) -> None:
        query = self.card["result"].get("url", {})
        tree = query.get("template", [])
        first = tree[1][0] if tree and tree[0] == "cat" else tree
        if first and first[0] == "const":
            try:
                result_url(str(first[1]) + ("x" if tree[0] == "cat" else ""), "https://host.example/")
            except BadUrl as error:
                self.report(
                    "bad-value",
                    f"this is never a URL: {error}",
                    ("result", "url"),
                    "A result begins with http://, https:// or a single /.",
                )

    def check_capabilities(self) -> None:
        facts = self.card["capabilities"]
        way = facts.get("check")
        if facts.get("single_download") and way in ("get", "head"):
            self.report(
                "conflict",
                "checking the URL would use up the one download",
                ("capabilities", "check"),
                "Write `check: none`.",
            )

    def check_unused(self) -> None:
        used = {path[:2] for step in self.card["steps"] for _, tree in flows.parts(step) for path in trees.paths(tree)}
        used |= {path[:2] for tree in self.card["vars"].values() for path in trees.paths(tree)}
        text = str(self.card["result"]) + str(self.card["steps"]) + str(self.document.data.get("delete", ""))
        for section in ("credentials", "options", "vars"):
            for name in self.card[section]:
                if (section, name) not in used and f"'{section}', ['{name}'" not in text:
                    place = self.document.place((section, name), key=True)
                    self.compiler.report(
                        "unused", f"`{section}.{name}` is never used", place, "Use it, or take it out.", "warning"
                    )


def step_sends_file(step: dict[str, Any]) -> bool:
    """Whether a compiled step carries the file's content, as bytes or as text."""
    return any(trees.is_file(tree) or trees.holds_content(tree) for _, tree in flows.parts(step))


def _is_loopback(host: str) -> bool:
    name = host.rsplit(":", 1)[0]
    return name in ("localhost", "[::1]") or name.startswith("127.")
