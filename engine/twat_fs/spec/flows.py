"""Where a spec sends what: the hosts that it names, and the secrets that go to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.spec import trees
from twat_fs.tuples import NamedTuple
from twat_fs.urls import BadUrl, authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    Card = dict[str, Any]

#: Stands for an insert whose text the spec does not fix.
_UNKNOWN = "\0"


class Destination(NamedTuple):
    """Where a step's request goes.

    Attributes:
        hosts: `name:port` or `*.name:port`, as far as the spec's own text says.
        insert: The name whose value decides instead, such as `("saved", "upload_url")`, or None.
        clear: Whether the address begins with `http://`.
        wrong: Why an address cannot be requested, or an empty string.
    """

    hosts: tuple[str, ...] = ()
    insert: tuple[str, ...] | None = None
    clear: bool = False
    wrong: str = ""


class Flow(NamedTuple):
    """One secret on its way: its origin (`credentials.NAME`), the step, and the part of the request."""

    origin: str
    step: str
    where: str
    destination: Destination


def destination(card: Card, step: Card) -> Destination:
    """Where a step sends its request."""
    values = _known_values(card)
    first = step["url"][1][0] if step["url"][0] == "cat" else step["url"]
    hosts: list[str] = []
    clear, insert, wrong = False, None, ""
    for text in _spellings(step["url"], values):
        clear = clear or text.startswith("http://")
        if text.startswith(_UNKNOWN):
            insert = next(trees.paths(first), ("text",))
            hosts.extend(_default_host(card, insert))
            continue
        host, problem = _literal_host(text)
        if host:
            hosts.append(host)
        elif problem:
            wrong = problem
        else:
            insert = next((path for path in trees.paths(step["url"])), ("text",))
    return Destination(tuple(dict.fromkeys(hosts)), insert, clear, wrong)


def named_hosts(card: Card) -> list[str]:
    """Every host that the spec's own text names as the target of a request, and those that it allows."""
    hosts = [host for step in requests(card) for host in destination(card, step).hosts]
    hosts += [allowed(entry) for entry in card["allow_hosts"]]
    return list(dict.fromkeys(hosts))


def allowed(entry: str) -> str:
    """An entry of `allow_hosts` as `name:port`; https where it says no port."""
    entry = str(entry).lower()
    return entry if entry.rsplit(":", 1)[-1].isdigit() else f"{entry}:443"


def requests(card: Card) -> Iterator[Card]:
    """Every request that the spec can make: its steps, what asks how far they came, and what deletes."""
    for step in card["steps"]:
        yield step
        if "resume" in step:
            yield step["resume"]
    yield from card.get("delete", ())


def flows(card: Card) -> list[Flow]:
    """Every secret that a request of the spec can carry."""
    found: list[Flow] = []
    for step in requests(card):
        target = destination(card, step)
        for where, tree in parts(step):
            found.extend(Flow(origin, step["name"], where, target) for origin in sorted(origins(card, tree)))
    return list(dict.fromkeys(found))


def parts(step: Card) -> Iterator[tuple[str, Any]]:
    """Each template of a step's request, with the part of the request that it makes."""
    yield "address", step["url"]
    for name, tree in step["query"].items():
        yield f"query `{name}`", tree
    for name, tree in step["headers"].items():
        yield f"header `{name}`", tree
    for name, tree in step.get("basic_auth", {}).items():
        yield f"basic auth {name}", tree
    for name, tree in step.get("form", {}).items():
        yield f"field `{name}`", tree
    for name, part in step.get("multipart", {}).items():
        for tree in part.values():
            yield f"field `{name}`", tree
    for kind in ("json", "raw"):
        if kind in step:
            yield f"{kind} body", step[kind]


def origins(card: Card, tree: Any) -> set[str]:
    """The secrets that a tree reads, straight or through vars and through what templates save."""
    return {
        f"{root}.{name}"
        for root, name in _reached(card["reads"], tree)
        if root == "credentials"
        or (root == "options" and card["options"].get(name, {}).get("secret"))
        or (root == "saved" and _is_secret_save(card, name))
        or (root, name) == ("result", "delete_token")
    }


def mark(card: Card) -> None:
    """Note in a compiled spec what its vars and saved values read, and which names give the file's content."""
    named: dict[str, list[Any]] = {f"vars.{name}": [tree] for name, tree in card["vars"].items()}
    for step in requests(card):
        for name, query in step["save"].items():
            trees_of_it = [query[key] for key in ("template", "default") if isinstance(query.get(key), list)]
            named.setdefault(f"saved.{name}", []).extend(trees_of_it)
    reads = {
        name: sorted({_member(path) for tree in those for path in trees.paths(tree)}) for name, those in named.items()
    }
    card["reads"] = {name: [list(path) for path in paths] for name, paths in reads.items() if paths}
    content = _content(card["reads"])
    if content:
        _mark([card["vars"], card["steps"], card.get("delete")], content)
    for tree in card["vars"].values():
        tree[2] = trees.holds_content(tree[1])


