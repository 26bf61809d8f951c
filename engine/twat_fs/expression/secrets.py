"""What happens to a secret inside a template: it stays a secret, and says how a shell would make the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.messages import Held, Shell, origins_of, texts_in
from twat_fs.text import REDACTOR, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pieces = tuple[str | Shell, ...]

_PERCENT = (
    "python3 -c 'import sys, urllib.parse as u; sys.stdout.write(u.quote(sys.stdin.buffer.read(), safe=\"{safe}\"))'"
)
_STRIP = "python3 -c 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode().strip({set}).encode())'"
_JSON = (
    "python3 -c 'import json, sys;"
    ' sys.stdout.write(json.dumps(sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))[1:-1])\''
)

#: How a shell does what a filter does, where it can; an empty command leaves the text as it is.
_COMMANDS = {
    "base64": "base64 | tr -d '\\n'",
    "urlencode": _PERCENT.format(safe="/"),
    "percent": _PERCENT.format(safe=""),
    "json": _JSON,
    "lower": "tr '[:upper:]' '[:lower:]'",
    "upper": "tr '[:lower:]' '[:upper:]'",
    "basename": "sed 's,/*$,,; s,.*/,,'",
    "trim": _STRIP.format(set=""),
    "raw": "",
    "string": "",
}
#: What quotes do not keep or nobody sees: controls, bytes that are not UTF-8, what reorders text.
_HIDDEN = rf"(?!\n)[{UNSEEN}]"
#: The same, and `!`, which an interactive bash expands in double quotes.
_UNQUOTABLE = rf"(?!\n)[!{UNSEEN}]"


def credential(name: str, value: str, variable: str = "") -> Held:
    """A credential's value, shown as the environment variable that holds it.

    Args:
        name: As the spec declares it.
        value: The secret.
        variable: The variable that is set, where it is an alias.
    """
    variable = variable or name
    return _held(f"credentials.{name}", value, variable, f"set {variable}")


def held_option(name: str, value: Any, variable: str = "") -> Held:
    """A secret option's value.

    Args:
        name: The option.
        value: What is sent for it.
        variable: The environment variable that holds just that; without one, a name is made up.
    """
    made_up = "OPTION_" + re.sub(r"\W", "_", name).upper()
    return _held(f"options.{name}", value, variable or made_up, f"set it to the option {name}")


def held_reply(name: str, value: Any) -> Held:
    """A value of a reply that the spec calls a secret; what other secrets went into it is not forgotten."""
    held = _held(f"saved.{name}", uncovered(value), variable_of("saved", name), f"the reply gave no {name}")
    return Held(held.value, held.origins | origins_of(value), held.pieces)


def held_again(root: str, name: str, value: Any) -> Held:
    """A secret that an earlier upload left, by the root and the name that templates read it under."""
    return _held(f"{root}.{name}", value, variable_of(root, name), f"the receipt has no {root}.{name}")


def variable_of(kind: str, name: str) -> str:
    """The shell variable for something that the spec names, which may hold dashes."""
    return re.sub(r"\W", "_", f"{kind}_{name}")


def _held(origin: str, value: Any, variable: str, words: str) -> Held:
    for text in texts_in(value):
        REDACTOR.add(text)
    shown = Shell(f"${{{variable}}}", str(value), needs=(f"${{{variable}:?{words}}}",))
    return Held(value, frozenset({origin}), (shown,))


def bare(value: Any) -> Any:
    """The value without its cover, for comparing."""
    return value.value if isinstance(value, Held) else value


def uncovered(value: Any) -> Any:
    """The value without any cover in it, however deep; for comparing."""
    if isinstance(value, Held):
        return uncovered(value.value)
    if isinstance(value, dict):
        return {bare(key): uncovered(item) for key, item in value.items()}
    return [uncovered(item) for item in value] if isinstance(value, list) else value


def join(separator: str, values: Sequence[Any]) -> Held:
    """Texts put together, at least one of them a secret."""
    pieces: list[str | Shell] = []
    origins: frozenset[str] = frozenset()
    for index, value in enumerate(values):
        if index and separator:
            pieces.append(separator)
        if isinstance(value, Held):
            pieces.extend(_pieces(value))
            origins |= value.origins
        else:
            pieces.append(str(value))
    return Held(separator.join(str(bare(value)) for value in values), origins, _unquoted(pieces))


def _pieces(held: Held) -> Pieces:
    """The pieces of a secret, in the encoding that its value has by now: JSON's, or that of an address."""
    import json

    value = str(held.value)
    plain = value_of(held.pieces)
    if value == plain:
        return held.pieces
    if value == json.dumps(plain)[1:-1]:
        return tuple(json.dumps(piece)[1:-1] if isinstance(piece, str) else _as_json(piece) for piece in held.pieces)
    encoded = tuple(piece if isinstance(piece, str) else _encoded(piece) for piece in held.pieces)
    return encoded if value_of(encoded) == value else held.pieces


