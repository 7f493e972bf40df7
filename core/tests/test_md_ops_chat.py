"""Texts of chats and of GitHub, as readers of Markdown show them: their words, and no HTML of theirs."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.operations.md_ops import chat_markdown, embedded, inline
from core.tests.rendering import READERS, html_in, tokens, visible
from core.tests.thorough import examples

PIECES = [
    *("<img src=x onerror=alert(1)>", "<b>", "</b>", "<!--", "-->", "<?", "<!x>", "<![CDATA[", "]]>"),
    *("<div>", "<script>", "<pre>", "</pre>", "<a href=x>", "<https://a.org>", "<https://a`b>", "<a@b.c>"),
    *("<", ">", "`", "``", "```", "````", "~~~", "```cpp\n", "\\", "\\\\", "|", "| a |", "|-|-|", "\n---\n"),
    *("\n===\n", "\n", "\n\n", "    ", "\t", " ", "- ", "* ", "+ ", "1. ", "1) ", "> ", ">", ">>> ", "# "),
    *(
        "#### ",
        "[a]: x",
        "[a]:\n",
        "[a](x)",
        "![a](x)",
        "[^1]: ",
        "&lt;",
        "&#60;img>",
        "&amp;",
        "a",
        "b c",
        "_",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(
    st.sampled_from("ab<>`~#*_-=|&;!/?\n \\[]()'\"+1."), max_size=60
)


@given(TEXTS)
@settings(max_examples=examples(1000), deadline=None)
@example("x```<img src=x onerror=alert(1)>")
@example("\\\\<img>")
@example("| ` | `<img>` |\n|-|-|\n| `a | <img> | b` |")
def test_no_tag_that_somebody_wrote_is_one_in_the_document(text: str) -> None:
    for shown in (embedded(text, below=2), embedded(chat_markdown(text), below=2)):
        assert html_in(f"## before\n\n{shown}\n\n## after") == []
    assert html_in(f"# {inline(text)}") == []


# Letters, and signs that mean nothing in a chat; what emphasis, lists and headings are made of is left out.
PLAIN = st.text(st.sampled_from("abxy<>&;!/?()[]|=:'\" \n+#-~"), max_size=30)
CODE = st.text(st.sampled_from("abxy<>&;!/?()[]|=:'\" +#-~*_\\"), min_size=1, max_size=20).filter(str.strip)
CHAT = st.lists(
    PLAIN
    | st.sampled_from(["&lt;", "&amp;copy;", "\n[a]: b", "\n---\n", "\n===", "![a](b)", "\n+ a", "\n1) a"])
    | st.sampled_from(["<b>", "\n    <i>", "\n| a |\n|-|\n", "\n#### a", "\n~~~\n", "<!-- a -->"])
    | CODE.map(lambda code: f"`{code}`")
    | st.lists(CODE, min_size=1, max_size=3).map(lambda lines: "```\n" + "\n".join(lines) + "```")
    | st.lists(CODE, min_size=1, max_size=3).map(lambda lines: "```cpp\n" + "\n".join(lines) + "\n```"),
    max_size=6,
).map(" a ".join)
# Marks of headings, lists, quotes and code are shown as what they make; the language of code is not shown.
MARKS = re.compile(r"[\s#\->`~]")


def words(text: str) -> str:
    return MARKS.sub("", text).replace("cpp", "")


@given(CHAT)
@settings(max_examples=examples(1000), deadline=None)
def test_what_is_said_in_a_chat_is_shown(text: str) -> None:
    markdown = embedded(chat_markdown(text), below=2)
    assert words(visible(markdown)) == words(text)
    assert words(visible(markdown, READERS[1])) == words(text)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (
            "Use it like ```cpp\nstd::vector<int> v;\n``` does that help?",
            "Use it like\n```cpp\nstd::vector<int> v;\n```\ndoes that help?",
        ),
        ("```std::set<T>```", "```\nstd::set<T>\n```"),
        ("x```<img src=x onerror=alert(1)>", "x\\`\\`\\`\\<img src=x onerror=alert(1)>"),
        ("\\\\<img>", "\\\\\\<img>"),
        ("``a`b``, `c` and ```d```", "``a`b``, `c` and\n```\nd\n```"),
        ("```\na\n``\nb\n```", "```\na\n``\nb\n```"),
        ("a\n---\n[b]: c &lt; ![d](e)", "a\n\\---\n[b\\]: c \\&lt; \\![d\\](e)"),
        ("[a](https://a.org) [b](javascript:c)", "[a](https://a.org) [b\\](javascript:c)"),
        ("1. a\n- b\n  - c\n> d", "1. a\n- b\n  - c\n> d"),
        ("+ a\n1) b\n#### c\n>d\n~~~", "\\+ a\n1\\) b\n\\#### c\n\\>d\n\\~~~"),
        ("*a* **b** ~~c~~ ||d||", "*a* **b** ~~c~~ ||d||"),
        ("> a\n> ```cpp\n> b<c>\n> ```\nd", "> a\n> ```cpp\n> b<c>\n> ```\nd"),
        ("> a ```b\nc```\n> d", "> a \\`\\`\\`b\nc\\`\\`\\`\n> d"),
        ("```\n> a\n```", "```\n> a\n```"),
    ],
)
def test_a_chat_reads_in_markdown_as_in_the_chat(text: str, markdown: str) -> None:
    assert chat_markdown(text) == markdown


@given(st.lists(CODE, min_size=1, max_size=4).map("\n".join))
def test_code_of_a_chat_is_code_character_for_character(code: str) -> None:
    markdown = embedded(chat_markdown(f"see ```cpp\n{code}\n``` there"), below=2)
    (fence,) = [token for token in tokens(markdown) if token.type == "fence"]
    assert (fence.info, fence.content) == ("cpp", f"{code}\n")
