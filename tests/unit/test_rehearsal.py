"""What a dry run prints, run by bash, sends what the upload sends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import registry
from twat_fs.errors import UploadFailed
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload import UploadOptions, plan_upload, upload
from twat_fs.wire.rehearsal import as_curl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twat_fs.testing.fake_host import Seen

_TOOLS = ("bash", "curl", "jq", "python3")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, _TOOLS)), reason=f"the printed scripts need {', '.join(_TOOLS)}"
)

#: Everything that a shell, JSON, a form or curl could stumble over.
WILD = """q"u'o\\t $(id) `id` a!b;c,d=e&f%41 @x"""
KEY = "credentials: {KEY: {help: The key.}}\n"
RAW = '  raw: "{{ file }}"\n'
FORM = '  multipart: {file: "{{ file }}"}\n'


@dataclass
class Case:
    """An upload: its spec, in which HOST is the host, and what the host answers."""

    spec: str
    name: str = "a.txt"
    content: bytes = b"hello"
    replies: list[Play] = field(default_factory=lambda: [Play(200, b"done")])
    environ: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    credentials: str = WILD


def one(request: str, **more: Any) -> Case:
    return Case(f"request:\n  url: HOST/up\n{request}", **more)


def keyed(request: str, **more: Any) -> Case:
    case = one(request, **more)
    case.spec = KEY + case.spec
    return case


def two(save: str, second: str, reply: Play, more: str = "", last: Sequence[Play] = ()) -> Case:
    """Two steps, of which the second sends what the first saved."""
    steps = f"{more}steps:\n  - name: first\n    url: HOST/first\n    form: {{a: b}}\n    save: {save}\n"
    steps += "  - name: put\n    method: PUT\n    raw: '{{ file }}'\n" + second
    return Case(steps, replies=[reply, Play(200, b"done"), *last])


SLOT = Play(200, b'{"id": 7, "name": "a \\"b\\" \\\\ c \\u00fc", "o": {"t-x": ["p", "q/r s"]}, "to": "/put/x y"}')
LATER = '    url: "HOST/put/{{ saved.id }}"\n'
LOCATED = Play(201, b'{"id": "n1"}', headers=[("Location", "/at/7?x=[1]"), ("X-Token", "t;=1")])