def value_of(pieces: Sequence[str | Shell]) -> str:
    """What pieces stand for."""
    return "".join(piece if isinstance(piece, str) else piece.value for piece in pieces)


def _as_json(piece: Shell) -> Shell:
    import json

    inside = json.dumps(piece.value)[1:-1]
    if inside == piece.value:
        return piece
    return _changed((piece,), inside, "json", piece.json)


def _encoded(piece: Shell) -> Shell:
    from urllib.parse import quote

    return _changed((piece,), quote(piece.value, safe="", errors="replace"), "percent")


def _unquoted(pieces: list[str | Shell]) -> Pieces:
    """Takes the quotes off a whole JSON value that only a reply gives: it may be a number."""
    for index in range(1, len(pieces) - 1):
        piece, before, after = pieces[index], pieces[index - 1], pieces[index + 1]
        if isinstance(piece, Shell) and piece.json and _JSON in piece.expression and before == after == '"':
            pieces[index - 1] = pieces[index + 1] = ""
            pieces[index] = Shell(piece.json, piece.value, label=piece.label, needs=piece.needs, later=True)
    return tuple(pieces)


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
    if _COMMANDS.get(how) == "":
        return Held(value, held.origins, held.pieces)
    if how == "trim" and str(value) != str(held.value).strip():
        how = "trim(...)"  # of other characters than white space
    return Held(value, held.origins, (_changed(held.pieces, str(value), how),))


def _changed(pieces: Sequence[str | Shell], value: str, how: str, json: str = "") -> Shell:
    """One piece that stands for what a filter makes of others."""
    shells = [piece for piece in pieces if isinstance(piece, Shell)]
    label = "".join(dict.fromkeys(piece.label for piece in shells))
    needs = tuple(dict.fromkeys(need for piece in shells for need in piece.needs))
    later = any(piece.later for piece in shells)
    command = _COMMANDS.get(how)
    if not command:
        return unwritable(f"what {how} makes of {_names(needs)}", value, label, later=later)
    return Shell(
        f'$(printf %s "{quoted(pieces)}" | {command})',
        value,
        # Only addresses are shown to people, and base64 in one is encoded once more.
        label="" if how == "base64" else label,
        needs=needs,
        plain=tuple(pieces) if how == "base64" else (),
        json=json,
        later=later,
    )


def _names(needs: Sequence[str]) -> str:
    """The variables of pieces; of one that a filter made, which filter and of what."""
    told = [need[2:-1].partition(":?") for need in needs]
    return ", ".join(words if name == "TWAT_FS_VALUE" else name.partition(":")[0] for name, _, words in told) or "it"


def unwritable(words: str, value: str = "", label: str = "", *, later: bool = False) -> Shell:
    """Stands for what no short command makes; a person must set the variable."""
    clean = re.sub(r"[^A-Za-z0-9 _.,>=<+/*()-]", "", words)
    return Shell("${TWAT_FS_VALUE}", value, label=label, needs=(f"${{TWAT_FS_VALUE:?{clean}}}",), later=later)


def quoted(pieces: Sequence[str | Shell]) -> str:
    """Pieces as the inside of a double-quoted shell word."""
    return "".join(piece.expression if isinstance(piece, Shell) else _escaped(piece) for piece in pieces)


def _escaped(text: str) -> str:
    for character in '\\"$`':
        text = text.replace(character, f"\\{character}")
    return re.sub(_UNQUOTABLE, lambda found: f"$(printf '{_octal(found[0])}')", text)


def _octal(character: str) -> str:
    """Its bytes, of three digits each: what follows a shorter number may be read as part of it."""
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def word(pieces: Sequence[str | Shell]) -> str:
    """One shell word: in single quotes where nothing in it is to be put in by the shell."""
    import shlex

    if any(isinstance(piece, Shell) for piece in pieces):
        return f'"{quoted(pieces)}"'
    text = "".join(str(piece) for piece in pieces)
    if not re.search(_HIDDEN, text):
        return shlex.quote(text)
    text = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "$'" + re.sub(_UNQUOTABLE, lambda found: _octal(found[0]), text) + "'"
