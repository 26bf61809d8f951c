"""What is printed of an upload: read back by what people paste it into."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from twat_fs.cli.formats import Uploaded, read_format
from twat_fs.errors import UsageError
from twat_fs.text import visible

URL = "https://host.example/a_(1).txt?x=1&copy;=2&b"
ODD = "a [b](c) *d* `e` <f> &amp; _g_ \\ \"h\" 'i' ~j~ |k| ![l]\x1b[2J\n.txt"


def uploaded(name: str = "a.txt", url: str = URL, **more: Any) -> Uploaded:
    return Uploaded(url, name, name, 5, **more)


def line(text: str, found: Uploaded | None = None) -> str:
    return read_format(text).line(found or uploaded())


def in_markdown(text: str) -> tuple[str, str, str]:
    """The kind, the words and the address of the one thing in a line of Markdown."""
    (paragraph,) = [token for token in MarkdownIt().parse(text) if token.type == "inline"]
    assert paragraph.children
    first = paragraph.children[0]
    if first.type == "image":
        assert len(paragraph.children) == 1
        return "image", first.content, str(first.attrs["src"])
    assert (first.type, paragraph.children[-1].type) == ("link_open", "link_close")
    inside = paragraph.children[1:-1]
    assert {token.type for token in inside} <= {"text", "text_special"}
    return "link", "".join(token.content for token in inside), str(first.attrs["href"])


@pytest.mark.parametrize("name", ["a.txt", ODD, "]", "[", "a]("])
def test_markdown_has_the_name_and_the_address(name: str) -> None:
    kind, words, address = in_markdown(line("markdown", uploaded(name)))
    assert (kind, words) == ("link", visible(name))
    assert unquote(address) == unquote(URL)


@given(st.text(min_size=1, max_size=20).filter(lambda text: visible(text).strip(" ") == visible(text)))
def test_any_name_is_plain_text_in_markdown(name: str) -> None:
    assert in_markdown(line("markdown", uploaded(name)))[:2] == ("link", visible(name))


def test_a_picture_is_shown_in_place() -> None:
    assert line("markdown", uploaded("a.png", "https://h.example/a.png")) == "![a.png](https://h.example/a.png)"
    assert line("html", uploaded("a.png")).startswith('<img src="https://host.example/a_(1).txt?x=1&amp;copy;=2')
    assert line("bbcode", uploaded("a.png", "https://h.example/a.png")) == "[img]https://h.example/a.png[/img]"


@pytest.mark.parametrize(("format", "begin"), [("markdown", "[a.png]("), ("html", "<a "), ("bbcode", "[url=")])
def test_of_a_page_about_a_picture_there_is_a_link(format: str, begin: str) -> None:  # noqa: A002
    assert line(format, uploaded("a.png", direct=False)).startswith(begin)


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


@pytest.mark.parametrize("name", ["a.txt", ODD, '"><script>'])
def test_html_has_the_name_and_the_address(name: str) -> None:
    parser = _Html()
    parser.feed(line("html", uploaded(name)))
    parser.close()
    assert parser.seen == [("a", {"href": URL}), visible(name)]


def test_bbcode_gives_no_bracket_away() -> None:
    assert (
        line("bbcode", uploaded("a.txt", "http://[::1]:8/x[1].txt")) == "[url=http://[::1]:8/x%5B1%5D.txt]a.txt[/url]"
    )
    assert line("bbcode", uploaded("a[/url].txt", "http://h/x")) == "[url]http://h/x[/url]"


FULL = uploaded(sha256="5a", metadata={"provider": "mine", "page_url": "http://p", "expires_at": 7, "n": {"k": [1, 2]}})


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ("{{ url }}", URL),
        ("{{ name }}\\t{{ size }}\\n{{ type }}", "a.txt\t5\ntext/plain"),
        ("{{ name | regex_replace('\\.txt', '') }} a\\\\nb", "a a\\nb"),
        ("{{ provider }} {{ page_url or url }} {{ expires_at }} {{ sha256 }}", "mine http://p 7 5a"),
        ("{{ metadata.n.k | join('-') }}|{{ metadata.none }}|{{ delete_url }}", "1-2||"),
        ("{{ 'big' if size > 3 else 'small' }}", "big"),
        ('{"u": {{ url | tojson }}}', f'{{"u": "{URL}"}}'),
        ("{{ random(8) | length }}{{ choice(['x']) }}", "8x"),
    ],
)
def test_a_template_makes_the_line(template: str, printed: str) -> None:
    assert line(template, FULL) == printed


def test_what_a_file_or_a_host_calls_itself_moves_no_cursor() -> None:
    found = uploaded("a\x1b[2J\nb", metadata={"provider": "p\x07", "n": "\x9b31m"})
    assert line("{{ name }}{{ provider }}{{ metadata.n }}", found) == "a [2J bp  31m"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("markdwon", "there is no such format"),
        ("", "there is no such format"),
        ("{{ ulr }}", "`ulr` is not a name"),
        ("{{ file.name }}", "`file` is not a name"),
        ("{{ url.host }}", "has no value"),
        ("{{ url", "cannot be read"),
        ("{% if url %}{{ url }}{% endif %}", "statement"),
        ("{{ url | nope }}", "no filter"),
        ("{{ size + name }}", "takes two texts or two numbers"),
    ],
)
def test_what_is_no_format_is_refused_at_once(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="--format") as caught:
        read_format(text)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_digest_is_taken_where_it_is_printed() -> None:
    wanted = {text: read_format(text).wants_digest for text in ("json", "url", "{{ url }}", "{{ url }} {{ sha256 }}")}
    assert wanted == {"json": True, "url": False, "{{ url }}": False, "{{ url }} {{ sha256 }}": True}
