"""What a template's tree is worth: evaluation over plain values, and nothing but plain values.

Null passes through everything but comparison, so a template into which null goes is null. A secret (`Held`) makes all
that it goes into a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twat_fs.expression import secrets
from twat_fs.expression.filters import FILTERS, added, quote, to_text
from twat_fs.expression.limits import OUTPUT_LIMIT, TEXT_LIMIT, EvaluationError, bounded, capped, check_length, size
from twat_fs.expression.scope import FileFacts, Scope
from twat_fs.messages import Held

if TYPE_CHECKING:
    from twat_fs.expression.tree import Tree

__all__ = ["EvaluationError", "FileFacts", "Scope", "evaluate", "render", "render_url"]


@bounded
def evaluate(tree: Tree, scope: Scope) -> Any:
    """The value of a tree.

    Args:
        tree: What `parse.parse_template` or `parse.parse_value` made.
        scope: What it sees.

    Raises:
        EvaluationError: A filter or an operator met a value that it cannot work on.
    """
    return _value(tree, scope)


@bounded
def render(tree: Tree, scope: Scope, limit: int | None = OUTPUT_LIMIT) -> str | Held | None:
    """The value of a tree as text, or None where it is null."""
    return _within(to_text(_value(tree, scope)), limit)


@bounded
def render_url(tree: Tree, scope: Scope) -> str | Held | None:
    """The value of a tree as a URL: an insert at its start stays, every other is percent-encoded.

    RFC 3986, 2.3: what is not unreserved is encoded; what `raw` or `urlencode` made is not encoded again.
    """
    if tree[0] != "cat":
        return _within(to_text(_value(tree, scope)), OUTPUT_LIMIT)
    first, *others = tree[1]
    texts = [to_text(_value(first, scope))]
    for part in others:
        text = to_text(_value(part, scope))
        texts.append(text if part[0] == "text" or text is None else quote(text))
    return _joined(texts, OUTPUT_LIMIT)


def _within(text: str | Held | None, limit: int | None) -> str | Held | None:
    if limit is not None and text is not None:
        capped(secrets.bare(text), limit)
    return text


def _value(tree: Tree, scope: Scope) -> Any:
    return _OPERATIONS[tree[0]](tree, scope)


def _joined(texts: list[str | Held | None], limit: int = TEXT_LIMIT) -> str | Held | None:
    present = [text for text in texts if text is not None]
    if len(present) < len(texts):
        return None
    check_length(sum(len(secrets.bare(text)) for text in present), limit)
    if any(isinstance(text, Held) for text in present):
        return secrets.join("", present)
    return "".join(str(text) for text in present)


def _var(tree: Tree, scope: Scope) -> Any:
    """A var: small, unless it reads the file's content, and then not more than any text with all vars together."""
    value = _value(tree[1], scope)
    if not tree[2]:
        if size(value, OUTPUT_LIMIT) > OUTPUT_LIMIT:
            raise EvaluationError(f"it holds more than {OUTPUT_LIMIT} characters")
    elif size([value, *(scope.names.get("vars") or {}).values()], TEXT_LIMIT) > TEXT_LIMIT:
        raise EvaluationError(f"the vars together hold more than {TEXT_LIMIT} characters")
    return value


def _cat(tree: Tree, scope: Scope) -> Any:
    return _joined([to_text(_value(part, scope)) for part in tree[1]])


def _path(tree: Tree, scope: Scope) -> Any:
    return _walk(scope.names.get(tree[1]), tree[2])


def _item(tree: Tree, scope: Scope) -> Any:
    return _walk(_value(tree[1], scope), tree[2])


def _walk(value: Any, steps: list[str | int]) -> Any:
    for index, step in enumerate(steps):
        if isinstance(value, Held):
            return secrets.derived(value, _walker(steps[index:]), "a member")
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None
        else:
            return None
    return value


def _walker(steps: list[str | int]) -> Callable[[Any], Any]:
    return lambda inside: _walk(inside, steps)


