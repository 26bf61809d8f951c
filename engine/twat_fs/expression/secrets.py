"""What happens to a secret inside a template: it stays a secret, and says how a shell would make the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.messages import Held, Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PERCENT = (
    "python3 -c 'import sys, urllib.parse as u; sys.stdout.write(u.quote(sys.stdin.buffer.read(), safe=\"{safe}\"))'"
)

#: How a shell does what a filter does, where it can.
_COMMANDS = {
    "base64": "base64 | tr -d '\\n'",
    "urlencode": _PERCENT.format(safe="/"),
    "percent": _PERCENT.format(safe=""),
    "lower": "tr '[:upper:]' '[:lower:]'",
    "upper": "tr '[:lower:]' '[:upper:]'",
    "basename": "xargs -0 basename",
}


def credential(name: str, value: str) -> Held:
    """A credential's value, shown as the environment variable that holds it."""
    return Held(value, frozenset({f"credentials.{name}"}), (Shell(f"${{{name}}}"),))


def held_option(name: str, value: Any) -> Held:
    """A secret option's value."""
    return Held(value, frozenset({f"options.{name}"}), (Shell(f"${{{name}}}"),))


def held_reply(name: str, value: Any) -> Held:
    """A value of a reply that the spec calls a secret."""
    return Held(value, frozenset({f"saved.{name}"}), (Shell(f"${{{name}}}"),))


def bare(value: Any) -> Any:
    """The value without its cover, for comparing."""
    return value.value if isinstance(value, Held) else value


def join(separator: str, values: Sequence[Any]) -> Held:
    """Texts put together, at least one of them a secret."""
    pieces: list[str | Shell] = []
    origins: frozenset[str] = frozenset()
    for index, value in enumerate(values):
        if index and separator:
            pieces.append(separator)
        if isinstance(value, Held):
            pieces.extend(value.pieces)
            origins |= value.origins
        else:
            pieces.append(str(value))
    return Held(separator.join(str(bare(value)) for value in values), origins, tuple(pieces))


def derived(held: Held, change: Callable[[Any], Any], how: str) -> Any:
    """What a change makes of a secret: a secret again, or null.

    Args:
        held: The secret.
        change: Works on the value inside.
        how: The filter's name; a shell command is shown where one does the same.
    """
    value = change(held.value)
    if value is None:
        return None
    command = _COMMANDS.get(how)
    if command:
        expression = f'$(printf %s "{quoted(held.pieces)}" | {command})'
    else:
        expression = f"${{TWAT_FS_VALUE:?what `{how}` makes of {', '.join(sorted(held.origins))}}}"
    return Held(value, held.origins, (Shell(expression),))


def quoted(pieces: Sequence[str | Shell]) -> str:
    """Pieces as the inside of a double-quoted shell word."""
    return "".join(piece.expression if isinstance(piece, Shell) else _escaped(piece) for piece in pieces)


def _escaped(text: str) -> str:
    for character in '\\"$`':
        text = text.replace(character, f"\\{character}")
    return text
