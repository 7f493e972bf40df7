from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boost_mailing_list_tracker.parsing.segments import split_segments
from boost_mailing_list_tracker.parsing.subjects import library_tags, normalize_subject
from boost_mailing_list_tracker.protocol_impl import text_of

BOOST_FOOTER = (
    "_______________________________________________\n"
    "Unsubscribe & other changes: http://lists.boost.org/mailman/listinfo.cgi/boost\n"
)
YAHOO_FOOTER = (
    "------------------------ Yahoo! Groups Sponsor ---------------------~-->\n"
    "Buy things\nhttp://us.click.yahoo.com/x\n"
    "---------------------------------------------------------------------~->\n\n"
    "Info: http://www.boost.org  Unsubscribe: <mailto:boost-unsubscribe@yahoogroups.com>\n\n"
    "Your use of Yahoo! Groups is subject to http://docs.yahoo.com/info/terms/ \n"
)


def own_words(body: str) -> str:
    return text_of(body, split_segments(body)).strip()


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Jan 2023 at 03:04, Ann <ann@example.org> wrote:",
        "On Mon, 2 Jan 2023 at 03:04, Ann via Boost <\nboost@lists.boost.org> wrote:",
        "On Mon, Jan 2, 2023\nat 03:04 AM, Ann Somebody\n<ann@example.org>\nwrote:",
        "Ann Somebody <ann@example.org> writes:",
        "Ann wrote:",
        '"Ann Somebody" <ann@example.org> wrote in message\nnews:abc$1@main.gmane.org...',
        "Am 02.01.2023 um 03:04 schrieb Ann:",
        "Le 02/01/2023 à 03:04, Ann a écrit :",
        "El lun, 2 ene 2023 a las 3:04, Ann (<ann@example.org>) escribió:",
        "Il giorno lun 2 gen 2023 alle ore 03:04 Ann ha scritto:",
        "Op 2-1-2023 om 03:04 schreef Ann:",
        "Em seg., 2 de jan. de 2023 às 03:04, Ann escreveu:",
        "W dniu 2.01.2023 o 03:04, Ann napisał:",
        "2 янв. 2023 г., в 3:04, Ann <ann@example.org> написал(а):",  # noqa: RUF001 - Russian
        "Quoting Ann <ann@example.org>:",
        "At 03:04 AM 1/2/2023, Ann wrote:",
        "In article <abc@example.org>,\nAnn <ann@example.org> wrote:",
    ],
)
def test_attributions_of_many_clients_belong_to_the_quote(attribution: str) -> None:
    body = f"Hello.\n\n{attribution}\n\n> quoted\n> more\n\nMy answer.\n"

    assert own_words(body) == "Hello.\n\nMy answer."


def test_text_above_a_quote_that_is_no_attribution_stays_text() -> None:
    assert own_words("He wrote a parser, then:\n\n> quoted\n") == "He wrote a parser, then:"


@pytest.mark.parametrize(
    ("line", "depth"),
    [("> a", 1), (">a", 1), (">> a", 2), ("> > > a", 3), (">\t> a", 2), ("JD> a", 1), ("  > a", 1)],
)
def test_quotation_marks_are_counted(line: str, depth: int) -> None:
    assert [(segment.kind, segment.depth) for segment in split_segments(line)] == [("quote", depth)]


@pytest.mark.parametrize("line", ["a > b", "    > deep in code", "std::vector<int> x;", "->member"])
def test_a_greater_than_sign_in_code_is_no_quote(line: str) -> None:
    assert own_words(line) == line.strip()


def test_a_template_argument_list_that_ends_at_the_margin_is_no_quote() -> None:
    body = "template<\n    class T\n> struct holder\n{\n};\n"

    assert own_words(body) == body.strip()


