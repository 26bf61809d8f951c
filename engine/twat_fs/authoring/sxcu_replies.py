"""What ShareX's uploaders read from a reply, as queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.authoring import keys
from twat_fs.authoring.replies import member
from twat_fs.authoring.sxcu_syntax import UNKNOWN_CALL, Call, Text, parse, quoted
from twat_fs.expression.regex import compile_regex
from twat_fs.expression.tree import ExpressionError

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

_STEP = re.compile(r"\.?([^.\[\]$]+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]|^\$")
_NAMED_GROUP = re.compile(r"\(\?<([A-Za-z_]\w*)>")


#: What the older key `ResponseType` takes as the link, where no `URL` says it.
_OF_TYPE = {"redirectionurl": "{responseurl}", "locationheader": "{header:Location}"}


class _Unknown(Exception):
    """Something that cannot be carried over; the message says why."""


class Replies:
    """Puts the result and the error message into a draft.

    Args:
        draft: Gets them.
        patterns: The uploader's list of regular expressions.
    """

    def __init__(self, draft: Draft, patterns: list[str]) -> None:
        self._draft = draft
        self._patterns = patterns

    def put(self, given: dict[str, Any]) -> None:
        """Carry over the link, its companions and the error message.

        Args:
            given: The uploader, its keys in small letters.
        """
        result: dict[str, Any] = {}
        self._draft.data["result"] = result
        url = str(given.get("url") or "") or _OF_TYPE.get(str(given.get("responsetype") or "").lower(), "")
        found = self._query("URL", url) if url else {"text": True}
        if found is None:
            found = {"text": True}
            self._draft.comment("result", "url", text="What the uploader says here could not be carried over.")
        result["url"] = found
        for key, name in (("deletionurl", "delete_url"), ("thumbnailurl", "thumbnail")):
            query = self._query(key, str(given.get(key) or "")) if given.get(key) else None
            if query is not None and name == "thumbnail":
                result["metadata"] = {name: query}
            elif query is not None:
                result[name] = query
        message = (
            self._query("ErrorMessage", str(given.get("errormessage") or "")) if given.get("errormessage") else None
        )
        if message is not None:
            self._draft.data["errors"] = {"message": message}

    def _query(self, key: str, text: str) -> Any:
        try:
            return self._of(parse(text), key.lower())
        except _Unknown as error:
            self._draft.remarks.append(f"{key} is not carried over: {error}")
            return None

    def _of(self, text: Text, key: str) -> Any:
        for piece in text:
            self._check(piece)
        if len(text) == 1 and isinstance(text[0], Call):
            return self._alone(text[0])
        if len(text) > 1 and text[0] in ("https:", "http:") and isinstance(text[1], Call) and text[1].name == "json":
            # The host leaves the scheme out: `//i.example/1.png`.
            return f"{text[0]}//{{{{ reply.json{_members(_last(text[1]))} | regex_replace('^//', '') | raw }}}}"
        pieces = [
            self._inside(piece, first=not at, name=f"{key}{at}") if isinstance(piece, Call) else self._draft.led(piece)
            for at, piece in enumerate(text)
        ]
        return {"template": "".join(pieces)} if not any("{{" in piece for piece in pieces) else "".join(pieces)

    @staticmethod
    def _check(piece: str | Call) -> None:
        """Refuse what would be printed with every link, or would be read from elsewhere.

        Raises:
            _Unknown: It is one of these; says which.
        """
        if isinstance(piece, str):
            unknown = UNKNOWN_CALL.search(piece)
            if unknown:
                raise _Unknown(f"`{unknown[0]}` is not known here")
            named = [name for name, value in re.findall(r"[?&]([\w.-]+)=([^&#]+)", piece) if keys.names_key(name)]
            if keys.in_text(piece) or named:
                raise _Unknown("it has a key in it, and links are shown to everybody")
            return
        inner = [each.name for words in piece.arguments for each in words if isinstance(each, Call)]
        if piece.name in ("json", "xml", "regex") and not set(inner) <= {"response", "responsetext"}:
            raise _Unknown(f"`{piece.name}` reads from `{inner[0]}` here, and from the reply's text in a spec")

    def _alone(self, call: Call) -> Any:
        if call.name == "json":
            return _jmespath(_last(call))
        if call.name in ("regex", "xml"):
            return {"regex": self._pattern(call)}
        if call.name == "header":
            return {"header": _last(call)}
        if call.name in ("response", "responsetext"):
            return {"text": True}
        return self._inside(call, first=True, name="")

    def _inside(self, call: Call, *, first: bool, name: str) -> str:
        """A function as a part of a link; what it gives is put there as it is, as ShareX does."""
        plain = "" if first else " | raw"
        if call.name == "json":
            return f"{{{{ reply.json{_members(_last(call))}{plain} }}}}"
        if call.name in ("regex", "xml"):
            saved = re.sub(r"\W", "_", name)
            self._draft.request.setdefault("save", {})[saved] = {"regex": self._pattern(call)}
            return f"{{{{ saved.{saved}{plain} }}}}"
        if call.name == "header":
            return f"{{{{ reply.headers['{_last(call).lower()}']{plain} }}}}"
        if call.name in ("response", "responsetext"):
            return f"{{{{ reply.text{plain} }}}}"
        if call.name == "responseurl":
            self._draft.request["redirects"] = "see_other"
            return f"{{{{ reply.url{plain} }}}}"
        if call.name == "filename":
            return "{{ file.name }}"
        if call.name == "random":
            return f"{{{{ choice([{', '.join(map(quoted, call.plain))}]){plain} }}}}"
        raise _Unknown(f"`{call.name}` has no counterpart in what is read from a reply")

    def _pattern(self, call: Call) -> str:
        return _of_xml(_last(call)) if call.name == "xml" else self._of_list(call)

    def _of_list(self, call: Call) -> str:
        words = [word for word in call.plain if word]
        number = int(words[0]) if words and words[0].isdecimal() else 1
        if not 0 < number <= len(self._patterns):
            raise _Unknown(f"there is no regular expression number {number}")
        group = words[1] if len(words) > 1 else "0"
        pattern = _with_group(_without_lookaround(self._patterns[number - 1]), group)
        try:
            compile_regex(pattern)
        except ExpressionError as error:
            raise _Unknown(f"{error} ({error.hint or 'RE2 syntax'})") from error
        return pattern


def _last(call: Call) -> str:
    """The argument that names what is read: the last one, before which newer versions can name where to read."""
    return call.plain[-1].strip() if call.plain else ""


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if not match or match.end() == at:
            raise _Unknown(f"the path `{path}` has more in it than members and items")
        steps += [int(match[2])] if match[2] else [match[1] or match[3]] if match[1] or match[3] else []
        at = match.end()
    if not steps or any("*" in str(step) for step in steps):
        raise _Unknown(f"the path `{path}` does not name one value")
    return steps


def _jmespath(path: str) -> str:
    query = ""
    for step in _steps(path):
        query = member(query, step)
    return query if not query.startswith("[") else f"@{query}"


def _members(path: str) -> str:
    """A path as the members of a template's name."""
    steps = _steps(path)
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" if step.isidentifier() else f"['{step}']" for step in steps
    )


