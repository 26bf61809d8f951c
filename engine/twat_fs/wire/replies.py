"""How a shell finds in a reply what a query finds there, and what a template says, for people."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

_STRIP = "python3 -c 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode().strip().encode())'"
_JOIN = (
    "python3 -c 'import sys, urllib.parse as u; t = sys.stdin.read();"
    " sys.stdout.write(t and u.urljoin(sys.argv[1], t))'"
)
_REGEX = (
    "python3 -c 'import re, sys; m = re.search(sys.argv[1], sys.stdin.buffer.read().decode().strip());"
    ' sys.stdout.buffer.write((m[1] if m.re.groups else m[0]).encode() if m else b"")\''
)
#: The last block of headers counts; values of a repeated name are joined.
_HEADER = (
    'awk -v name={name} \'/^HTTP\\// {{ value = between = "" }} index(tolower($0), name ":") == 1'
    ' {{ text = substr($0, length(name) + 2); gsub(/^[ \\t]+|[ \\t]+$/, "", text);'
    ' value = value between text; between = ", " }} END {{ printf "%s", value }}\''
)


def reading_of(query: dict[str, Any], address: str) -> tuple[str, str]:
    """What to read for a query, `body` or `headers`, and the command that reads it; empty where none is known.

    Args:
        query: The query.
        address: The request's address as a shell word, for a `Location` that is relative.
    """
    query = _plain(query)
    if "header" in query:
        name = str(query["header"]).lower()
        joined = f" | {_JOIN} {address}" if name in ("location", "content-location") else ""
        return "headers", _HEADER.format(name=shlex.quote(name)) + joined
    if "text" in query:
        return "body", _STRIP
    if "regex" in query:
        return "body", f"{_REGEX} {shlex.quote(query['regex'])}"
    way = jq_of(query)
    return "body", "" if way is None else f"jq -r '{way} | values'"


def jq_of(query: dict[str, Any]) -> str | None:
    """The way of a query through JSON, for jq; None where it is none that we can write."""
    query = _plain(query)
    if "jq" in query:
        return str(query["jq"])
    if "jmespath" not in query:
        return None
    import jmespath

    return _jq(jmespath.compile(query["jmespath"]).parsed)


def _plain(query: dict[str, Any]) -> dict[str, Any]:
    """A template that only names something in the reply, as the query that finds it."""
    tree = query.get("template")
    if not tree or tree[0] != "path" or tree[1] != "reply" or not tree[2]:
        return query
    member, *steps = tree[2]
    if member == "json":
        return {"jq": "." + "".join(map(jq_step, steps)).removeprefix(".") if steps else "."}
    if member == "headers" and len(steps) == 1:
        return {"header": steps[0]}
    return {"text": True} if member == "text" and not steps else query


def _jq(tree: Any) -> str | None:
    kind, children = tree["type"], tree.get("children", [])
    if kind in ("identity", "current"):
        return "."
    if kind == "field":
        return "." + jq_step(tree["value"]).removeprefix(".")
    if kind == "index":
        return f".[{tree['value']}]"
    ways = [_jq(child) for child in children]
    if None in ways:
        return None
    if kind in ("subexpression", "index_expression", "pipe"):
        return " | ".join(str(way) for way in ways if way != ".") or "."
    return f"(({ways[0]}) // ({ways[1]}))" if kind == "or_expression" else None


def jq_step(step: str | int) -> str:
    """One step of a way for jq."""
    if isinstance(step, int):
        return f"[{step}]"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", step):
        return f".{step}"
    return f"[{json.dumps(step)}]".replace("'", "\\u0027").replace("!", "\\u0021")


def template_text(tree: list[Any]) -> str:
    """An expression as a template's author would write it."""
    kind = tree[0]
    if kind in ("const", "text"):
        return repr(tree[1]) if not isinstance(tree[1], bool) else str(tree[1]).lower()
    if kind == "path":
        return ".".join([tree[1], *map(str, tree[2])])
    if kind == "compare":
        return " ".join([template_text(tree[1]), *(f"{sign} {template_text(other)}" for sign, other in tree[2])])
    if kind in ("and", "or", "+", "-", "//"):
        return f"{template_text(tree[1])} {kind} {template_text(tree[2])}"
    if kind == "not":
        return f"not {template_text(tree[1])}"
    if kind == "if":
        return f"{template_text(tree[2])} if {template_text(tree[1])} else {template_text(tree[3])}"
    if kind == "filter":
        arguments = ", ".join(map(template_text, tree[3]))
        return f"{template_text(tree[2])} | {tree[1]}" + (f"({arguments})" if arguments else "")
    if kind in ("cat", "list"):
        inside = (" + " if kind == "cat" else ", ").join(map(template_text, tree[1]))
        return inside if kind == "cat" else f"[{inside}]"
    if kind == "item":
        return ".".join([template_text(tree[1]), *map(str, tree[2])])
    return "none" if kind == "null" else "an expression"
