"""Whatever a header is called and holds, it goes out as that one header or not at all."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from twat_fs.errors import BadRequest, NotConfigured
from twat_fs.http.body import StreamingBody
from twat_fs.http.prepare import place_of, prepare
from twat_fs.messages import Request

_URL = "https://h.example/"
_ODD = st.text(alphabet="aZ09-_:;,.!#$%&'*+^`|~\"()<>@[]\\/{} \t\r\n\0\x7f\x80é中😀", max_size=12)


@given(st.one_of(st.text(max_size=12), _ODD), st.one_of(st.text(max_size=40), _ODD))
@example("X-A", "b\r\nX-B: c")
@example("X-A\r\nX-B", "c")
@example("X-A", " \tb ")
def test_any_header_is_one_header_or_an_error(name: str, value: str) -> None:
    request = Request("test", "up", "GET", _URL, headers=((name, value),))
    try:
        headers = prepare(request, StreamingBody(None), "agent", None).headers
    except (BadRequest, NotConfigured) as refusal:
        message = f"{refusal} {refusal.hint}"
        assert message.isprintable()
        assert message.isascii()
        return
    sent = "".join(f"{key}: {text}\r\n" for key, text in headers.items())
    assert sent.count("\r\n") == len(headers) == sent.count("\n") == sent.count("\r")
    assert headers[name] == value.strip(" \t")
    assert sent.isascii()
    assert ":" not in name
    assert name.lower() not in ("host", "content-length", "transfer-encoding", "connection")


@given(st.one_of(st.text(max_size=12), _ODD))
def test_any_method_is_a_token_or_an_error(method: str) -> None:
    try:
        prepared = prepare(Request("test", "up", method, _URL), StreamingBody(None), "agent", None)
    except BadRequest:
        return
    assert prepared.method == method
    assert not set(method) & set(" \t\r\n:/")
    assert method.isascii()


@given(st.one_of(st.text(max_size=30), _ODD.map("http://h.example/{}".format), _ODD.map("https://{}/a".format)))
@example("http://h.example:80/a b")
@example("http://h.example/\r\nX: y")
@example("http://user@h.example/")
def test_any_address_is_a_place_on_one_line_or_an_error(url: str) -> None:
    try:
        place = place_of(url)
    except BadRequest:
        return
    assert place.host
    assert place.target.startswith("/")
    assert all("\x21" <= character <= "\x7e" for character in place.origin + place.target)
    assert "@" not in place.origin
    assert "#" not in place.target
