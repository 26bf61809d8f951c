"""The bodies that `curl` sends: forms by -F, data by -d and its like."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from twat_fs.authoring import keys
from twat_fs.authoring.draft import Draft, literal
from twat_fs.authoring.shells import Variable, Word, text_of
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Options that give data.
DATA = ("data", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json")
FORM = "application/x-www-form-urlencoded"


class Bodies:
    """What was gathered of a command line, and the bodies in it.

    Attributes:
        found: The draft.
        given: Every option with its word.
        file: The word for the file, as text.
        data: The options that give data, with their words.
    """

    def __init__(self) -> None:
        self.found = Draft()
        self.given: list[tuple[str, Word]] = []
        self.file = ""
        self.data: list[tuple[str, Word]] = []

    @property
    def base(self) -> str:
        """The file's own name, as far as the line says it."""
        base = re.split(r"[/\\]", self.file)[-1]
        return "" if base.startswith("$") or base in ("-", "") else base

    def has_form(self) -> bool:
        """Whether there is a -F."""
        return any(name.startswith("form") for name, _ in self.given)

    def form(self, word: Word, *, plain: bool) -> None:
        """A field of a form: one -F."""
        first = str(word[0]) if word and isinstance(word[0], str) else ""
        name, mark, begun = first.partition("=")
        if not mark:
            raise UsageError(f"curl's -F wants name=value, not {text_of(word)}")
        fields = self.found.request.setdefault("multipart", {})
        value: Word = ((begun,) if begun else ()) + tuple(word[1:])
        if plain or begun[:1] not in ("@", "<"):
            self._field(fields, name, value, plain=plain)
            return
        path, more = _with_parts(text_of(value)[1:])
        if begun[0] == "<":
            fields[name] = "{{ file.text }}"
            return
        if any(
            part == "{{ file }}" or (isinstance(part, dict) and part["value"] == "{{ file }}")
            for part in fields.values()
        ):
            raise UsageError("the curl line sends two files; a spec sends one")
        facts: dict[str, Any] = {"value": "{{ file }}"}
        given = more.get("filename")
        if given and given not in (path, re.split(r"[/\\]", path)[-1]):
            facts["filename"] = literal(given)
            self.found.comment(
                "request", "multipart", name, text="The name is fixed: that of the file is `{{ file.name }}`."
            )
        if "type" in more:
            facts["content_type"] = literal(more["type"])
        fields[name] = facts if len(facts) > 1 else "{{ file }}"

    def _field(self, fields: dict[str, Any], name: str, value: Word, *, plain: bool) -> None:
        if name in fields:
            raise UsageError(f"the form has two fields `{name}`; a spec has each once")
        text = text_of(value)
        found = (
            None if plain or any(isinstance(piece, Variable) for piece in value) else re.search(r";(type=.*)$", text)
        )
        if found:
            content, more = _with_parts(text)
            fields[name] = {"value": self.found.secret_or(name, content), "content_type": more["type"]}
            return
        if self.base and text == self.base:
            fields[name] = "{{ file.name }}"
            self.found.comment("request", "multipart", name, text=f"`{text}` was the file's name.")
            return
        fields[name] = self.template(name, value)

    def put_data(self) -> None:
        """Everything that -d and its like gave."""
        if not self.data:
            return
        if any(name == "get" for name, _ in self.given):
            self._put_data_in_query()
            return
        kinds = {name for name, _ in self.data}
        files = [word for name, word in self.data if name != "data-raw" and text_of(word).startswith("@")]
        if files and len(self.data) == 1 and "data-urlencode" not in kinds:
            self._put_raw("application/json" if "json" in kinds else FORM, name=next(iter(kinds)))
        elif "json" in kinds or "json" in self._content_type():
            self._put_json()
        else:
            self._put_form()

    def _content_type(self) -> str:
        headers = self.found.request.get("headers", {})
        return next((str(value) for name, value in headers.items() if name.lower() == "content-type"), "")

    def _put_raw(self, content_type: str, *, name: str) -> None:
        self.found.request["raw"] = "{{ file }}"
        headers = self.found.request.setdefault("headers", {})
        if not any(key.lower() == "content-type" for key in headers):
            headers["Content-Type"] = content_type
            if content_type == FORM:
                words = "What curl says for --data-binary; `{{ file.type }}` tells more."
                self.found.comment("request", "headers", "Content-Type", text=words)
        if content_type == "application/json":
            headers.setdefault("Accept", "application/json")
        if name in ("data", "data-ascii"):
            self.found.remarks.append("curl's -d takes line ends out of the file; the spec sends the file as it is")

    def _put_json(self) -> None:
        text, names = _marked([word for _, word in self.data])
        headers = self.found.request.setdefault("headers", {})
        for key in [key for key in headers if key.lower() == "content-type"]:
            if str(headers[key]) == "application/json":
                del headers[key]
        if any(name == "json" for name, _ in self.data):
            headers.setdefault("Accept", "application/json")
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"the body says that it is JSON, and is not: {error}") from error
        self.found.request["json"] = self._filled(data, names, "")
        if not headers:
            del self.found.request["headers"]

    def _filled(self, data: Any, names: list[Variable], key: str) -> Any:
        if isinstance(data, dict):
            return {literal(name): self._filled(value, names, name) for name, value in data.items()}
        if isinstance(data, list):
            return [self._filled(item, names, key) for item in data]
        if not isinstance(data, str):
            return data
        pieces = re.split("\ue000(\\d+)\ue001", data)
        word: Word = tuple(
            names[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces) if index % 2 or piece
        )
        return self.template(key, word) if word else ""

    def _put_form(self) -> None:
        pairs: list[tuple[str, Any]] = []
        for name, word in self.data:
            pairs += self._pairs(name, word)
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names) or self._content_type() not in ("", FORM) or "" in names:
            raw = "&".join(f"{name}={value}" if name else str(value) for name, value in pairs)
            self.found.request["raw"] = raw
            self.found.request.setdefault("headers", {}).setdefault("Content-Type", FORM)
            return
        headers = self.found.request.get("headers", {})
        for key in [key for key in headers if key.lower() == "content-type"]:
            del headers[key]
        if "headers" in self.found.request and not headers:
            del self.found.request["headers"]
        self.found.request["form"] = dict(pairs)

    def _pairs(self, option: str, word: Word) -> list[tuple[str, Any]]:
        text = text_of(word)
        if option == "data-urlencode":
            found = re.match(r"([^=@]*)@", text)
            if found:
                return [(found[1], "{{ file.text }}")]
            name, mark, _ = text.partition("=")
            value = _after(word, len(name) + len(mark)) if mark else word
            return [(name if mark else "", self.template(name, value))]
        marked, names = _marked([word])
        return [
            (unquote_plus(name), self._filled(value, names, name))
            for name, value in parse_qsl(marked, keep_blank_values=True)
        ]

    def _put_data_in_query(self) -> None:
        for name, word in self.data:
            for key, value in self._pairs(name, word):
                self.found.request.setdefault("query", {})[key] = value

    def template(self, name: str, word: Word) -> str:
        """A word as a template: variables are credentials, and a literal that looks like a key is one too."""
        if all(isinstance(piece, str) for piece in word):
            return self.found.secret_or(name, "".join(map(str, word)))
        return "".join(self.credential(piece) if isinstance(piece, Variable) else literal(piece) for piece in word)

    def credential(self, piece: Variable) -> str:
        """A variable as a template: it is a secret, as far as anybody knows."""
        if f"${piece.name}" == self.file:
            return "{{ file.name }}"
        name = piece.name if piece.name.isupper() else keys.variable_name(piece.name)
        return self.found.credential(name if not name[0].isdigit() else f"ARGUMENT_{name}")


def _after(word: Word, count: int) -> Word:
    """A word without so many characters at its start, all of them in its first piece."""
    first = str(word[0])[count:]
    return ((first,) if first else ()) + tuple(word[1:])


def _with_parts(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first `;name=value` of curl's -F, and those; a value may be in double quotes."""
    found = re.split(r""";\s*(type|filename|encoder|headers)=("(?:[^"\\]|\\.)*"|[^;]*(?:;\s*charset=[^;]*)?)""", text)
    parts = {name: value.strip('"') for name, value in zip(found[1::3], found[2::3], strict=True)}
    return found[0].strip('"'), parts


def _marked(words: Sequence[Word]) -> tuple[str, list[Variable]]:
    """Words joined by `&`, with numbered marks for variables, so that another syntax can be read around them."""
    names: list[Variable] = []
    texts = []
    for word in words:
        text = ""
        for piece in word:
            if isinstance(piece, Variable):
                text += f"\ue000{len(names)}\ue001"
                names.append(piece)
            else:
                text += piece
        texts.append(text)
    return "&".join(texts), names
