"""`upload --explain`: what was tried, in order, why it went on or stopped, and the next step for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import UploadError
from twat_fs.events import Checked, Exchanged, Failed, GivenUp, Noted, Pausing, Took

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twat_fs.events import Event

#: What to do about a failure that says nothing of that itself, by its kind.
NEXT = {
    "auth": "`twat-fs upload_provider show {provider}` says which secret it needs, and where to get it.",
    "bad_reply": "If the host changed, its spec has to: `twat-fs check-hosts {provider}` tells.",
    "bad_request": "If the host changed, its spec has to: `twat-fs check-hosts {provider}` tells.",
    "config": "`twat-fs upload_provider show {provider}` says what it needs.",
    "conflict": "Choose another name: --unique, or --name.",
    "error": "`twat-fs upload_provider status {provider} --online` tries it with a small file.",
    "forbidden": "Ask whoever runs the host, or choose another with -p.",
    "network": "`twat-fs upload_provider status {provider} --online` tells whether it can be reached from here.",
    "not_found": "If the host changed, its spec has to: `twat-fs check-hosts {provider}` tells.",
    "not_offered": "`twat-fs upload_provider list` takes the same switches, and lists those that can.",
    "proxy": "See what http_proxy and https_proxy say; no_proxy names hosts that need none.",
    "quota": "Make room in the account, or choose another host with -p.",
    "rate_limited": "Wait, or choose another host with -p.",
    "redirected": "If the host moved, its spec has to say where to: `twat-fs check-hosts {provider}` tells.",
    "rejected": "What the host says tells what it wants.",
    "set_aside": "The failures of the files before this one say why.",
    "timeout": "Try again later, or give it longer: --timeout SECONDS.",
    "tls": "If the host's certificate is signed by an authority of your own, --ca-file names that.",
    "too_large": "`twat-fs upload_provider list --min-size SIZE` lists hosts that take such files.",
    "trust": "`twat-fs upload_provider show {provider}` says what goes where.",
    "unavailable": "Try again later; `twat-fs upload_provider status {provider} --online` tells whether it is back.",
    "unsupported_type": "Choose another host with -p, or put it into an archive.",
    "verify": "--no-check takes the URL as it is.",
}


def explained(events: Iterable[Event]) -> list[dict[str, Any]]:
    """What was tried, as plain data: a mapping for each provider, in order.

    Args:
        events: What happened, in order.
    """
    found: list[dict[str, Any]] = []
    for event in events:
        if not found or found[-1]["outcome"] != "broken_off" or found[-1]["provider"] != event.provider:
            found.append({"provider": event.provider, "outcome": "broken_off", "steps": []})
        tell = _TOLD.get(type(event))
        if tell is not None:
            tell(found[-1], event)
    return found


def _exchanged(to: dict[str, Any], event: Exchanged) -> None:
    step: dict[str, Any] = {"request": event.request or "by its own Python code", "step": event.step}
    step |= {"status": event.status, "seconds": round(event.seconds, 3)}
    if event.error is not None:
        step |= {"error": event.error.message}
    if isinstance(event.error, UploadError):
        step |= {"kind": event.error.kind, "rule": event.error.rule}
    to["steps"].append(step)


def _checked(to: dict[str, Any], event: Checked) -> None:
    step = {"check": event.url, "seconds": round(event.seconds, 3), "compared": event.compared}
    to["steps"].append({**step, "error": event.error.message} if event.error is not None else step)


def _pausing(to: dict[str, Any], event: Pausing) -> None:
    facts = {"pause": round(event.seconds, 3), "attempt": event.attempt, "attempts": event.attempts}
    to["steps"].append(facts)


def _given_up(to: dict[str, Any], event: GivenUp) -> None:
    to["steps"].append({"note": f"not tried again: {event.why}"})


def _noted(to: dict[str, Any], event: Noted) -> None:
    to["steps"].append({"note": event.words})


def _failed(to: dict[str, Any], event: Failed) -> None:
    error = event.error
    to["outcome"] = "failed" if error.tried else "passed_over"
    to |= {"kind": error.kind, "error": error.message, "ambiguous": error.ambiguous}
    to |= {"then": event.then, "why": event.why}
    to["next"] = error.hint or NEXT[error.kind].format(provider=event.provider)


def _took(to: dict[str, Any], event: Took) -> None:
    to |= {"outcome": "took", "url": event.url}


_TOLD: dict[type, Callable[[dict[str, Any], Any], None]] = {
    Exchanged: _exchanged,
    Checked: _checked,
    Pausing: _pausing,
    GivenUp: _given_up,
    Noted: _noted,
    Failed: _failed,
    Took: _took,
}
_OUTCOMES = {"failed": "failed", "passed_over": "passed over", "took": "took the file", "broken_off": "broken off"}


def explanation(events: Iterable[Event], file: str) -> Iterator[str]:
    """The same for people, line by line.

    Args:
        events: What happened, in order.
        file: The file that it is about.
    """
    told = explained(events)
    yield f"{file}: {'this was tried, in order:' if told else 'nothing was tried'}"
    for place, provider in enumerate(told, 1):
        yield f"  {place}. {provider['provider']}: {_OUTCOMES[provider['outcome']]}"
        said = ""
        for step in provider["steps"]:
            yield f"     {_line(step, said)}"
            said = step.get("error", said)
        yield from (f"     {line}" for line in _end(provider, said))


def _line(step: dict[str, Any], said: str) -> str:
    if "note" in step:
        return str(step["note"])
    if "pause" in step:
        return f"tried again after {step['pause']:.1f} s ({step['attempt']} of {step['attempts']})"
    error = step.get("error", "")
    words = f": {error}" if error and error != said else ""
    if "check" in step:
        what = "is what was sent" if step["compared"] else "was left unchecked"
        return f"check of {step['check']}: {'failed' if error else what}, {step['seconds']:.2f} s{words}"
    return f"{_named(step)}: {_answer(step)}, {step['seconds']:.2f} s{words}"


def _named(step: dict[str, Any]) -> str:
    return f"{step['step']}: {step['request']}" if step["step"] not in ("", "request") else str(step["request"])


def _answer(step: dict[str, Any]) -> str:
    """The status, and what it means and by which rule."""
    answer = "done" if step["status"] is None and "error" not in step else step["status"] or "no answer"
    if "kind" not in step:
        return str(answer)
    return f"{answer} ({step['kind']}{', by ' + step['rule'] if step['rule'] else ''})"


def _end(provider: dict[str, Any], said: str) -> Iterator[str]:
    if provider["outcome"] == "took":
        yield str(provider["url"])
    if "error" not in provider:
        return
    if provider["error"] != said:
        yield f"{provider['error']} ({provider['kind']})"
    if provider["ambiguous"]:
        yield "It may hold the file all the same."
    yield f"Then {provider['then']} was tried." if provider["then"] else f"Nobody else was tried: {provider['why']}."
    yield f"Next: {provider['next']}"
