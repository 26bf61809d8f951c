from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.urls import RESULT_LIMIT, BadUrl, authority, names_host, request_url, result_url, without_query

BASE = "https://h.example/up/load?x=1"


# What may be printed


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/a",
        "http://h.example",
        "https://h.example:8443/a/b.txt?c=d&e=f#g",
        "https://1.2.3.4/a",
        "https://[2001:db8::1]:8443/a",
        "https://h.example/a%20b",
        "https://h.example/@user/a:b",
        "https://h_1.example/a",
        "https://h.example./a",
        "https://h.example/$(id);&!*+,~[]",
        "HTTPS://H.EXAMPLE/A",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_result_is_printed_as_it_is(url: str) -> None:
    assert result_url(url, BASE) == url


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("/a/b", "https://h.example/a/b"),
        ("/", "https://h.example/"),
        ("/a?b=c", "https://h.example/a?b=c"),
        ("https://h.example/äb", "https://h.example/%C3%A4b"),
        ("https://h.example/文.txt?ä=ö", "https://h.example/%E6%96%87.txt?%C3%A4=%C3%B6"),
        ("https://h.example/%C3%A4ä", "https://h.example/%C3%A4%C3%A4"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://exаmple.com/a", "https://xn--exmple-4nf.com/a"),
        ("https://bücher.example:8443/ä", "https://xn--bcher-kva.example:8443/%C3%A4"),
    ],
)
def test_a_result_is_made_absolute_and_ascii(url: str, printed: str) -> None:
    assert result_url(url, BASE) == printed


@pytest.mark.parametrize(
    "url",
    [
        "",
        "OK",
        "a/b",
        "h.example/a",
        "//h.example/a",
        "///h.example/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://h.example/a",
        "mailto:a@h.example",
        "https:h.example/a",
        "https:/h.example/a",
        "https://",
        "https:///a",
        "https://?a",
        "https://user@h.example/a",
        "https://user:pw@h.example/a",
        "https://@h.example/a",
        "https://h.example@evil.example/a",
        "https://h.example:0/a",
        "https://h.example:99999/a",
        "https://h.example:a/b",
        "https://h.example:-1/a",
        "https://h..example/a",
        "https://.h.example/a",
        "https://-h.example/a",
        "https://h.example-/a",
        "https://[::1/a",
        "https://[zz]/a",
        "https://[::1]x/a",
        "https://[1.2.3.4]/a",
        "https://h.example\\@evil.example/a",
        "https://h.example/a\\b",
        "/\\evil.example/a",
        "https://h.example/a b",
        "https://h.example/a\nb",
        "https://h.example/a\rb",
        "https://h.example/a\tb",
        "https://h.example/a\x00b",
        "https://h.example/\x1b[31m",
        "https://h.example/a\x7f",
        "https://h.example/a\x85b",
        "https://h.example/a\xa0b",
        "https://h.example/a\u202eb",
        "https://h.example/a\u200bb",
        "https://h.example/a\u2028b",
        "https://h.example/a\ufeffb",
        "https://h.example/a\u2066b",
        'https://h.example/a"b',
        "https://h.example/a'b",
        "https://h.example/<b>",
        "https://h.example/a^b",
        "https://h.example/a`id`",
        "https://h.example/{a}",
        "https://h.example/{{ file.name }}",
        "https://h.example/a|b",
        "https://h.example/" + "a" * RESULT_LIMIT,
        "https://h.example/" + "a" * 200_000,
        " https://h.example/a",
        "https://h.example/a ",
        "https://h.example/a\nhttps://evil.example/b",
        "https://h\uff0fexample/a",
        "https://ex ample/a",
    ],
)
def test_what_is_no_url_is_not_printed(url: str) -> None:
    with pytest.raises(BadUrl) as caught:
        result_url(url, BASE)
    assert str(caught.value)


