"""A spec as a Hurl file (https://hurl.dev/docs/hurl-file.html): every step, what is saved, and the URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.authoring.export import FACTS, credential_names, written
from twat_fs.errors import UsageError
from twat_fs.expression.secrets import variable_of
from twat_fs.messages import Content, FilePart, Multipart, RawFile, Shell, TextPart
from twat_fs.wire.curl import needs_of
from twat_fs.wire.curl_words import pieces_of
from twat_fs.wire.replies import template_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.authoring.export import Export
    from twat_fs.messages import Request, Text

#: A query in JMESPath that means the same in JSONPath, after `$.`.
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*|\[\d+\])*")


def as_file(export: Export) -> str:
    """The file; its variables are `file`, `name` and the credentials.

    Raises:
        UsageError: Hurl has no words for it.
    """
    writer = _Writer(export)
    blocks = [f"# {export.spec.title}\n# hurl --variable file=FILE --variable name=NAME{writer.variables()} THIS"]
    blocks += ["\n".join(writer.entry(request)) for request, _ in export.requests]
    return "\n\n".join(blocks)


class _Writer:
    def __init__(self, export: Export) -> None:
        self._export = export
        self._names = {**credential_names(export, "{{{}}}"), FACTS["name"]: "{{name}}"}
        saved = [name for step in export.spec.steps for name in step.save]
        self._names |= {f"${{{variable_of('saved', name)}}}": f"{{{{{name}}}}}" for name in saved}

    def variables(self) -> str:
        used = [item.name for item in self._export.spec.credentials if self._uses(item.name)]
        return "".join(f" --variable {name}=..." for name in used)

    def _uses(self, name: str) -> bool:
        return any(need.startswith(f"${{{name}:") for request, _ in self._export.requests for need in needs_of(request))

    def entry(self, request: Request) -> Iterator[str]:
        step = next(step for step in self._export.spec.steps if step.name == request.step)
        yield f"{request.method} {self._text(request.url)}"
        login: list[str] = []
        for name, value in request.headers:
            pieces = pieces_of(value)
            if name.lower() == "authorization" and len(pieces) == 2 and isinstance(pieces[1], Shell):
                plain = pieces[1].plain
                if plain:
                    text = "".join(each if isinstance(each, str) else self._names[each.expression] for each in plain)
                    login = ["[BasicAuth]", f"{text.partition(':')[0] or chr(34) * 2}: {text.partition(':')[2]}"]
                    continue
            yield f"{name}: {self._text(value)}"
        yield from login
        yield from self._body(request)
        statuses = request.expect or (200,)
        yield f"HTTP {statuses[0]}" if len(statuses) == 1 and request.expect else "HTTP *"
        captures = {name: self._capture(query) for name, query in step.save.items()}
        if request is self._export.requests[-1][0]:
            url = self._export.spec.result["url"]
            captures |= {"url": self._capture(url)}
        for name, query in captures.items():
            if query is None:
                words = _words(step.save.get(name) or self._export.spec.result["url"])
                yield f"# {name} is to be made of this: {words}"
        if any(captures.values()):
            yield "[Captures]"
            yield from (f"{name}: {query}" for name, query in captures.items() if query)
        if not request.expect:
            yield from ("[Asserts]", "status >= 200", "status < 300")

    def _text(self, text: Text) -> str:
        return written(text, self._names, _escaped)

    def _body(self, request: Request) -> Iterator[str]:
        body = request.body
        if isinstance(body, RawFile):
            yield "file,{{file}};"
        elif isinstance(body, Content):
            yield f"`{written(body.text, self._names)}`"
        elif isinstance(body, Multipart):
            yield "[Multipart]"
            yield from (self._part(part) for part in body.parts)

    def _part(self, part: TextPart | FilePart) -> str:
        if isinstance(part, FilePart):
            return f"{_key(part.name)}: file,{{{{file}}}};"
        if part.filename is not None or part.content_type is not None:
            raise UsageError(f"Hurl has no words for the type of the field `{part.name}`", hint="Try --to curl.")
        return f"{_key(part.name)}: {self._text(part.value)}"

    def _capture(self, query: dict[str, Any]) -> str | None:
        """Where in a reply a value is; None where Hurl cannot say it."""
        tree = query.get("template")
        if tree and tree[0] == "path" and tree[1] == "reply" and tree[2][:1] == ["json"]:
            steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in tree[2][1:])
            return f'jsonpath "${steps}"'
        if "jmespath" in query and _PATH.fullmatch(query["jmespath"]):
            return f'jsonpath "$.{query["jmespath"]}"'
        if "header" in query:
            return f'header "{query["header"]}"'
        if "regex" in query:
            pattern = query["regex"] if re.compile(query["regex"]).groups else f"({query['regex']})"
            return "regex /" + pattern.replace("/", "\\/") + "/"
        return "body" if "text" in query else None


def _words(query: dict[str, Any]) -> str:
    return template_text(query["template"]) if "template" in query else str(query.get("jmespath"))


def _key(name: str) -> str:
    return re.sub(r"([^A-Za-z0-9_.\[\]@$-])", r"\\\1", name)


def _escaped(text: str) -> str:
    """Text as Hurl reads it: `#` begins a comment, and braces a variable."""
    return text.replace("\\", "\\\\").replace("#", "\\#").replace("{{", "\\{\\{")
