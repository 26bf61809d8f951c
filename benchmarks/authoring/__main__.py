"""Count what `twat-fs new-spec` converts without a hand's help, into a spec that sends what the original would send.

    python -m benchmarks.authoring                       # the curl lines beside this file
    python -m benchmarks.authoring --sxcu FOLDER         # and ShareX's uploaders in a folder
    python -m benchmarks.authoring --record              # write down anew what curl sends, for tests without curl

A curl line is run by the real `curl` against a host on loopback, its spec by the whole engine against another; a line
counts if method, address, headers and body came the same. What an uploader of ShareX would send is worked out from its
file by the few rules in `expected`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from twat_fs.authoring.curl_line import from_curl
from twat_fs.authoring.sxcu import from_sxcu
from twat_fs.authoring.write import as_yaml
from twat_fs.errors import TwatFsError
from twat_fs.spec.catalog import compile_card
from twat_fs.spec.model import from_card
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.spec_play import as_step, play

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

HERE = Path(__file__).parent
#: Lines as the pages of hosts have them, and odd ones; what curl 7.88.1 sent for each.
LINES = (HERE / "curl_lines.txt", HERE / "odd_lines.txt")
SENT = HERE / "curl_sends.json"
#: The file that goes up, and what variables of a line are set to.
CONTENT = "what goes up\n"
VALUE = "value-of-"
#: Where a name in a text of ShareX is filled in.
_FUNCTION = re.compile(r"\$(\w+)(:[^$]*)?\$|\{(\w+)(:[^}]*)?\}")


def main() -> int:
    """Run it; 1 where a curl line was not converted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.authoring", description=__doc__.splitlines()[0])
    parser.add_argument("--curl", type=Path, help="a file of curl lines, in place of those beside this file")
    parser.add_argument("--sxcu", type=Path, help="a folder of .sxcu files")
    parser.add_argument("--record", action="store_true", help=f"write {SENT.name}")
    given = parser.parse_args()
    if given.record:
        sent = {line: by_curl(line) for path in LINES for line in lines_of(path)}
        SENT.write_text(json.dumps(sent, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        return 0
    failed = False
    for path in [given.curl] if given.curl else LINES:
        results = [(line, curl_problem(line, by_curl(line))) for line in lines_of(path)]
        failed |= report(path.stem.replace("_", " "), results)
    if given.sxcu:
        files = sorted(given.sxcu.glob("*.sxcu"))
        report("uploaders of ShareX", [(path.name, sxcu_problem(path)) for path in files])
    return int(failed)


def report(what: str, results: list[tuple[str, str]]) -> bool:
    """Print the count, and each exception with its reason; gives whether there are any."""
    problems = [(name, why) for name, why in results if why]
    print(f"{what}: {len(results) - len(problems)} of {len(results)} converted, and send the same")
    for name, why in problems:
        print(f"  {name[:110]}\n    {why}")
    return bool(problems)


def lines_of(path: Path) -> list[str]:
    """The curl lines of a file."""
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def curl_problem(line: str, theirs: dict[str, Any]) -> str:
    """Why a line does not count, or an empty string.

    Args:
        line: The line.
        theirs: What curl sends.
    """
    try:
        ours = by_spec(from_curl(line), _file_of(line))
    except TwatFsError as error:
        return str(error)
    # Names that stand twice, file names and media types count too, which what an uploader of ShareX says leaves open.
    pairs = [sorted(parse_qsl(urlsplit(step.get("url", "")).query, keep_blank_values=True)) for step in (theirs, ours)]
    if pairs[0] != pairs[1]:
        return f"query: {pairs[0]} against {pairs[1]}"
    return _unequal("multipart", theirs.get("multipart"), ours.get("multipart")) or difference(theirs, ours)


def sxcu_problem(path: Path) -> str:
    """Why an uploader does not count, or an empty string."""
    content = path.read_bytes()
    try:
        ours = by_spec(from_sxcu(content, path.stem), "photo.png")
    except TwatFsError as error:
        return str(error)
    return difference(expected(json.loads(content.decode("utf-8-sig"))), ours)


def by_spec(draft: Draft, name: str) -> dict[str, Any]:
    """What the spec sends."""
    draft.data.setdefault("result", {"url": {"text": True}})
    spec = from_card(compile_card(as_yaml(draft).encode(), None, "the spec"))
    credentials = {item.name: draft.values.get(item.name, f"{VALUE}{item.name}") for item in spec.credentials}
    options = {name: "https://stand-in.example" for name, facts in spec.options.items() if facts.get("type") == "url"}
    example = {
        "file": {"name": name, "text": CONTENT},
        "credentials": credentials,
        "options": options,
        "reply": {"status": 200, "text": "https://h.example/1"},
        "url": "https://h.example/1",
    }
    exchanges = play(spec, example).exchanges
    return exchanges[0].sent if exchanges else {}


def by_curl(line: str) -> dict[str, Any]:
    """What curl sends."""
    found = re.search(r"(https?)://([^/\s'\"?]+)", line)
    assert found
    digest = hashlib.sha256(CONTENT.encode()).hexdigest()
    with tempfile.TemporaryDirectory() as folder, FakeHost([Play(200, b"https://h.example/1")]) as host:
        for name in ("photo.png", "notes.txt"):
            Path(folder, name).write_text(CONTENT)
        names = re.findall(r"\$\{?([A-Za-z_]\w*)", line)
        variables = {name: VALUE + (name if name.isupper() else name.upper()) for name in names}
        script = line.replace(found[0], host.url, 1)
        environ = {"PATH": os.environ["PATH"], "HOME": folder, **variables}
        done = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, check=False, timeout=30
        )
        if not host.requests:
            return {"method": f"curl sent nothing: {done.stderr.decode().strip()[-200:]}"}
        seen = host.requests[0]
        return as_step(seen, found[0] + seen.target, (digest, "{{ file }}"))


def expected(given: dict[str, Any]) -> dict[str, Any]:
    """What ShareX would send, where its file says so outright; what it fills in is left open."""
    url = str(given["RequestURL"])
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) | (given.get("Parameters") or {})
    body = given.get("Body") or "MultipartFormData"
    step: dict[str, Any] = {"method": str(given.get("RequestMethod") or "POST"), "url": url.partition("?")[0]}
    if query:
        step["query"] = query
    fields: dict[str, Any] = dict(given.get("Arguments") or {})
    if body == "MultipartFormData":
        step["multipart"] = fields | ({given["FileFormName"]: "{{ file }}"} if given.get("FileFormName") else {})
    elif body == "FormURLEncoded":
        step["form"] = fields
    elif body == "Binary":
        step["raw"] = "{{ file }}"
    elif body == "JSON":
        step["json"] = json.loads(given["Data"])
    step["headers"] = {
        name.lower(): value for name, value in (given.get("Headers") or {}).items() if name.lower() != "content-type"
    }
    return step


