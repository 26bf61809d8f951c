"""An option's value: from what a caller gives to what goes on the wire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.errors import UsageError
from twat_fs.units import in_unit, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_TRUE = ("true", "yes", "1", "on")
_FALSE = ("false", "no", "0", "off")


def wire_value(name: str, facts: Mapping[str, Any], given: Any) -> Any:
    """What an option sends.

    Args:
        name: The option's name, for messages.
        facts: Its declaration.
        given: What the caller gave: a text from the command line or the environment, or a plain value.

    Returns:
        The value for templates; None where it sends nothing.

    Raises:
        UsageError: The value is not one that the option takes.
    """
    if facts.get("type") == "duration":
        return _duration(name, facts, given)
    value = _typed(name, facts, given)
    choices = choices_of(facts)
    text = text_of(value)
    if choices and text not in choices:
        raise UsageError(f"option {name}: {_shown(facts, text)} is not one of {', '.join(choices)}")
    _check_pattern(name, facts, text)
    mapped = facts.get("map")
    return mapped.get(text, value) if mapped else value


def choices_of(facts: Mapping[str, Any]) -> list[str]:
    """The values that an option takes, as texts; empty where any value of its type does."""
    if facts.get("choices"):
        return [text_of(choice) for choice in facts["choices"]]
    return [str(key) for key in facts["map"]] if facts.get("map") and "type" not in facts else []


def wire_values(
    declared: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What each option sends; None where that is nothing.

    Args:
        declared: The options of a spec.
        defaults: What those send that are not given.
        given: The values of some.

    Raises:
        UsageError: An option does not take its value.
    """
    return {
        name: wire_value(name, facts, given[name]) if name in given else defaults.get(name)
        for name, facts in declared.items()
    }


def hosts_in(declared: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> list[str]:
    """The hosts of the addresses among what options send, as `name:port`.

    Args:
        declared: The options of a spec.
        values: What some of them send.
    """
    from twat_fs.urls import authority

    return [authority(value) for name, value in values.items() if declared[name].get("type") == "url"]


def text_of(value: Any) -> str:
    """A value as a person writes it: `true`, not `True`."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _shown(facts: Mapping[str, Any], given: Any) -> str:
    hidden = facts.get("secret") or "@" in str(given)  # a URL's user name and password
    return "the value" if hidden else f"`{given}`"


def _typed(name: str, facts: Mapping[str, Any], given: Any) -> Any:
    return _READERS.get(str(facts.get("type", "string")), _string)(name, facts, given)


def _string(name: str, facts: Mapping[str, Any], given: Any) -> Any:
    del name
    return given if isinstance(given, (bool, int)) and "type" not in facts else text_of(given)


def _boolean(name: str, facts: Mapping[str, Any], given: Any) -> bool:
    word = text_of(given).lower()
    if word not in _TRUE + _FALSE:
        raise UsageError(f"option {name}: {_shown(facts, given)} is neither true nor false")
    return word in _TRUE


def _integer(name: str, facts: Mapping[str, Any], given: Any) -> int:
    if not _INTEGER.fullmatch(str(given).strip()):
        raise UsageError(f"option {name}: {_shown(facts, given)} is not a whole number of at most 18 digits")
    value = int(given)
    _check_range(name, facts, value, int)
    return value


def _url(name: str, facts: Mapping[str, Any], given: Any) -> str:
    from twat_fs.urls import BadUrl, authority, request_url

    text = str(given).rstrip("/")
    try:
        authority(request_url(text))
    except BadUrl as error:
        raise UsageError(f"option {name}: {_shown(facts, given)} is not a URL to send to: {error}") from None
    return text


_READERS: dict[str, Callable[[str, Mapping[str, Any], Any], Any]] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "url": _url,
}


def _check_range(name: str, facts: Mapping[str, Any], value: int, read: Callable[[Any], int]) -> None:
    for key, wrong in (("minimum", value.__lt__), ("maximum", value.__gt__)):
        if facts.get(key) is not None and wrong(read(facts[key])):
            raise UsageError(f"option {name}: its {key} is {facts[key]}")


def _check_pattern(name: str, facts: Mapping[str, Any], text: str) -> None:
    if facts.get("pattern"):
        from twat_fs.expression.regex import compile_regex

        if not compile_regex(facts["pattern"]).fullmatch(text):
            raise UsageError(f"option {name}: the value does not match {facts['pattern']}")


def _duration(name: str, facts: Mapping[str, Any], given: Any) -> Any:
    mapped = facts.get("map")
    if mapped and str(given) in mapped:
        return mapped[str(given)]
    if str(given) == "never":
        raise UsageError(f"option {name}: this provider cannot keep a file for ever", hint=_offered(mapped or {}))
    try:
        seconds = parse_duration(given)
    except ValueError as error:
        why = "the value is not a duration" if facts.get("secret") else str(error)
        raise UsageError(f"option {name}: {why}") from None
    if facts.get("minimum") is not None:  # the next longer time that the host offers
        seconds = max(seconds, parse_duration(facts["minimum"]))
    _check_range(name, facts, seconds, parse_duration)
    if mapped is None:
        return in_unit(seconds, str(facts.get("unit", "s")))
    chosen = _next_longer(mapped, seconds)
    if chosen is None:
        raise UsageError(
            f"option {name}: {_shown(facts, given)} is longer than this provider keeps a file", hint=_offered(mapped)
        )
    return mapped[chosen]


def _next_longer(mapped: Mapping[str, Any], seconds: int) -> str | None:
    """The shortest time on offer that is long enough."""
    longer = [key for key in mapped if key != "never" and parse_duration(key) >= seconds]
    return min(longer, key=parse_duration) if longer else "never" if "never" in mapped else None


def lifetime(facts: Mapping[str, Any], given: Any) -> int | None:
    """Seconds that a host keeps a file which was sent with a value of its option `expires`; None for ever, or unknown.

    Args:
        facts: The option's declaration.
        given: What the caller gave, or the default.
    """
    if facts.get("type") != "duration" or given is None or str(given) == "never":
        return None
    seconds = parse_duration(given)
    chosen = _next_longer(facts["map"], seconds) if facts.get("map") else None
    return seconds if not facts.get("map") else None if chosen in (None, "never") else parse_duration(str(chosen))


def _offered(mapped: Mapping[str, Any]) -> str:
    return f"It offers {', '.join(mapped)}." if mapped else ""
