"""`NamedTuple` as `typing` has it, at a third of the cost: what annotations mean is not worked out.

A small upload defines some sixty of them, and `typing` compiles each annotation of each, which nobody asks for here.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Made(type):
        """Makes a class with annotations and defaults into a named tuple; the rest of its body goes along."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            for key, value in body.items():
                setattr(made, key, value)
            made.__new__.__annotations__ = fields
            return made

    class NamedTuple(metaclass=_Made):
        """See `typing.NamedTuple`."""


__all__ = ["NamedTuple"]
