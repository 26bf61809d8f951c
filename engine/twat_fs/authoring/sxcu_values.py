"""The texts of a ShareX uploader's request as templates."""

from __future__ import annotations

import re
from typing import Any

from twat_fs.authoring.draft import Draft, literal
from twat_fs.authoring.sxcu_syntax import UNKNOWN_CALL, Call, Text, parse, quoted
from twat_fs.errors import UsageError

#: Codes that ShareX fills with what it knows of the machine and its user, and with the time and chance.
_PERSONAL = re.compile(r"%(uln|un|cn|pn)\b")
_CODES = re.compile(r"%(yy?|mo|mon2?|d|hh?|mi|ms|unix|guid|iAa|ia|ra|rn|rx|rna)(\b|\{)")


class Values:
    """Makes templates, and keeps the draft that they are for."""

    def __init__(self) -> None:
        self.found = Draft()

    def value(self, name: str, value: Any) -> str:
        """A value of a field, header or parameter as a template."""
        return self.template(name, parse("" if value is None else str(value)))

    def template(self, name: str, text: Text, *, whole: bool = True) -> str:
        """A text of the request as a template; a literal that looks like a key, or waits for one, is a credential."""
        if whole and all(isinstance(piece, str) for piece in text):
            plain = "".join(map(str, text))
            self.say_codes(name, plain)
            return self.found.secret_or(name, plain)
        return "".join(
            f"{{{{ {self.expression(name, piece)} }}}}" if isinstance(piece, Call) else literal(piece) for piece in text
        )

    def say_codes(self, name: str, plain: str) -> None:
        """Say what ShareX would have put in, and nothing here does."""
        if _PERSONAL.search(plain):
            self.found.remarks.append(f"`{plain[:40]}` names you or your machine and is left as it stands")
        elif _CODES.search(plain):
            self.found.remarks.append(f"`{plain[:40]}` has codes of the time or of chance and is left as it stands")
        if UNKNOWN_CALL.search(plain):
            words = "is not done here: nothing is read from your machine, and nothing is guessed"
            self.found.remarks.append(f"what `{plain[:40]}` does in `{name}` {words}")

    def expression(self, name: str, call: Call) -> str:
        """A function as an expression.

        Raises:
            UsageError: It is one of a reply, and there is none yet.
        """
        if call.name == "filename":
            return "file.name"
        if call.name == "input":
            return "file.text"
        if call.name == "random":
            return f"choice([{', '.join(map(quoted, call.plain))}])"
        if call.name in ("select", "prompt", "inputbox"):
            return self._asked(name, call)
        if call.name == "base64":
            inner = call.arguments[0] if call.arguments else ()
            parts = [self.expression(name, each) if isinstance(each, Call) else quoted(each) for each in inner]
            return f"({' + '.join(parts) or quoted('')}) | base64"
        raise UsageError(f"the uploader uses `{call.name}` in its request, where no reply is there yet")

    def _asked(self, name: str, call: Call) -> str:
        """What ShareX asks a person at each upload: an option here."""
        words = call.plain
        if call.name == "select":
            facts: dict[str, Any] = {"choices": words, "default": words[0] if words else ""}
        else:
            title, default = (*words, "", "")[:2]
            facts = {"type": "string", "help": title or f"What goes into `{name}`."}
            facts |= {"default": default} if default else {}
        self.found.remarks.append(f"ShareX asks for `{name}` at each upload; here it is the option `-o {name}=...`")
        return self.found.option(name, facts).removeprefix("{{ ").removesuffix(" }}")
