import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.operations.md_ops import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a &amp; b&nbsp;c</p><p>d<br>e</p>", "a & b c\n\nd\ne"),
        ("<div>a</div><div><br></div><div>b</div>", "a\nb"),
        ("a\n  b\t c", "a b c"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
        ("<pre>\n  int  x;\n\n  y\n</pre>z", "  int  x;\n\n  y\n\nz"),
        ("<ul><li>a<li>b<ol><li>c<li>d</ol></ul>", "- a\n- b\n\n  1. c\n  2. d"),
        ('<ol start="9"><li>a<li>b</ol>', "9. a\n10. b"),
        ('<a href="https://x.org/a">here</a>', "here <https://x.org/a>"),
        ('<a href="https://x.org/">x.org</a>', "x.org"),
        ('<a href="mailto:a@b.c">a@b.c</a>', "a@b.c"),
        ('<a href="javascript:x()">here</a> <a href="#top">top</a> <a name="n">n</a>', "here top n"),
        ('<img alt="logo" src="x"><img src="tracker">', "[logo]"),
        ("<style>p{}</style><script>x</script><title>t</title>a<!-- b -->", "a"),
        ('<span style="DISPLAY : none">x</span><p hidden>y</p>a', "a"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2 3</table>", "A | B\n1 | 2 3"),
        ("<table><tr><td><table><tr><td>a<td>b</table><td><p>c</table>", "a | b\n\nc"),
        ("<table><tr><td>layout</table>", "layout"),
        ("<h1>Head</h1>text", "Head\n\ntext"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<dl><dt>a<dd>b</dl>", "a\n    b"),
        ("&#0;&#xD800;a\0b", "\ufffd\ufffdab"),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_html_becomes_text_that_reads_like_the_page(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h2>Head</h2><p>a <b>b</b> <i>c</i> <code>d</code>", "## Head\n\na **b** *c* `d`"),
        ("<pre>x = 1\n</pre>", "```\nx = 1\n```"),
        ('<a href="https://x.org">x</a> <img alt="i" src="s">', "[x](https://x.org) ![i](s)"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2|3</table>", "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<ul><li><p>a<p>b</ul>", "- a\n\n  b"),
    ],
)
def test_markdown_keeps_the_structure(html: str, markdown: str) -> None:
    assert html_to_text(html, markdown=True) == markdown


def test_of_a_document_nested_beyond_reason_the_words_are_kept() -> None:
    assert html_to_text("<div>" * 50_000 + "words &amp; more") == "words & more"


TAGS = "p div blockquote ul ol li pre table tr td th a br b h1 h22 dd hr img span script".split()  # noqa: SIM905
PIECES = st.sampled_from(
    [f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ['<a href="http://x">', "&#1;", "\n"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join), st.booleans())
def test_any_html_is_converted(html: str, markdown: bool) -> None:
    text = html_to_text(html, markdown=markdown)

    assert "\0" not in text
    text.encode("utf-8")
