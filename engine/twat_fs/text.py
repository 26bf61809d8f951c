"""Foreign text on its way to a person: nothing in it may move a cursor, and no secret may stand in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Characters of a host's own words that are shown.
WORDS_LIMIT = 300

# Controls, surrogates, and what reorders or hides text (Unicode classes Cc, Cf, Zl, Zp).
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]+"
)
#: A shorter secret would blot out half of every message.
_LEAST = 4


def printable(text: str, limit: int = WORDS_LIMIT) -> str:
    """Foreign text on one line: no control characters, cut at the limit.

    Args:
        text: Anything.
        limit: Characters at most.
    """
    clean = " ".join(_UNSEEN.sub(" ", text[: limit * 4]).split())
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


class Redactor:
    """Takes secrets out of text: as they are, percent-encoded, in base64, in JSON.

    Args:
        secrets: The secrets that were read so far; more can be added.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide a further secret from now on."""
        import base64
        import json

        if len(secret) < _LEAST:
            return
        raw = secret.encode("utf-8", "surrogateescape")
        forms = {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]}
        forms.add(base64.b64encode(raw).decode("ascii"))
        forms.add(base64.b64encode(b":" + raw).decode("ascii"))
        self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        for form in self._forms:
            text = text.replace(form, "<hidden>")
        return text
