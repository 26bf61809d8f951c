"""What the rules of a spec share: the spec, and a way to report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.spec import flows, trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.spec.compile import Compiler


class Rules:
    """Rules over a compiled spec, one method each; problems go to the compiler's list.

    Args:
        compiler: The walk that compiled it.
        card: What it made.
    """

    def __init__(self, compiler: Compiler, card: dict[str, Any]) -> None:
        self.compiler = compiler
        self.document = compiler.document
        self.card = card

    def report(
        self,
        rule: str,
        message: str,
        path: tuple[Any, ...],
        hint: str = "",
        *,
        warning: bool = False,
        key: bool = False,
    ) -> None:
        """Note a problem at a path of the spec, or at the key that ends the path."""
        place = self.document.place(path, key=key)
        self.compiler.report(rule, message, place, hint, "warning" if warning else "error")

    def requests(self) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Every request that the spec can make, with where it stands in the spec."""
        for index, step in enumerate(self.card["steps"]):
            yield self.step_path(index), step
            if "resume" in step:
                yield (*self.step_path(index), "resume"), step["resume"]
        several = isinstance(self.document.data.get("delete"), list)
        for index, step in enumerate(self.card.get("delete", ())):
            yield ("delete", index) if several else ("delete",), step

    def step_path(self, index: int) -> tuple[Any, ...]:
        """Where a step stands in the spec."""
        return ("request",) if "request" in self.document.data else ("steps", index)


def step_sends_file(step: dict[str, Any]) -> bool:
    """Whether a compiled step carries the file's content, as bytes or as text."""
    return any(trees.is_file(tree) or trees.holds_content(tree) for _, tree in flows.parts(step))
