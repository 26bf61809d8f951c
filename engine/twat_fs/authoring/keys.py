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
    r"(?i)<.*>|\[.*\]|\{[^\"]*\}|\*+|#+|[x0-9_-]*x{3,}[x0-9_-]*|\.{3}|.*[ _-](here|goes)\b.*"
    r"|.*\b(your|my|insert|enter|put|paste|replace|change)[ _-].+|your(api)?(key|token|secret|password)|changeme"
    r"|(api|access|auth|secret|private)?[ _-]?(token|key)"
)
_WORD = re.compile(r"[A-Za-z0-9_\-+/=.:~%]{20,}")
_HEX = re.compile(r"(?i)[0-9a-f]{24,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Bits a character, above which a text of twenty and more looks like chance; of sixteen digits there are fewer.
_ENTROPY = 3.5
_HEX_ENTROPY = 3.0
#: The beginnings that services give to their keys, and the shape of a JSON Web Token (RFC 7519).
_ISSUED = re.compile(
    r"(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?\w{12,}.*|gh[pousr]_\w{20,}|github_pat_\w+|glpat-[\w-]{16,}|xox[a-z]-[\w-]+"
    r"|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|hf_\w{16,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|\d{6,}:[\w-]{20,}"
)


def names_key(name: str) -> bool:
    """Whether a field, header or parameter of this name holds a key."""
    return bool(_NAMED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


def is_placeholder(text: str) -> bool:
    """Whether a value is one that a person was meant to replace."""
    return bool(_PLACEHOLDER.fullmatch(text.strip()))


def looks_random(text: str) -> bool:
    """Whether a value looks like a key whatever its name."""
    if _ISSUED.fullmatch(text):
        return True
    if _HEX.fullmatch(text):
        return bool(re.search(r"[A-Fa-f]", text)) and _entropy(text) > _HEX_ENTROPY
    if not _WORD.fullmatch(text) or not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return False
    return _entropy(text) > _ENTROPY and not re.fullmatch(r"[A-Za-z]+([-_./:][A-Za-z0-9]{0,9})+", text)


def in_text(text: str) -> list[str]:
    """The words of a longer text that look like keys."""
    return [word for word in re.findall(r"[A-Za-z0-9_\-+=.~]{16,}", text) if looks_random(word)]


def _entropy(text: str) -> float:
    """Bits a character (Shannon)."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def variable_name(*parts: str) -> str:
    """The name of an environment variable made of some words."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(part for part in parts if part)).strip("_").upper()
    return text if re.match(r"[A-Z_]", text) else f"KEY_{text}"