def difference(wanted: dict[str, Any], got: dict[str, Any]) -> str:
    """The first thing in which two requests are not the same, or an empty string."""
    for key in ("method", "query", "multipart", "form", "json", "raw"):
        why = _unequal(key, _plain(wanted.get(key)), _plain(got.get(key)))
        if why:
            return why
    there, here = (urlsplit(str(step.get("url", ""))) for step in (wanted, got))
    own = here.netloc == "stand-in.example" and ("." not in there.netloc or "_" in there.netloc)
    if not own and not _same(f"{there.netloc}{there.path or '/'}", f"{here.netloc}{here.path or '/'}"):
        return f"address: {there.geturl()} against {here.geturl()}"
    return _unequal("headers", _bare(wanted.get("headers", {}), got), _bare(got.get("headers", {}), got))


def _bare(headers: dict[str, str], got: dict[str, Any]) -> dict[str, str]:
    """Headers without those that follow from the body, and `Expect`, which tells how curl waits, not what it sends."""
    usual = {"expect", *(["authorization"] if "basic_auth" in got else [])}
    if "json" in got or "form" in got:
        usual |= {"content-type"}
    return {name: value.strip() for name, value in headers.items() if name not in usual and value != "*/*"}


def _plain(value: Any) -> Any:
    """A form's fields as their values, but for the file, which has its name and type."""
    if not isinstance(value, dict):
        return value
    return {name: each["value"] if isinstance(each, dict) and "value" in each else each for name, each in value.items()}


def _unequal(key: str, wanted: Any, got: Any) -> str:
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in {**wanted, **got}:
            why = _unequal(f"{key}.{name}", wanted.get(name), got.get(name))
            if why:
                return why
        return ""
    return "" if _same(wanted, got) else f"{key}: {wanted!r} against {got!r}"


def _same(wanted: Any, got: Any) -> bool:
    if wanted in (None, "", {}) and got in (None, "", {}):
        return True
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return not any(_unequal("", mine, theirs) for mine, theirs in zip(wanted, got, strict=True))
    if isinstance(wanted, str) and isinstance(got, str):
        # What ShareX fills in is known when it runs; the text around it must be there.
        parts = [re.escape(part) for part in re.split(r"\0", _FUNCTION.sub("\0", wanted))]
        return bool(re.fullmatch(".*".join(parts), got, re.DOTALL))
    return bool(wanted == got)


def _file_of(line: str) -> str:
    return "notes.txt" if "notes.txt" in line else "photo.png"


if __name__ == "__main__":
    sys.exit(main())