CASES = {
    "raw": one("  method: PUT\n" + RAW),
    "raw-empty": one("  method: PUT\n" + RAW, content=b""),
    "raw-large": one("  method: PUT\n" + RAW, content=b"x" * 1_200_000),
    "binary": one(RAW, content=bytes(range(256))),
    "form": one(FORM),
    "form-empty": one(FORM, content=b""),
    "name-quotes": one(FORM, name="a \"b\" 'c' `d`.txt"),
    "name-separators": one(FORM, name="a;b,c=d&e.txt"),
    "name-newline": one(FORM, name="a\nb.txt"),
    "name-unicode": one(FORM, name="ünï ☃ 日本!.txt"),
    "name-backslash": one(FORM, name="a\\b\\.txt"),
    "name-dash": one(FORM, name="-"),
    "name-at": one(RAW, name="@x"),
    "name-less": one(FORM, name="<x>"),
    "name-controls": one(FORM, name="a\tb\x1b[31m.txt"),
    "name-hidden": one(FORM, name="a\u202egpj.exe\u200b\U000e0041.txt"),
    "name-bytes": one(FORM, name="a\udcff'b.txt"),
    "name-in-path": Case('request:\n  url: "HOST/up/{{ file.name }}"\n  method: PUT\n' + RAW, name="a b'[1]{2}?#.txt"),
    "fields": one(
        '  multipart: {"a=b": x, "c;d": "y;z", "q\\"r": "@s", "": t, "e": "<u", "f": "(v", file: "{{ file }}"}\n'
    ),
    "part-file-name": one('  multipart: {p: {value: v, filename: n.json}, file: "{{ file }}"}\n'),
    "part-type": one('  multipart: {p: {value: "{\\"a\\": 1}", content_type: application/json}, file: "{{ file }}"}\n'),
    "part-both": one(
        '  multipart: {p: {value: "v", filename: "n", content_type: text/x; charset=utf-8}, f: "{{ file }}"}\n'
    ),
    "file-type": one('  multipart: {f: {value: "{{ file }}", filename: x.bin, content_type: image/x-y}}\n'),
    "no-body": two("{id: id}", LATER + "  - {name: end, url: HOST/end}\n", SLOT, last=[Play(200)]),
    "empty-header": one('  headers: {X-E: "", User-Agent: own, Accept: x/y}\n' + RAW),
    "dots": Case("request:\n  url: HOST/a/../b/./[c]{d}?x=[1-3]\n  method: PUT\n" + RAW),
    "no-path": Case("request:\n  url: HOST?x=1\n" + RAW),
    "query": one('  query: {a: "x y&z=ü"}\n' + RAW),
    "json": one('  json: {name: "{{ file.name }}", n: "{{ file.size }}", t: "{{ file.text }}"}\n', name="ü'\"!.txt"),
    "text-with-zero": one('  raw: "{{ file.text }}"\n', content=b"a\0b\\n%s'\0"),
    "text-long": one('  raw: "{{ file.text }}"\n', content=b"a b'\n!" * 40_000),
    "secret-header": keyed('  headers: {A: "Bearer {{ credentials.KEY }}"}\n' + RAW),
    "secret-query": keyed('  query: {a: b, k: "{{ credentials.KEY }}"}\n' + RAW),
    "secret-path": Case(KEY + 'request:\n  url: "HOST/a!b/{{ credentials.KEY }}/x"\n' + RAW),
    "secret-basic": keyed('  basic_auth: {username: "u!", password: "{{ credentials.KEY }}"}\n' + RAW),
    "secret-basic-by-hand": keyed('  headers: {Authorization: "Basic {{ credentials.KEY | base64 }}"}\n' + RAW),
    "secret-base64": keyed("  headers: {A: \"x {{ ('!u:' + credentials.KEY) | base64 }}\"}\n" + RAW),
    "secret-json": keyed(
        '  json: {"a\\"": "b\\" {{ credentials.KEY }} c", k: "{{ credentials.KEY }}", f: "{{ file.text }}"}\n'
    ),
    "secret-tojson": keyed("  headers: {A: \"{{ {'k': credentials.KEY} | tojson }}\"}\n" + RAW),
    "secret-form": keyed('  form: {a: "{{ file.text }}", k: "{{ credentials.KEY }}"}\n'),
    "secret-part": keyed('  multipart: {k: "{{ credentials.KEY }}", file: "{{ file }}"}\n'),
    "secret-part-typed": keyed(
        '  multipart: {k: {value: "{{ credentials.KEY }}", content_type: text/x}, file: "{{ file }}"}\n'
    ),
    "secret-file-name": keyed('  multipart: {f: {value: "{{ file }}", filename: "{{ credentials.KEY }}"}}\n'),
    "secret-trim": keyed('  headers: {A: "x{{ credentials.KEY | trim | upper }}"}\n' + RAW, credentials="  a b  "),
    "secret-raw": keyed('  headers: {A: "x{{ credentials.KEY | raw | string }}"}\n' + RAW),
    "secret-raw-in-path": Case(
        KEY + "request:\n  url: \"HOST/{{ credentials.KEY | raw }}/{{ ('a/' | raw) + credentials.KEY }}\"\n" + RAW,
        credentials="x/y%20z",
    ),
    "secret-basename": keyed('  headers: {A: "x{{ credentials.KEY | basename }}"}\n' + RAW, credentials="a/b c/"),
    "secret-alias": Case(
        "credentials: {KEY: {help: The key., aliases: [OTHER_KEY]}}\nrequest:\n  url: HOST/up\n"
        '  headers: {A: "{{ credentials.KEY }}"}\n' + RAW,
        environ={"OTHER_KEY": WILD},
        credentials="",
    ),
    "secret-option-env": Case(
        "options: {pw: {type: string, secret: true, env: BOX_PW}}\nrequest:\n  url: HOST/up\n"
        '  headers: {A: "{{ options.pw }}"}\n' + RAW,
        environ={"BOX_PW": WILD},
    ),
    "secret-option": Case(
        "options: {pass_word: {type: string, secret: true}}\nrequest:\n  url: HOST/up\n"
        "  headers: {A: \"{{ options['pass_word'] }}\"}\n" + RAW,
        environ={"OPTION_PASS_WORD": WILD},
        options={"pass_word": WILD},
    ),
    "steps-jmespath": two("{id: id}", LATER, SLOT),
    "steps-nested": two("{id: 'o.\"t-x\"[1]'}", LATER, SLOT),
    "steps-or": two("{id: nothing || name}", LATER, SLOT),
    "steps-member": two("{o: o}", "    url: \"HOST/put/{{ saved.o['t-x'][1] }}\"\n", SLOT),
    "steps-sum": two("{n: id}", '    url: "HOST/put/{{ saved.n + 1 }}/{{ saved.n // 2 - 1 }}"\n', SLOT),
    "steps-dash": Case(
        two("{id: id}", LATER, SLOT).spec.replace("name: first", "name: fir-st"), replies=[SLOT, Play(200, b"done")]
    ),
    "steps-header": two("{at: {header: Location}}", '    url: "{{ saved.at }}"\n', LOCATED),
    "steps-header-and-json": two(
        "{at: {header: x-token}, id: id}", LATER + '    headers: {T: "{{ saved.at }}"}\n', LOCATED
    ),
    "steps-text": two("{id: {text: true}}", LATER, Play(200, b" a 'b' \"c\"\n\n")),
    "steps-regex": two("{id: {regex: 'id=(\\w+)'}}", LATER, Play(200, b"<p>id=x7</p>")),
    "steps-template": two("{id: '{{ reply.json.o[\"t-x\"][0] }}'}", LATER, SLOT),
    "steps-default": two("{id: {jmespath: none_there, default: \"d 'e'\"}}", LATER, SLOT),
    "steps-json": two("{n: id, t: name}", "", SLOT).__class__(
        "steps:\n  - {name: first, url: HOST/first, form: {a: b}, save: {n: id, t: name}}\n"
        "  - name: end\n    url: HOST/end\n"
        '    json: {n: "{{ saved.n }}", t: "{{ saved.t }}", m: "<{{ saved.t }}>", f: "{{ file.text }}"}\n',
        replies=[SLOT, Play(200, b"done")],
    ),
    "steps-secret": two(
        "{id: {jmespath: 'o.\"t-x\"[1]', secret: true}}",
        '    url: HOST/x\n    headers: {A: "b {{ saved.id }}"}\n',
        SLOT,
    ),
    "steps-etag": two("{id: id}", "    url: HOST/x\n    headers: {If-Match: '\"{{ saved.id }}\"'}\n", SLOT),
    "steps-host": two("{at: at}", '    url: "http://{{ saved.at }}:PORT/x"\n', Play(200, b'{"at": "127.0.0.1"}')),
    "steps-when": two("{id: id}", LATER + '    when: "{{ saved.id > 3 }}"\n', SLOT),
    "steps-when-not": two("{id: id}", LATER + '    when: "{{ options.o }}"\n', SLOT, "options: {o: {type: boolean}}\n"),
    "steps-cookies": two(
        "{id: id}", LATER, Play(200, SLOT.body, headers=[("Set-Cookie", "s=1; Path=/"), ("Set-Cookie", "t=2; Path=/")])
    ),
    "steps-head": Case(
        "steps:\n  - {name: look, method: HEAD, url: HOST/look, save: {t: {header: X-Token}}}\n"
        '  - {name: put, method: PUT, url: "HOST/{{ saved.t }}", raw: "{{ file }}"}\n',
        replies=[LOCATED, Play(200, b"done")],
    ),
}


