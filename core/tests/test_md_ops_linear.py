"""Whatever somebody writes, ten times as much of it takes about ten times as long to convert."""

import pytest

from core.operations.file_ops import safe_name, safe_title
from core.operations.md_ops import chat_markdown, code_span, embedded, fenced, html_to_text, inline
from core.tests.growth import assert_linear
from core.tests.thorough import cases

ITALICS = "<i>" * 2001
TAGS = [
    *("<i>", "<div>", "<blockquote>", "<ul><li>", "<dl><dd>", "<p>", "<font>", "<a href=http://x>", "<b><p>"),
    *("<a><div>", "<", "<!--", "</x>", "<svg><p>", "<select>", "&", "&#1;", "<br>", "<li>a", "<pre>", "<h1>"),
    *("<q", "<q/", "<q a", '<p "', '<p a="'),
]


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    cases(
        [
            ("a", f"{ITALICS}<", ""),
            ("a", f"{ITALICS}<a ", ""),
            ("a", "<p " * 300, ""),
            (" a=", "<p", ">x"),
            ("<table><tr><td>", "", ""),
            ("<table><tr><td>a<td>b", "", ""),
            ("<table><td>a<td>b</table>", "<table><tr><td>" * 600, ""),
            ("<div></x>", "", ""),
            ('<div x="<">', "", ""),
            ("<div x='>'>", "", ""),
            ("<div><object></div></object>", "", ""),
            ("<td>", "<table><tr>", ""),
            ("<tr><td>a<td>b", "<table>", ""),
            (" ", "<p style='display", "'>a"),
            *((unit, "", "") for unit in TAGS),
        ]
    ),
)
def test_html_is_read_in_a_time_that_grows_with_it(unit: str, before: str, after: str) -> None:
    assert_linear(html_to_text, unit, before=before, after=after)


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    [
        (" a{:05}=1", "<p", ">x"),
        ("/a{:05}", "<p", ">x"),
        ("<p><i id={}>a</p>", "", ""),
        ("<p><object><i id={}><object></i></object></object></p>", "", ""),
        ("<font size={}><div>a</div>", "", ""),
    ],
)
def test_html_in_which_nothing_repeats_is_read_in_a_time_that_grows_with_it(
    unit: str, before: str, after: str
) -> None:
    assert_linear(html_to_text, unit.format, before=before, after=after)


UNITS = [
    *("<b>", "<b>\n", "# x\n", "x\n=\n", "> ", "- ", "` ``", "`", "``` ", "```a\n", "<", "<!--", "<!-- -->"),
    *(
        "<?",
        "[",
        "[a",
        "[a]: x\n",
        "[a](",
        "![",
        "*",
        "**a",
        "_a ",
        "~~",
        "~~~\n",
        "|",
        "|a|\n|-|\n",
        "|-|\n",
    ),
    *("\\", "\\`", "&#1;", "&a", "    a\n", "\t", " ", "+ ", "1) ", "1. ", "- - - x", "#", "# #", "a" * 50),
    *("<a@b.c>", "\n", "\n\n", "> ```\n"),
]


@pytest.mark.parametrize("unit", cases(UNITS))
def test_texts_become_part_of_a_document_in_a_time_that_grows_with_them(unit: str) -> None:
    assert_linear(lambda text: embedded(text, below=2), unit, before="# a\n<b>\n")
    assert_linear(lambda text: embedded(chat_markdown(text), below=2), unit)
    for convert in (inline, fenced, code_span, safe_name, safe_title):
        assert_linear(convert, unit)
