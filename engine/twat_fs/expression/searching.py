"""JMESPath over a reply within a budget, since a query of a line can make of any reply as much as it likes."""

from __future__ import annotations

import json
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

from twat_fs.expression.reading import UnreadableReply
from twat_fs.text import printable

#: What a search may make, in characters of text; a value costs as much as four of them, a step as two.
BUDGET = 4 * 1024 * 1024
_VALUE, _STEP = 4, 2

# What makes something new; all else hands on a piece of what is there.
_MAKERS = frozenset(
    {
        "multi_select_list",
        "multi_select_dict",
        "flatten",
        "slice",
        "projection",
        "filter_projection",
        "value_projection",
        "function_expression",
    }
)


class _Spent(Exception):
    """The budget is used up."""


class _Budget:
    """Counts what a search makes.

    A list may stand in another twice, so that a few of them come to billions of values when they are written out. So
    two things are counted: what is made, which is memory, and what each value would come to, which is what follows.
    """

    def __init__(self) -> None:
        self.left = BUDGET
        # By identity, with the value itself, which keeps the identity its own.
        self._sizes: dict[int, tuple[int, Any]] = {}

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _Spent

    def made(self, value: Any) -> None:
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, (list, dict)) and id(value) not in self._sizes:
            self.spend(_VALUE * len(value))
        self.check(value)

    def check(self, value: Any) -> None:
        if self.size(value) > BUDGET:
            raise _Spent

    def size(self, value: Any) -> int:
        if isinstance(value, str):
            return _VALUE + len(value)
        if isinstance(value, int):
            return _VALUE + value.bit_length() // 3
        if not isinstance(value, (list, dict)):
            return _VALUE
        known = self._sizes.get(id(value))
        if known is None:
            keys = sum(map(len, value)) if isinstance(value, dict) else 0
            items = value.values() if isinstance(value, dict) else value
            known = (_VALUE + keys + sum(map(self.size, items)), value)
            self._sizes[id(value)] = known
        return known[0]


class _Functions(Functions):
    """The functions of JMESPath; those that can make much of little look before they do."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget

    @signature({"types": []})
    def _func_to_string(self, arg: Any) -> Any:
        self._budget.check(arg)
        return arg if isinstance(arg, str) else json.dumps(arg, separators=(",", ":"), default=str)

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        if len(separator) * len(array) + sum(map(len, array)) > BUDGET:
            raise _Spent
        return separator.join(array)


class _Interpreter(TreeInterpreter):
    """Walks a query; each step costs."""

    def __init__(self, budget: _Budget) -> None:
        super().__init__(Options(custom_functions=_Functions(budget)))
        self._budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._budget.spend(_STEP)
        result = super().visit(node, *args, **kwargs)
        if node["type"] in _MAKERS:
            self._budget.made(result)
        return result


def search(expression: str, data: Any) -> Any:
    """What a JMESPath query finds.

    Raises:
        UnreadableReply: The query cannot be applied to the data, or would make too much of it.
    """
    try:
        return _Interpreter(_Budget()).visit(jmespath.compile(expression).parsed, data)
    except _Spent:
        raise UnreadableReply("it would make too much of the reply") from None
    except RecursionError:
        raise UnreadableReply("the reply is nested too deeply for it") from None
    except (JMESPathError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise UnreadableReply(f"it cannot be applied to the reply: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What an error says, in one line that is not long: some quote the whole value."""
    try:
        line = str(error)
    except (RecursionError, ValueError):
        return type(error).__name__
    return printable(line, 200)