@pytest.mark.parametrize(
    "original",
    [
        "-----Original Message-----\nFrom: Ann\nSent: Monday\nTo: Bob\nSubject: x\n\nold words\nmore old\n",
        "From: Ann <ann@example.org>\nSent: Monday, January 2, 2023\nTo: Bob\nSubject: x\n\nold words\n",
        "________________________________\nVon: Ann\nGesendet: Montag\nAn: Bob\nBetreff: x\n\nalte Worte\n",
        "De : Ann\nEnvoyé : lundi\nÀ : Bob\nObjet : x\n\nanciens mots\n",
    ],
)
def test_an_original_under_a_reply_is_quoted_to_its_end(original: str) -> None:
    assert own_words(f"My answer.\n\n{original}").strip("_\n") == "My answer."


def test_an_original_with_marks_of_its_own_leaves_the_answers_below_it() -> None:
    body = "-----Original Message-----\nFrom: Ann\nTo: Bob\n\n> old words\n\nMy answer.\n"

    assert own_words(body) == "My answer."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnn\nhttp://example.org\n",
        "--\nAnn\n",
        "Sent from my iPhone\n",
        BOOST_FOOTER,
        "-- \nAnn\n" + BOOST_FOOTER,
        YAHOO_FOOTER,
        "____________________\nBoost mailing list -- boost@lists.boost.org\nTo unsubscribe send an email\n",
        "To unsubscribe from this group, send an email to:\nboost-unsubscribe@egroups.com\n",
    ],
)
def test_signatures_and_footers_are_no_text(signature: str) -> None:
    assert own_words(f"Words.\n\n{signature}") == "Words."


def test_a_signature_ends_where_the_quoted_mail_begins() -> None:
    body = "Top.\n-- \nAnn\n\nOn Mon, 2 Jan 2023, Bob wrote:\n> old\n"

    assert [segment.kind for segment in split_segments(body)] == ["text", "signature", "quote", "quote"]


def test_dashes_above_much_text_are_no_signature() -> None:
    body = "Intro\n--\n" + "line\n" * 40

    assert own_words(body) == body.strip()


LINES = [
    "",
    "text",
    "> q",
    ">> q",
    "-- ",
    "--",
    "On 1 Jan 2020, A <a@b> wrote:",
    BOOST_FOOTER,
    "From: a",
    "To: b",
]


@given(st.lists(st.one_of(st.sampled_from([*LINES, YAHOO_FOOTER, "-----Original Message-----"]), st.text())))
def test_segments_cover_any_body_exactly(lines: list[str]) -> None:
    body = "\n".join(lines)
    segments = split_segments(body)

    assert "".join(body[segment.start : segment.end] for segment in segments) == body
    assert all(one.end == two.start for one, two in pairwise(segments))
    assert all((one.kind, one.depth) != (two.kind, two.depth) for one, two in pairwise(segments))


@pytest.mark.parametrize(
    ("subject", "normal", "tags"),
    [
        ("Re: [boost] [asio] Re: foo", "[asio] foo", ("asio",)),
        ("RE[2]: [Boost-users]   bar", "bar", ()),
        ("AW: WG: Antw: SV: Fwd: FW: [boost-announce] baz", "baz", ()),
        ("[boost] [Boost.Asio] x", "[Boost.Asio] x", ("asio",)),
        ("[boost::multi_index] x", "[boost::multi_index] x", ("multi_index",)),
        ("[asio][beast] x", "[asio][beast] x", ("asio", "beast")),
        (
            "[boost][review] Formal Review: [Boost URL]",
            "[review] Formal Review: [Boost URL]",
            ("review", "url"),
        ),
        ("Re:[boost][asio/beast] x", "[asio/beast] x", ("asio", "beast")),
        ("a[i] and b[j][k] are code", "a[i] and b[j][k] are code", ()),
        ("Re: Re^2: Re(3): x", "x", ()),
        ("Response: regex", "Response: regex", ()),
        ("回复: [boost] x", "x", ()),
        ("Re:", "", ()),
        ("", "", ()),
    ],
)
def test_subjects(subject: str, normal: str, tags: tuple[str, ...]) -> None:
    assert normalize_subject(subject, "boost-users@lists.boost.org") == normal
    assert library_tags(subject, "boost@lists.boost.org") == tags


@given(st.text())
def test_normalising_a_subject_twice_changes_nothing(subject: str) -> None:
    once = normalize_subject(subject)

    assert normalize_subject(once) == once