def _of_xml(path: str) -> str:
    """An expression for the text of an element, of which the path's last name is all that counts."""
    name = re.sub(r"\[\d+\]", "", path.rstrip("/").rsplit("/", 1)[-1])
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
        raise _Unknown(f"the XPath `{path}` does not end with the name of an element")
    return rf"<{name}(?:\s[^>]*)?>(?:<!\[CDATA\[)?([^<\]]+)"


def _without_lookaround(pattern: str) -> str:
    """A pattern that RE2 takes: what must stand around the match becomes a part of it, and the match a group."""
    pattern = _NAMED_GROUP.sub(r"(?P<\1>", pattern)
    before = re.match(r"\(\?<=((?:\\.|[^()\\])*)\)", pattern)
    after = re.search(r"\(\?=((?:\\.|[^()\\])*)\)$", pattern)
    if not before and not after:
        return pattern
    middle = pattern[before.end() if before else 0 : after.start() if after else len(pattern)]
    return f"{before[1] if before else ''}(?P<whole>{middle}){after[1] if after else ''}"


def _with_group(pattern: str, group: str) -> str:
    """A pattern whose only group is the one that is wanted; group 0 is the whole match."""
    wanted = "whole" if "(?P<whole>" in pattern and group in ("0", "1") else group
    count = 0
    made = ""
    at = 0
    in_class = False
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            made += pattern[at : at + 2]
            at += 2
            continue
        in_class = character == "[" or (in_class and character != "]")
        named = re.compile(r"\(\?P<(\w+)>").match(pattern, at) if not in_class else None
        if character == "(" and not in_class and (named or not pattern.startswith("(?", at)):
            count += 1
            mine = wanted in (str(count), named[1] if named else "")
            made += "(" if mine else "(?:"
            at = named.end() if named else at + 1
            continue
        made += character
        at += 1
    return made