@pytest.mark.parametrize("code", [0xAD, 0x61C, 0x1680, 0x180E, 0x3000, 0xE000, 0xFFF9, 0xE0041, 0xD800])
def test_no_character_of_class_c_or_z_is_printed(code: int) -> None:
    with pytest.raises(BadUrl):
        result_url(f"https://h.example/a{chr(code)}b", BASE)


def test_a_path_without_a_base_is_no_url() -> None:
    with pytest.raises(BadUrl):
        result_url("/a")


def test_2048_characters_are_printed() -> None:
    url = "https://h.example/" + "a" * (RESULT_LIMIT - 18)
    assert len(result_url(url)) == RESULT_LIMIT


@given(st.text(max_size=40).map("https://h.example/{}".format) | st.text("htps:/.@[]#?%é a-z\\0\u202e中", max_size=30))
def test_what_is_printed_is_a_url_in_ascii_without_anything_odd(text: str) -> None:
    try:
        url = result_url(text, BASE)
    except BadUrl:
        return
    assert url.isascii()
    assert not set(url) & set("\"'<>\\^`{|} ")
    assert all(unicodedata.category(character)[0] not in "CZ" for character in url)
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert parts.username is None
    assert result_url(url) == url


# What may be requested


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://h.example/a?b='c'|d", "https://h.example/a?b='c'|d"),
        ("http://h.example", "http://h.example"),
        ("https://h.example/ä?ö=ü#ß", "https://h.example/%C3%A4?%C3%B6=%C3%BC#%C3%9F"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://h.example/a\u202e", "https://h.example/a%E2%80%AE"),
        ("https://h.example/a%2Fb%zz", "https://h.example/a%2Fb%zz"),
    ],
)
def test_a_request_goes_out_in_ascii(url: str, sent: str) -> None:
    assert request_url(url) == sent


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a",
        "h.example/a",
        "ftp://h.example/a",
        "file:///etc/passwd",
        "https://user:pw@h.example/a",
        "https://h.example/a b",
        "https://h.example/a\nb",
        "https://h.example/a\x00",
        "https://h.example/a\x85",
        "https://h.example/a\xa0b",
        "https://h.example\\.evil.example/",
        "https://h.example:0/",
        "https://h%2eexample/",
        "https://h.exa mple/",
        "https://",
    ],
)
def test_what_is_no_address_is_not_requested(url: str) -> None:
    with pytest.raises(BadUrl):
        request_url(url)


# Hosts


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://h.example/a", "h.example:443"),
        ("http://h.example", "h.example:80"),
        ("https://H.Example:8443/", "h.example:8443"),
        ("http://h.example:443/", "h.example:443"),
        ("https://bücher.example/", "xn--bcher-kva.example:443"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]:443"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://127.0.0.1:5000/x", "127.0.0.1:5000"),
    ],
)
def test_a_host_is_a_name_and_a_port(url: str, host: str) -> None:
    assert authority(url) == host


@pytest.mark.parametrize(
    ("pattern", "host", "named"),
    [
        ("h.example:443", "h.example:443", True),
        ("h.example:443", "h.example:80", False),
        ("h.example:443", "a.h.example:443", False),
        ("*.h.example:443", "a.h.example:443", True),
        ("*.h.example:443", "a.b.h.example:443", True),
        ("*.h.example:443", "h.example:443", False),
        ("*.h.example:443", ".h.example:443", False),
        ("*.h.example:443", "evilh.example:443", False),
        ("*.h.example:443", "a.h.example:8443", False),
        ("*.h.example:443", "a.h.example.evil.example:443", False),
        ("*.h.example:8443", "a.h.example:8443", True),
    ],
)
def test_a_pattern_names_a_host(pattern: str, host: str, named: bool) -> None:
    assert names_host(pattern, host) is named


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/a?key=x#y", "https://h.example/a"),
        ("https://h.example/a#y?key=x", "https://h.example/a"),
        ("https://h.example/a", "https://h.example/a"),
    ],
)
def test_messages_show_no_query(url: str, shown: str) -> None:
    assert without_query(url) == shown