def spec_of(case: Case, host: FakeHost) -> str:
    text = case.spec.replace("HOST/", f"{host.url}/").replace("HOST?", f"{host.url}?").replace("PORT", str(host.port))
    allowed = f"allow_hosts: ['127.0.0.1:{host.port}']\n" if "saved.at" in text else ""
    return (
        "spec: 1\nname: odd\ntitle: Odd\nretry: {attempts: 1}\ncapabilities: {check: none}\n"
        f"{allowed}{text}result: {{url: {{template: 'https://h.example/a'}}}}\n"
    )


def script_of(case: Case, folder: Path, host: FakeHost) -> str:
    (folder / "odd.yaml").write_text(spec_of(case, host), encoding="utf-8")
    known = registry(folder, **environ_of(case))
    with Source(case.name) as source:
        rehearsed = plan_upload(source, known, ["odd"], UploadOptions(options=case.options))
    return "\n".join(as_curl(request, case.name, aside) for request, aside in rehearsed.requests)


def environ_of(case: Case) -> dict[str, str]:
    return {
        **({"KEY": case.credentials} if "credentials: {KEY: {help: The key.}}" in case.spec else {}),
        **case.environ,
    }


def shown(seen: Seen) -> dict[str, Any]:
    """A request without what may differ: curl's own headers and the boundary of a form."""
    ignored = {"accept-encoding", "expect", "connection"}
    headers = sorted((name.lower(), value) for name, value in seen.headers if name.lower() not in ignored)
    body: Any = seen.body
    found = re.search(r"boundary=(\S+)", seen.header("Content-Type") or "")
    if found:
        body = body.replace(found[1].encode(), b"BOUNDARY")
        headers = [pair for pair in headers if pair[0] not in ("content-type", "content-length")]
    return {"method": seen.method, "target": seen.target, "headers": headers, "body": body}


