"""Where a spec may send a secret or the file: the rules that are checked before anything runs."""

from __future__ import annotations

from typing import Any

from twat_fs.spec import flows
from twat_fs.spec.rules import Rules, step_sends_file


class TrustRules(Rules):
    """The rules of `docs/spec-language.md`, section Secrets."""

    def check(self) -> None:
        """Report what goes where it may not."""
        self._check_destinations()
        self._check_secrets()
        self._check_printed()

    def _check_printed(self) -> None:
        """A result is shown to everybody, so no secret may go into it."""
        queries = {**self.card["result"], **self.card["result"]["metadata"]}
        for name, query in queries.items():
            tree = query.get("template") if name != "metadata" else None
            for origin in sorted(flows.origins(self.card, tree)) if tree else []:
                section = ("result", name) if name in self.card["result"] else ("result", "metadata", name)
                near = self.document.near(self.document.place(section), origin)
                self.compiler.report("secret", f"`{origin}` would be printed with the result", near)

    def _check_destinations(self) -> None:
        for path, step in self.requests():
            target = flows.destination(self.card, step)
            if target.wrong:
                self.report("bad-value", target.wrong, (*path, "url"))
            elif self._is_open(target) and step_sends_file(step):
                self._report_open("the file", target, (*path, "url"))

    def _check_secrets(self) -> None:
        paths = {step["name"]: path for path, step in self.requests()}
        seen = set()
        for flow in flows.flows(self.card):
            path = (*paths[flow.step], "url")
            if (flow.origin, flow.step) in seen:
                continue
            seen.add((flow.origin, flow.step))
            if flow.destination.clear and not all(_is_loopback(host) for host in flow.destination.hosts):
                self.report("clear-text", f"`{flow.origin}` goes over clear text", path, "Use https://.", warning=True)
            if self._is_open(flow.destination):
                self._report_open(f"`{flow.origin}`", flow.destination, path)

    def _is_open(self, target: flows.Destination) -> bool:
        """Whether anything but the spec's own text decides the host, and neither the spec nor the user bounds it.

        A server that the user names says where on that same server an upload goes: no other host can be meant, and the
        spec cannot list it.
        """
        if target.insert is None or self.card["allow_hosts"]:
            return False
        sources = [target] if target.insert[0] == "options" else self._repliers(target.insert)
        return not (sources and all(self._is_users(source) for source in sources))

    def _repliers(self, insert: tuple[str, ...]) -> list[flows.Destination]:
        """Where the requests go whose replies give a value; none where it is not of a reply."""
        root, *names = insert
        steps = [step for step in flows.requests(self.card) if names[:1] and names[0] in step["save"]]
        if root == "result":
            steps = self.card["steps"]
        elif root not in ("saved", "previous"):
            steps = []
        return [flows.destination(self.card, step) for step in steps]

    def _is_users(self, target: flows.Destination) -> bool:
        """Whether the user's own option names the host."""
        root, *names = target.insert or ("",)
        return root == "options" and self.card["options"].get(names[0] if names else "", {}).get("type") == "url"

    def _report_open(self, what: str, target: flows.Destination, path: tuple[Any, ...]) -> None:
        name = ".".join(target.insert or ())
        if name.startswith(("saved.", "previous.", "result.")):
            self.report(
                "secret",
                f"{what} goes where a reply says (`{name}`)",
                path,
                "It works only while that is a host that the spec names; list others under allow_hosts.",
                warning=True,
            )
        else:
            self.report(
                "secret",
                f"{what} would go to a host that the spec does not name (`{name}`)",
                path,
                "Write the host out, make the option's type `url`, or list hosts under allow_hosts.",
            )


def _is_loopback(host: str) -> bool:
    name = host.rsplit(":", 1)[0]
    return name in ("localhost", "[::1]") or name.startswith("127.")
