"""What a trial says of a spec: that it is true, that nothing can be said, or that the host does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs._version import __version__
from twat_fs.errors import (
    AuthError,
    Forbidden,
    ProxyError,
    QuotaExceeded,
    RetryableError,
    TlsError,
    TrustError,
    UploadError,
)
from twat_fs.trial import SIZE
from twat_fs.tuples import NamedTuple
from twat_fs.urls import BadUrl, authority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.trial import Trial

#: What a failure of these kinds tells of is on our side, or between us and the host.
_OURS = (QuotaExceeded, TrustError, ProxyError, TlsError)
#: The same, where the host was told who asks.
_OF_ACCOUNTS = (AuthError, Forbidden)


class Finding(NamedTuple):
    """What was found.

    Attributes:
        outcome: `works`; `as_known`: a host that is closed still fails; `not_today`: a failure that may pass; `ours`:
            one that says nothing of the host; `changed`: the host does not do what the spec says.
        now: What `checked` is to say, or None where nothing is to be changed.
        notes: What else is not as the spec has it, in words for people.
    """

    outcome: str
    now: dict[str, str] | None = None
    notes: tuple[str, ...] = ()


def judged(
    trial: Trial, was: Mapping[str, str], today: str, *, known: bool, own_server: bool, links: Sequence[str] = ()
) -> Finding:
    """Judge a trial.

    Nothing is made up: a host that works is seen to work, one that fails in a way that may pass is not judged at all,
    and one failure makes no host closed.

    Args:
        trial: What came of it.
        was: What `checked` says now; empty where it is not there.
        today: The day, as in ISO 8601.
        known: Whether the host was given a secret, so that it may be that which it refuses.
        own_server: Whether an option names the server, so that it was some server and not the one of the spec.
        links: The URLs of the spec's examples.
    """
    error = trial.error
    if error is None:
        return _working(trial, was, today, own_server=own_server, links=links)
    if not isinstance(error, UploadError) or not error.tried:
        return Finding("ours")
    if isinstance(error, RetryableError):
        return Finding("not_today")
    if _is_ours(error, known=known) or own_server:
        return Finding("ours")
    if was.get("status") == "closed":
        return Finding("as_known")
    if was.get("status") == "unknown":
        return Finding("changed")
    since = f"; last said to be alive {was['date']}" if was else ""
    how = f"An upload of {SIZE} bytes with twat-fs {__version__} failed ({error.kind}){since}."
    return Finding("changed", {"date": today, "status": "unknown", "how": how})


def _is_ours(error: UploadError, *, known: bool) -> bool:
    return isinstance(error, _OURS) or (known and isinstance(error, _OF_ACCOUNTS))


def _working(trial: Trial, was: Mapping[str, str], today: str, *, own_server: bool, links: Sequence[str]) -> Finding:
    if not trial.url.startswith(("http://", "https://")):
        return Finding("ours", notes=("it is no host: its URL is not of the web",))
    notes = tuple(_moved(trial.url, links))
    if (was.get("date"), was.get("status")) == (today, "alive"):
        return Finding("works", notes=notes)
    where = " to a server that an option names" if own_server else ""
    did = ["fetched them back"] if trial.checked else []
    did += ["deleted them again"] if trial.deleted else []
    then = f" and {' and '.join(did)}" if did else ""
    how = f"Uploaded {SIZE} bytes with twat-fs {__version__}{where}{then}."
    return Finding("works", {"date": today, "status": "alive", "how": how}, notes)


def _moved(url: str, links: Sequence[str]) -> list[str]:
    """What is to be said of a link to a place where none of the spec's examples leads."""
    places = {_place(link) for link in links} - {""}
    if not places or _place(url) in places:
        return []
    return [f"its links lead to {authority(url)} now; those of the spec's examples lead to {', '.join(sorted(places))}"]


def _place(url: str) -> str:
    """The domain that a link leads to: hosts have many machines, and a name for each."""
    try:
        host = authority(url)
    except BadUrl:
        return ""
    name = host.rpartition(":")[0]
    labels = name.split(".")
    return name if labels[-1].isdigit() else ".".join(labels[-2:])