def _content(reads: dict[str, list[list[str]]]) -> set[str]:
    """The names, as `vars.x`, through which the file's content comes."""
    readers: dict[str, list[str]] = {}
    for name, paths in reads.items():
        for root, member in paths:
            readers.setdefault(f"{root}.{member}", []).append(name)
    found: set[str] = set()
    waiting = ["file.text", "file.base64"]
    while waiting:
        new = [name for name in readers.get(waiting.pop(), ()) if name not in found]
        found.update(new)
        waiting += new
    return found


def _mark(data: Any, content: set[str]) -> None:
    """Mark each path in compiled data that has one of the names."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            is_path = len(item) == 3 and item[0] == "path" and isinstance(item[2], list)
            if is_path and item[2] and f"{item[1]}.{item[2][0]}" in content:
                item.append(trees.CONTENT)
            waiting.extend(item)


def _reached(reads: dict[str, list[list[str]]], tree: Any) -> set[tuple[str, str]]:
    """Each name that a tree reads, straight or through others; each is looked at once, so a circle ends."""
    waiting = [_member(path) for path in trees.paths(tree)]
    found = set(waiting)
    while waiting:
        root, name = waiting.pop()
        for inner_root, inner_name in reads.get(f"{root}.{name}", ()):
            if (inner_root, inner_name) not in found:
                found.add((inner_root, inner_name))
                waiting.append((inner_root, inner_name))
    return found


def _member(path: tuple[str, ...]) -> tuple[str, str]:
    return path[0], path[1] if len(path) > 1 else ""


def _is_secret_save(card: Card, name: str) -> bool:
    saves = [step["save"].get(name) for step in requests(card)]
    return any(query.get("secret") for query in saves if isinstance(query, dict))


def _known_values(card: Card) -> dict[tuple[str, ...], Any]:
    """What names stand for where the spec's author wrote every value."""
    known: dict[tuple[str, ...], Any] = {("vars", name): tree for name, tree in card["vars"].items()}
    for name, facts in card["options"].items():
        listed = facts.get("choices") or (list(facts["map"]) if facts.get("map") else [])
        if listed and facts.get("type") not in ("duration", "url"):
            mapped = facts.get("map") or {}
            texts = [mapped.get(str(choice), choice) for choice in listed]
            known["options", name] = ["list", [["const", text] for text in texts if text is not None]]
    return known


def _spellings(tree: Any, values: dict[tuple[str, ...], Any]) -> list[str]:
    """The texts that an address can be, with `_UNKNOWN` for each insert that can be anything."""
    whole = trees.possible(tree, values)
    if whole is not None:
        return whole
    texts = [""]
    for part in tree[1] if tree[0] == "cat" else [tree]:
        inserts = trees.possible(part, values) or [_UNKNOWN]
        if len(texts) * len(inserts) > trees.LISTED:
            inserts = [_UNKNOWN]
        texts = [left + right for left in texts for right in inserts]
        if all(_ends_host(text) for text in texts):
            break
    return texts


def _ends_host(text: str) -> bool:
    return any(mark in text.partition("//")[2] for mark in "/?#")


def _literal_host(text: str) -> tuple[str, str]:
    """The host pattern of an address, or why there is none."""
    scheme, separator, rest = text.partition("://")
    if _UNKNOWN in scheme:
        return "", ""
    if not separator or scheme not in ("http", "https"):
        return "", "an address begins with http:// or https://"
    host = rest
    for mark in "/?#":
        host = host.partition(mark)[0]
    star = host.startswith(f"{_UNKNOWN}.") and host.split(":")[0].count(".") > 1
    plain = host[2:] if star else host
    if _UNKNOWN in plain:
        return "", ""
    try:
        name = authority(f"{scheme}://{plain}/")
    except BadUrl as error:
        return "", str(error)
    return (f"*.{name}" if star else name), ""


def _default_host(card: Card, insert: tuple[str, ...]) -> list[str]:
    facts = card["options"].get(insert[1], {}) if insert[0] == "options" and len(insert) > 1 else {}
    try:
        return [authority(str(facts["default"]))] if facts.get("type") == "url" and facts.get("default") else []
    except BadUrl:
        return []
