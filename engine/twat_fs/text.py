"""Foreign text on its way to a person: nothing in it may move a cursor, and no secret may stand in it."""

from __future__ import annotations

import re
import threading
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
#: A longer text is a body with a secret in it, and no secret.
_MOST = 4096
#: Characters of a foreign text that are looked at.
_READ = 64 * 1024


class Redactor:
    """Takes secrets out of text: as they are, percent-encoded, in base64, in JSON.

    Args:
        secrets: Those that are known already.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide a further secret from now on; one of fewer than four characters cannot be."""
        if secret in self._known or not _LEAST <= len(secret) <= _MOST:
            return
        with self._lock:
            self._known.add(secret)
            self._forms = tuple(sorted({*self._forms, *_forms(secret)}, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        for form in self._forms:
            text = text.replace(form, "<hidden>")
        return text


def _forms(secret: str) -> set[str]:
    import base64
    import json

    raw = secret.encode("utf-8", "surrogateescape")
    encoded = {quote(raw, safe=""), quote(raw)}
    escaped = json.dumps(secret)[1:-1]
    forms = {secret, escaped, escaped.replace("/", "\\/"), *encoded}
    forms |= {re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), text) for text in encoded}
    return forms | {base64.b64encode(raw).decode("ascii"), base64.b64encode(b":" + raw).decode("ascii")}


#: Of the process, as logs are: what was read as a secret anywhere stays out of every message.
REDACTOR = Redactor()


def printable(text: str, limit: int = WORDS_LIMIT) -> str:
    """Foreign text on one line: no secrets, no control characters, cut at the limit.

    Args:
        text: Anything.
        limit: Characters at most.
    """
    # Secrets first: one that was cut, or whose spaces were folded, would not be known any more.
    clean = " ".join(_UNSEEN.sub(" ", REDACTOR(text[:_READ])[: limit * 4]).split())
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."
