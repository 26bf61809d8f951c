"""From a template's text to a tree of plain lists: Jinja2 reads it, a closed list decides.

The tree is JSON: `["const", 5]`, `["path", "options", ["expires"]]`, `["filter", "lower", TREE, []]`,
`["cat", [TREE, ...]]` and so on; `evaluate.py` says what each means. What is not named here is refused.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from twat_fs.expression.names import DATE_DIRECTIVES, FILTERS, FUNCTIONS, ROOTS, Names
from twat_fs.expression.regex import compile_regex
from twat_fs.expression.tree import ExpressionError, Tree, children

#: Characters in a template: the cap of `docs/spec-language.md`.
TEMPLATE_LIMIT = 4096

# Jinja2 turns CR LF into LF and reads backslashes as escapes; neither is wanted, so both are hidden from it.
_CARRIAGE_RETURN = "\ue00d"
_ENVIRONMENT = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701  makes no HTML; never renders
# The names whose members hold data of a reply, which goes to any depth.
_DEEP = ("saved", "previous", "vars", "reply", "result", "metadata")
_COMPARISONS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}
# What people may write out of habit: how it looks, and what to write instead.
_INSTEAD: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Concat: ("~", "Write + instead of ~."),
    nodes.Test: (" is ", "Compare with == or != instead; a missing value is none."),
    nodes.Mul: ("*", "The operators on numbers are + - and //."),
    nodes.Pow: ("**", "The operators on numbers are + - and //."),
    nodes.Mod: ("%", "The operators on numbers are + - and //."),
    nodes.Div: ("/", "Write // for whole numbers."),
    nodes.Tuple: (",", "Write a list: [a, b]."),
}


def parse_template(text: str, names: Names = ROOTS) -> Tree:
    """Compile a template.

    Args:
        text: The author's text, with any number of `{{ expressions }}`.
        names: What it may name.

    Returns:
        The tree; a text without expressions is a constant, a single expression is that expression's tree.

    Raises:
        ExpressionError: It is not in the language; says where and what was expected.
    """
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return ["const", text]
    if len(text) > TEMPLATE_LIMIT:
        raise ExpressionError(f"a template of {len(text)} characters; the limit is {TEMPLATE_LIMIT}")
    try:
        tree = _parse(text)
        _check_names(tree, names)
    except RecursionError:
        raise ExpressionError("the template is nested too deeply") from None
    except ExpressionError as error:
        if error.near not in text:  # written in another way, as `file['nam']`: what it begins with, or the whole
            begin = error.near.partition(".")[0]
            error.near = begin if begin in text else ""
        raise
    return tree


def parse_value(value: Any) -> Tree:
    """Compile plain data whose texts, and whose keys, are templates; a null that is written out stays."""
    if isinstance(value, dict):
        return ["dict", [[parse_template(key), parse_value(item)] for key, item in value.items()]]
    if isinstance(value, list):
        return ["list", [parse_value(item) for item in value]]
    if isinstance(value, str):
        return parse_template(value)
    return ["null"] if value is None else ["const", value]


def _parse(text: str) -> Tree:
    source = text.replace("\r", _CARRIAGE_RETURN).replace("\\", "\\\\")
    try:
        _refuse_statements(source)
        template = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise _syntax_error(text, error) from None
    parts: list[Tree] = []
    for output in template.body:
        if not isinstance(output, nodes.Output):
            raise ExpressionError("only {{ expressions }} are allowed in a template", near="{%")
        parts.extend(_part(node) for node in output.nodes)
    return parts[0] if len(parts) == 1 else ["cat", parts]


def _refuse_statements(source: str) -> None:
    for _, kind, value in _ENVIRONMENT.lex(source):
        if kind in ("block_begin", "comment_begin", "raw_begin"):
            what = "a comment" if kind == "comment_begin" else "a statement"
            raise ExpressionError(
                f"{what} in a template; only {{{{ expressions }}}} are allowed",
                near=value.strip(),
                hint="Use {{ a if condition else b }}, or a step's `when`.",
            )


def _syntax_error(text: str, error: TemplateSyntaxError) -> ExpressionError:
    said = (error.message or "it cannot be read").replace("\\\\", "\\")
    found = re.search(r"(?:got|unexpected|char) '(.+?)'", said)
    near = found.group(1) if found and found.group(1) in text else "{{"
    words = said.replace("end of print statement", "}}").rstrip(".")
    return ExpressionError(f"the template cannot be read: {words}", near=near)


def _part(node: nodes.Node) -> Tree:
    if isinstance(node, nodes.TemplateData):
        return ["text", _plain(node.data)]
    return _tree(node)


def _plain(text: str) -> str:
    return text.replace("\\\\", "\\").replace(_CARRIAGE_RETURN, "\r")


def _tree(node: nodes.Node) -> Tree:
    build = _BUILDERS.get(type(node))
    if build is None:
        near, hint = _INSTEAD.get(type(node), ("", ""))
        what = f"`{near.strip()}`" if near else type(node).__name__.lower()
        raise ExpressionError(f"{what} is not in the template language", near=near, hint=hint)
    tree: Tree = build(node)
    return tree


def _constant(node: nodes.Const) -> Tree:
    # Jinja2 reads a backslash escape in a string; every one was doubled before, so this is the text as it was.
    value = node.value
    return ["const", value.replace(_CARRIAGE_RETURN, "\r") if isinstance(value, str) else value]


def _name(node: nodes.Name) -> Tree:
    return ["const", None] if node.name == "null" else _path(node.name, [])


def _member(node: nodes.Getattr | nodes.Getitem) -> Tree:
    steps: list[str | int] = []
    base: nodes.Node = node
    while isinstance(base, (nodes.Getattr, nodes.Getitem)):
        steps.insert(0, base.attr if isinstance(base, nodes.Getattr) else _index(base))
        base = base.node
    if isinstance(base, nodes.Name) and base.name != "null":
        return _path(base.name, steps)
    return ["item", _tree(base), steps]


def _index(node: nodes.Getitem) -> str | int:
    sign, argument = (-1, node.arg.node) if isinstance(node.arg, nodes.Neg) else (1, node.arg)
    if isinstance(argument, nodes.Const) and type(argument.value) is int:
        return sign * argument.value
    if isinstance(argument, nodes.Const) and isinstance(argument.value, str) and sign == 1:
        return argument.value
    raise ExpressionError("only a number or a quoted name may stand in [ ]", near="[")


def _path(root: str, steps: list[str | int]) -> Tree:
    return ["path", root, steps]


def _check_names(tree: Tree, names: Names) -> None:
    if tree[0] == "path":
        _check_path(tree[1], tree[2], names)
    for child in children(tree):
        _check_names(child, names)


def _check_path(root: str, steps: list[str | int], names: Names) -> None:
    if root not in names:
        raise ExpressionError(
            f"`{root}` is not a name that a template can use",
            near=root,
            rule="unknown-name",
            hint=_nearest(root, names) or f"The names are {', '.join(sorted(names))}.",
        )
    alone, members = names[root]
    if not steps and not alone:
        raise ExpressionError(f"`{root}` needs a member: {root}.NAME", near=root)
    if steps and members is not None and steps[0] not in members:
        near = f"{root}.{steps[0]}"
        hint = _nearest(str(steps[0]), members) or f"{root} has {', '.join(members) or 'no members'}."
        raise ExpressionError(f"`{near}` has no value", near=near, rule="unknown-name", hint=hint)
    if len(steps) > 1 and root not in _DEEP:
        near = f"{root}.{steps[0]}"
        raise ExpressionError(f"`{near}` is a plain value and has no members", near=near, rule="unknown-name")


def _filter(node: nodes.Filter) -> Tree:
    if node.name not in FILTERS:
        raise ExpressionError(
            f"there is no filter `{node.name}`",
            near=node.name,
            hint=_nearest(node.name, FILTERS) or f"The filters are {', '.join(FILTERS)}.",
        )
    _count(node, *FILTERS[node.name])
    if node.node is None:
        raise ExpressionError(f"the filter `{node.name}` has nothing before it", near=node.name)
    arguments = [_tree(argument) for argument in node.args]
    if node.name == "regex_replace":
        _check_pattern(*arguments)
    if node.name == "date":
        _check_date(arguments[0])
    return ["filter", node.name, _tree(node.node), arguments]


def _call(node: nodes.Call) -> Tree:
    if not isinstance(node.node, nodes.Name) or node.node.name not in FUNCTIONS:
        name = getattr(node.node, "name", getattr(node.node, "attr", "this"))
        raise ExpressionError(
            f"`{name}` is not a function", near=str(name), hint="The functions are random(n) and choice([a, b])."
        )
    _count(node, 1, 1)
    return ["call", node.node.name, _tree(node.args[0])]


def _count(node: nodes.Filter | nodes.Call, least: int, most: int) -> None:
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not least <= len(node.args) <= most:
        name = node.name if isinstance(node, nodes.Filter) else getattr(node.node, "name", "")
        wanted = str(least) if least == most else f"{least} to {most}"
        plural = "" if wanted == "1" else "s"
        raise ExpressionError(f"`{name}` takes {wanted} argument{plural}, by place", near=name)


def _check_pattern(argument: Tree, replacement: Tree) -> None:
    if argument[0] != "const" or not isinstance(argument[1], str):
        raise ExpressionError("the pattern of regex_replace is written out, in quotes", near="regex_replace")
    try:
        groups = compile_regex(argument[1]).groups
    except ExpressionError as error:
        error.near = argument[1]
        raise
    named = [int(number) for number in re.findall(r"\$(\d)", str(replacement[1]))] if replacement[0] == "const" else []
    if max(named, default=0) > groups:
        raise ExpressionError(f"the pattern has {groups} groups, so there is no ${max(named)}", near=f"${max(named)}")


def _check_date(argument: Tree) -> None:
    # A width, as in %0500000000d, would make the C library fill memory.
    if argument[0] != "const" or not re.fullmatch(rf"(?:[^%]|%[{DATE_DIRECTIVES}%])*", str(argument[1]), re.DOTALL):
        raise ExpressionError(
            "the format of date is written out, in quotes, of plain directives",
            near="date",
            hint=f"The directives are %{' %'.join(DATE_DIRECTIVES)}.",
        )


def _condition(node: nodes.CondExpr) -> Tree:
    otherwise = _tree(node.expr2) if node.expr2 is not None else ["const", None]
    return ["if", _tree(node.test), _tree(node.expr1), otherwise]


def _compare(node: nodes.Compare) -> Tree:
    return ["compare", _tree(node.expr), [[_COMPARISONS[item.op], _tree(item.expr)] for item in node.ops]]


def _two(operator: str) -> Any:
    return lambda node: [operator, _tree(node.left), _tree(node.right)]


def _nearest(word: str, words: Any) -> str:
    import difflib

    close = difflib.get_close_matches(word, [str(item) for item in words], 1)
    return f"Did you mean `{close[0]}`?" if close else ""


_BUILDERS: dict[Any, Any] = {
    nodes.Const: _constant,
    nodes.Name: _name,
    nodes.Getattr: _member,
    nodes.Getitem: _member,
    nodes.Filter: _filter,
    nodes.Call: _call,
    nodes.CondExpr: _condition,
    nodes.Compare: _compare,
    nodes.Not: lambda node: ["not", _tree(node.node)],
    nodes.Neg: lambda node: ["-", ["const", 0], _tree(node.node)],
    nodes.And: _two("and"),
    nodes.Or: _two("or"),
    nodes.Add: _two("+"),
    nodes.Sub: _two("-"),
    nodes.FloorDiv: _two("//"),
    nodes.List: lambda node: ["list", [_tree(item) for item in node.items]],
    nodes.Dict: lambda node: ["dict", [[_tree(pair.key), _tree(pair.value)] for pair in node.items]],
}