def _filter(tree: Tree, scope: Scope) -> Any:
    _, name, subject, arguments = tree
    value = _value(subject, scope)
    values = [_value(argument, scope) for argument in arguments]
    if value is None or None in [None if item is None else 0 for item in values]:
        return None
    return FILTERS[name](value, *values)


def _call(tree: Tree, scope: Scope) -> Any:
    argument = _value(tree[2], scope)
    if tree[1] == "random":
        if isinstance(argument, bool) or not isinstance(argument, int) or not 1 <= argument <= 256:
            raise EvaluationError("random() takes a whole number from 1 to 256")
        return scope.random(argument)
    if not isinstance(argument, list) or not argument:
        raise EvaluationError("choice() takes a list with at least one item")
    return argument[scope.choose(len(argument))]


def _if(tree: Tree, scope: Scope) -> Any:
    return _value(tree[2] if _true(_value(tree[1], scope)) else tree[3], scope)


def _and(tree: Tree, scope: Scope) -> Any:
    left = _value(tree[1], scope)
    return _value(tree[2], scope) if _true(left) else left


def _or(tree: Tree, scope: Scope) -> Any:
    left = _value(tree[1], scope)
    return left if _true(left) else _value(tree[2], scope)


def _not(tree: Tree, scope: Scope) -> bool:
    return not _true(_value(tree[1], scope))


def _true(value: Any) -> bool:
    if isinstance(value, FileFacts):
        return True
    return bool(value.value if isinstance(value, Held) else value)


def _compare(tree: Tree, scope: Scope) -> bool:
    left = secrets.uncovered(_value(tree[1], scope))
    for operator, other in tree[2]:
        right = secrets.uncovered(_value(other, scope))
        if not _holds(operator, left, right):
            return False
        left = right
    return True


def _holds(operator: str, left: Any, right: Any) -> bool:
    if operator in ("==", "!="):
        return bool((left == right) == (operator == "=="))
    if left is None or right is None:
        return False
    try:
        return bool(_COMPARISONS[operator](left, right))
    except TypeError:
        raise EvaluationError(f"{_kind(left)} {operator} {_kind(right)} cannot be compared") from None


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def _plus(tree: Tree, scope: Scope) -> Any:
    left, right = _value(tree[1], scope), _value(tree[2], scope)
    if left is None or right is None:
        return None
    if _is_number(left) and _is_number(right):
        return left + right
    if all(isinstance(secrets.bare(side), str) for side in (left, right)):
        return added(left, right)
    raise EvaluationError(f"{_kind(left)} + {_kind(right)}: + takes two texts or two numbers")


def _arithmetic(tree: Tree, scope: Scope) -> Any:
    operator, left, right = tree[0], _value(tree[1], scope), _value(tree[2], scope)
    if left is None or right is None:
        return None
    if not (_is_number(left) and _is_number(right)):
        raise EvaluationError(f"{_kind(left)} {operator} {_kind(right)}: {operator} takes two numbers")
    if operator == "-":
        return left - right
    if not right:
        raise EvaluationError("a division by zero")
    return left // right


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    value = secrets.bare(value)
    if isinstance(value, FileFacts):
        return "the file"
    names = {str: "a text", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), "a text")


def _list(tree: Tree, scope: Scope) -> list[Any]:
    return [value for item in tree[1] if (value := _value(item, scope)) is not None or item == ["null"]]


def _dict(tree: Tree, scope: Scope) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key_tree, value_tree in tree[1]:
        key = to_text(_value(key_tree, scope))
        value = _value(value_tree, scope)
        if key is not None and (value is not None or value_tree == ["null"]):
            result[key] = value
    return result


_OPERATIONS: dict[str, Callable[[Tree, Scope], Any]] = {
    "const": lambda tree, _: tree[1],
    "text": lambda tree, _: tree[1],
    "null": lambda _, __: None,
    "cat": _cat,
    "var": _var,
    "path": _path,
    "item": _item,
    "filter": _filter,
    "call": _call,
    "if": _if,
    "and": _and,
    "or": _or,
    "not": _not,
    "compare": _compare,
    "+": _plus,
    "-": _arithmetic,
    "//": _arithmetic,
    "list": _list,
    "dict": _dict,
}