def run(script: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", **environ}
    text = b"set -o history -o histexpand\n" + os.fsencode(script)  # as where a person pastes it
    return subprocess.run(["bash", "-eu"], input=text, env=surroundings, cwd=folder, capture_output=True, check=False)


@pytest.mark.parametrize("name", CASES)
def test_the_printed_script_sends_what_the_upload_sends(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    with open(os.fsencode(case.name), "wb") as file:
        file.write(case.content)
    plays: list[Play] = []
    with FakeHost(lambda _: plays.pop(0)) as host:
        script = script_of(case, tmp_path, host)
        for secret in environ_of(case).values():
            assert secret not in script
        assert not host.requests
        plays += case.replies
        known = registry(tmp_path, **environ_of(case))
        with Source(case.name) as source:
            outcome = upload(source, known, ["odd"], UploadOptions(options=case.options, check="none"))
        assert outcome.result, outcome.attempts
        sent, host.requests = list(host.requests), []
        plays[:] = case.replies
        done = run(script, tmp_path, **environ_of(case))
        assert done.returncode == 0, (script, done.stderr)
        assert not done.stderr, script
        assert [shown(seen) for seen in host.requests] == [shown(seen) for seen in sent], script


def printed(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A script, and what came to the host when it ran without any of its variables."""
    monkeypatch.chdir(folder)
    (folder / case.name).write_bytes(case.content)
    with FakeHost() as host:
        script = script_of(case, folder, host)
        done = run(script, folder)
        assert not host.requests, script
    return script, done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secret-header", "KEY: set KEY"),
        ("secret-path", "KEY: set KEY"),
        ("secret-basic", "KEY: set KEY"),
        ("secret-form", "KEY: set KEY"),
        ("secret-part-typed", "KEY: set KEY"),
        ("secret-alias", "OTHER_KEY: set OTHER_KEY"),
        ("secret-option-env", "BOX_PW: set it to the option pw"),
        ("secret-option", "OPTION_PASS_WORD: set it to the option pass_word"),
    ],
)
def test_without_its_secret_a_command_sends_nothing(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in printed(CASES[name], tmp_path, monkeypatch)[1]


@pytest.mark.parametrize("filters", ["replace('a', '`id`')", "trim('q')", "regex_replace('a', 'b')", "int"])
def test_a_filter_that_no_command_does_is_asked_of_a_person(
    filters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = keyed(f'  headers: {{A: "{{{{ credentials.KEY | {filters} }}}}"}}\n' + RAW)
    script, error = printed(case, tmp_path, monkeypatch)
    assert "`" not in script
    assert "TWAT_FS_VALUE: what" in error


def test_a_saved_value_that_did_not_come_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = two("{id: id}", LATER, SLOT)
    monkeypatch.chdir(tmp_path)
    (tmp_path / case.name).write_bytes(case.content)
    with FakeHost([Play(200, b"{}")]) as host:
        done = run(script_of(case, tmp_path, host), tmp_path)
        assert [seen.target for seen in host.requests] == ["/first"]
    assert b"the reply gave no id" in done.stderr


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("steps-when", "# The step put runs only where this is true: saved.id > 3"),
        ("secret-basic", "curl -sS -X POST \\\n  -A"),
        ("secret-basic", "-u \"u$(printf '\\041'):${KEY}\""),
        ("steps-head", "curl -sS -I"),
        ("steps-cookies", '-b "${jar}" -c "${jar}"'),
        ("steps-host", "${saved_at}"),
        ("secret-header", '-H "A: Bearer ${KEY}"'),
        ("name-bytes", "\\377"),
        ("name-hidden", "a\\342\\200\\256gpj.exe"),
    ],
)
def test_what_a_script_says(name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    with open(os.fsencode(case.name), "wb") as file:
        file.write(case.content)
    with FakeHost() as host:
        script = script_of(case, tmp_path, host)
    assert line in script, script
    assert script.isprintable() or not re.search(r"[\x00-\x09\x0b-\x1f\udc80-\udcff]", script)


def test_a_value_that_cannot_be_worked_out_is_asked_of_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = two("{l: list}", "    url: \"HOST/{{ saved.l | join(',') }}\"\n", SLOT)
    monkeypatch.chdir(tmp_path)
    (tmp_path / case.name).write_bytes(case.content)
    with FakeHost() as host:
        script = script_of(case, tmp_path, host)
    assert "# TWAT_FS_VALUE stands for saved.l | join(',')" in script


def test_people_see_the_name_of_a_secret_in_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"hello")
    with FakeHost([Play(400)]) as host:
        script_of(CASES["secret-path"], tmp_path, host)
        known = registry(tmp_path, KEY=WILD)
        with Source("a.txt") as source:
            outcome = upload(source, known, ["odd"], UploadOptions(check="none"))
    assert f"POST {host.url}/a!b/${{KEY}}/x answered 400" in outcome.attempts[0].message


def test_a_dry_run_passes_over_who_lacks_an_option(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    text = "spec: 1\nname: {0}\ntitle: A\n{1}request:\n  url: https://h.example/{0}\n" + RAW
    for name, option in (("bare", ""), ("able", "options: {o: {type: string}}\n")):
        spec = text.replace("{0}", name).replace("{1}", option)
        used = '  query: {o: "{{ options.o }}"}\n' if option else ""
        (tmp_path / f"{name}.yaml").write_text(spec + used + "result: {url: {text: true}}\n", encoding="utf-8")
    options = UploadOptions(options={"o": "x"})
    with Source(path) as source:
        assert plan_upload(source, registry(tmp_path), ["bare", "able"], options).providers == ["able"]
        with pytest.raises(UploadFailed, match="has no option"):
            plan_upload(source, registry(tmp_path), ["bare", "bare"], options)
