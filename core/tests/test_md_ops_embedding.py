import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.operations.md_ops import code_span, embedded, fenced, inline

LONGEST_BODY = 65_536  # of an issue on GitHub


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("plain\n\n- a\n- b", "plain\n\n- a\n- b"),
        ("\r\n\r\na\r\nb\r\n", "a\nb"),
        ("    int i;", "    int i;"),
        ("# One\n## Two\n###### Six", "#### One\n##### Two\n###### Six"),
        ("One\ntwo\n===\nthree\n---", "#### One two\n##### three"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
        ("| a |\n| --- |\n| b |", "| a |\n| --- |\n| b |"),
        ("#5 and #hash", "#5 and #hash"),
        ("```sh\n# a comment\n```", "```sh\n# a comment\n```"),
        ("    # code", "    # code"),
        ("> # quoted", "> # quoted"),
        ("- # listed", "- # listed"),
        ("<h2>a</h2>", "\\<h2>a\\</h2>"),
        ("```cpp\nint i;", "```cpp\nint i;\n```"),
        ("~~~~\n```\n~~~", "~~~~\n```\n~~~\n~~~~"),
        ("- ```\n  x\n  ```\n- b", "- ```\n  x\n  ```\n- b"),
        ("> ```\n> x", "> ```\n> x"),
        ("a\n\n<!-- a template", "a"),
        ("<!-- a\n\n# template -->\nb", "b"),
        ("a <!-- `b` --> c `<!-- d -->` \\<!-- e -->", "a  c `<!-- d -->` \\<!-- e -->"),
        ("```\n<!-- a -->\n```", "```\n<!-- a -->\n```"),
        ("<pre>\n# a", "\\<pre>\n#### a"),
        ("<details>\n\ntext <b>bold\n\n</details>", "\\<details>\n\ntext \\<b>bold\n\n\\</details>"),
        ("`<details>` and vector<int> and a < b", "`<details>` and vector\\<int> and a < b"),
        ("a\\\\<img src=x>", "a\\\\\\<img src=x>"),
        ("<https://boost.org> <javascript:a> <x@y>", "<https://boost.org> \\<javascript:a> \\<x@y>"),
        ("[a]: <https://boost.org>\n[b]:\n<div>", "[a]: <https://boost.org>\n[b]:\n\\<div>"),
        ("|a|b|\n|-|-|\n|`a|<img>|b`|", "|a|b|\n|-|-|\n|\\`a|\\<img>|b\\`|"),
        ("```suggestion\n<details>\n```", "```suggestion\n<details>\n```"),
    ],
)
def test_a_text_keeps_to_its_place_in_the_document(markdown: str, expected: str) -> None:
    assert embedded(markdown, below=3) == expected


PIECES = [
    *(
        "# ",
        "## x",
        "a",
        " ",
        "   ",
        "    ",
        "\n",
        "\n\n",
        "```",
        "````",
        "~~~",
        "> ",
        "- ",
        "1. ",
        "---",
        "===",
    ),
    *(
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "<details>",
        "<?",
        "<!x",
        "<![CDATA[",
        "<b>",
        "[a]: x",
        "`",
        "\t",
        "*",
    ),
    *("<script>", ">"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@given(TEXTS)
def test_whatever_the_text_what_follows_is_not_part_of_it(markdown: str) -> None:
    document = f"### before\n\n{embedded(markdown, below=3)}\n\n### after"

    tokens = MarkdownIt("commonmark").parse(document)

    headings = [token for token in tokens if token.type == "heading_open" and not token.level]
    assert (headings[0].tag, headings[-1].tag) == ("h3", "h3")
    assert headings[-1].map == [document.count("\n"), document.count("\n") + 1]
    assert all(token.tag > "h3" for token in headings[1:-1])


@given(TEXTS)
def test_a_text_that_was_made_to_fit_is_not_changed_again_but_for_its_headings(markdown: str) -> None:
    once = embedded(markdown, below=6)
    assert embedded(once, below=6) == once


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "[",
        "*",
        "`",
        "` ``",
        "<b",
        "<b>\n",
        "> ",
        "- ",
        "<b>",
        "#",
        "_a ",
        "![",
        "<!--",
        "\\",
        "&#1;",
        "~",
    ],
)
def test_the_longest_text_of_one_piece_is_read_in_a_moment(piece: str) -> None:
    text = (piece * LONGEST_BODY)[:LONGEST_BODY]
    start = time.process_time()
    embedded(f"# a\n<b>\n{text}", below=3)
    inline(text[:1000])
    assert time.process_time() - start < 5


@given(st.text("`a\n~", max_size=30))
def test_a_fence_is_longer_than_any_in_the_code(code: str) -> None:
    (token,) = MarkdownIt("commonmark").parse(fenced(code, "diff"))
    assert (token.type, token.info) == ("fence", "diff")
    assert token.content.rstrip("\n") == code.rstrip("\n")


@pytest.mark.parametrize("text", ["`git help\n<command>`", "`std::vector\n<divisor>`", "> `a\n> <b>`"])
def test_code_that_goes_on_in_the_next_line_stays_as_it_is(text: str) -> None:
    assert embedded(f"see {text}" if text[0] == "`" else text, below=1).endswith(text)


def test_code_that_html_would_end_is_text() -> None:
    assert embedded("see `a\n<div>`", below=1) == "see `a\n\\<div>`"


@given(st.text("`ab_<", min_size=1, max_size=20))
def test_a_code_span_shows_its_text(text: str) -> None:
    (token,) = MarkdownIt("commonmark").parseInline(code_span(text))[0].children or []
    assert (token.type, token.content) == ("code_inline", text)


@given(st.text("ab_*<>[]()!#&;~\\ 1.-+:", max_size=20))
def test_a_line_of_plain_text_is_shown_as_it_is(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"# {inline(text)}")
    shown = "".join(token.content for token in tokens[1].children or [])
    assert shown == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("use `vector<T>` in\nboost::asio<T>", "use `vector<T>` in boost::asio\\<T>"),
        ("snake_case and __builtin_x__", "snake_case and \\_\\_builtin_x\\_\\_"),
        ("[clang] crash", "[clang] crash"),
        ("a lone ` backtick", "a lone \\` backtick"),
        ("C #", "C \\#"),
    ],
)
def test_a_title_stays_readable(text: str, line: str) -> None:
    assert inline(text) == line
