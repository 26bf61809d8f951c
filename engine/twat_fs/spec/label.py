"""What a spec may do, from its text alone: hosts, secrets and where each goes, what is sent beside the file."""

from __future__ import annotations

from typing import Any

from twat_fs.spec import flows, trees
from twat_fs.spec.model import checked_by
from twat_fs.tuples import NamedTuple

#: What a name that stands in a request tells the host, in words for people.
_SENT = {
    "name": "the file's name",
    "stem": "the file's name",
    "suffix": "the file's name",
    "size": "the file's size",
    "type": "the file's media type",
    "mtime": "the time of the file's last change",
    "sha256": "a hash of the file",
    "sha1": "a hash of the file",
    "md5": "a hash of the file",
}


class Secret(NamedTuple):
    """One secret: its name, and each host and part of a request that it goes to."""

    name: str
    goes_to: tuple[str, ...]


class Label(NamedTuple):
    """What a spec may do.

    Attributes:
        hosts: `name:port` of each host that it talks to; an insert stands for one that a value decides.
        secrets: The secrets that it reads.
        environment: The variables that it reads beside its secrets.
        sends: What goes to a host beside the file's content.
        clear_text: The hosts that are reached over http.
        module: The Python module that does the work; what it does, no spec can tell.
        fetches: What is fetched when the upload is over, to see whether it is there; empty for nothing.
    """

    hosts: tuple[str, ...]
    secrets: tuple[Secret, ...]
    environment: tuple[str, ...]
    sends: tuple[str, ...]
    clear_text: tuple[str, ...]
    module: str = ""
    fetches: str = ""

    def as_data(self) -> dict[str, Any]:
        """The label as plain data, for machines."""
        return {
            "hosts": list(self.hosts),
            "secrets": [{"name": secret.name, "goes_to": list(secret.goes_to)} for secret in self.secrets],
            "environment": list(self.environment),
            "sends": list(self.sends),
            "clear_text": list(self.clear_text),
            "module": self.module,
            "fetches": [self.fetches] if self.fetches else [],
        }


def label(card: dict[str, Any]) -> Label:
    """The label of a compiled spec."""
    hosts: list[str] = []
    clear: list[str] = []
    for step in flows.requests(card):
        target = flows.destination(card, step)
        found = _shown_hosts(target)
        hosts += found
        clear += found if target.clear else []
    hosts += [flows.allowed(entry) for entry in card["allow_hosts"]]
    return Label(
        tuple(dict.fromkeys(hosts)),
        _secrets(card),
        tuple(facts["env"] for facts in card["options"].values() if facts.get("env") and not facts.get("secret")),
        _sends(card),
        tuple(dict.fromkeys(clear)),
        card.get("module", ""),
        _fetches(card),
    )


def _fetches(card: dict[str, Any]) -> str:
    """What is fetched after an upload; of a host whose link is a page, or works once, nothing is."""
    way = checked_by(card.get("capabilities", {}))
    if way == "none":
        return ""
    query = card["result"].get("url") or {}
    whose = "the spec makes" if "template" in query else "the reply gives"
    return f"the link that {whose}, whatever host it is at ({way.upper()})"


def _shown_hosts(target: flows.Destination) -> list[str]:
    if target.insert is None:
        return list(target.hosts)
    return [*target.hosts, f"the host of {'.'.join(target.insert)}"]


def _secrets(card: dict[str, Any]) -> tuple[Secret, ...]:
    found: dict[str, list[str]] = {f"credentials.{name}": [] for name in card["credentials"]}
    for flow in flows.flows(card):
        for host in _shown_hosts(flow.destination):
            found.setdefault(flow.origin, []).append(f"{host} ({flow.where})")
    return tuple(Secret(name, tuple(dict.fromkeys(places))) for name, places in found.items())


def _sends(card: dict[str, Any]) -> tuple[str, ...]:
    sent: list[str] = []
    for step in flows.requests(card):
        for _, tree in flows.parts(step):
            sent += _told(tree)
        if trees.is_file(step.get("raw", ["null"])) and not any(
            name.lower() == "content-type" for name in step["headers"]
        ):
            sent.append(_SENT["type"])
    sent += [f"option {name}" for name in card["options"] if _is_sent(card, name)]
    return tuple(dict.fromkeys(sent))


def _told(tree: Any) -> list[str]:
    told = []
    for root, *members in trees.paths(tree):
        if root == "file" and members and members[0] in _SENT:
            told.append(_SENT[members[0]])
        elif root == "remote_path":
            told.append("the wanted path, or the file's name")
        elif root == "now":
            told.append("the time")
    return told


def _is_sent(card: dict[str, Any], option: str) -> bool:
    return any(
        ("options", option) in trees.paths(tree) for step in flows.requests(card) for _, tree in flows.parts(step)
    ) or any(("options", option) in trees.paths(tree) for tree in card["vars"].values())
