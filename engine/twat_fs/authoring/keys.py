"""What looks like a key: such a value never goes into a spec, which people pass on."""

from __future__ import annotations

import math
import re
from collections import Counter

_NAMED = re.compile(
    r"(?i)(^|[_.\-\[])(api[_-]?)?(key|k|token|secret|auth|authorization|password|passwd|pwd|pass|credential|signature|sig"
    r"|userhash|hash|session|sid|cookie|access|bearer|pat)s?(\]|$|[_.\-])|apikey|accesskey|authtoken|apitoken|usertoken"
    r"|clientid|client[_-]id"
)
#: What people write where others are to put their own: `YOUR API KEY`, `<token>`, `xxxx`, `[key here]`.
_PLACEHOLDER = re.compile(
    r"(?i)<.*>|\[.*\]|\{[^\"]*\}|\*+|#+|x{3,}|\.{3}|.*[ _-](here|goes)\b.*"
    r"|.*\b(your|my|insert|enter|put|paste|replace|change)[ _-].+"
)
_WORD = re.compile(r"[A-Za-z0-9_\-+/=.]{20,}")
#: Bits a character, above which a text of twenty and more looks like chance.
_ENTROPY = 3.5


def names_key(name: str) -> bool:
    """Whether a field, header or parameter of this name holds a key."""
    return bool(_NAMED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


def is_placeholder(text: str) -> bool:
    """Whether a value is one that a person was meant to replace."""
    return bool(_PLACEHOLDER.fullmatch(text.strip()))


def looks_random(text: str) -> bool:
    """Whether a value looks like a key whatever its name."""
    if not _WORD.fullmatch(text) or not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return False
    counts = Counter(text)
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return entropy > _ENTROPY and not re.fullmatch(r"[a-z]+([-_.][a-z0-9]{1,8})+", text)


def variable_name(*parts: str) -> str:
    """The name of an environment variable made of some words."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(part for part in parts if part)).strip("_").upper()
    return text if re.match(r"[A-Z_]", text) else f"KEY_{text}"
