"""Lines that mail programs and list software put around the words of an author, line by line."""

import re

_MARKS = re.compile(r"[ \t]{0,2}((?:(?:[A-Z]{2,3})?>[ \t]?)+)")
# `template<\n  class A\n> struct B` at the left margin is C++, not a quote.
_CODE = re.compile(
    r">\s*(?:class|struct|union|enum|using|typedef|inline|static|constexpr|::|[;{(),]|>+\s*[;{(),]|$)"
)

_WROTE = (
    r"(?:wrote|writes|said|says|schrieb|schreibt|a écrit|écrit|escribió|escreveu|ha scritto|scrisse"
    r"|schreef|skrev|napsala?|napisała?|kirjoitti|írta|yazd\u0131"
    r"|\u043f\u0438\u0448\u0435\u0442|(?:\u043d\u0430)?\u043f\u0438\u0441\u0430\u043b\u0430?)"
)
_LONG_START = re.compile(
    r"(?:Hi,? )?(?:On|At|Am|Le|El|Il|Em|Op|Den|Dne|Dnia|W dniu)\b.*\d|In article\b|In message\b",
    re.IGNORECASE,
)
_NAMED_START = re.compile(
    r"(?:Quoting|Citando|Zitat|\"[^\"]+\"|\S+@|<|[^<>]{1,80} [<(\[]\S+|\d{1,4}[./-]\d)",
    re.IGNORECASE,
)
_ATTRIBUTION_END = re.compile(
    rf"(?:\b{_WROTE}\b|\u5199\u9053|\u5beb\u9053)(?:.{{0,100}}?(?::|\.{{2,}}|\uff1a)| in message\b.*)?\s*$"
    r"|^(?:Quoting|Zitat von|Citando)\b.*:\s*$",
    re.IGNORECASE,
)
_SHORT_ATTRIBUTION = re.compile(rf"(?:[^\s,]+,?\s+){{1,7}}{_WROTE}\s*(?::|\.{{2,}})\s*$", re.IGNORECASE)
_MAX_ATTRIBUTION = 4
_MAX_ATTRIBUTION_LENGTH = 400

_ORIGINAL = re.compile(
    r"\s*(?:[-_]{2,}+\s*(?:Original Message|Original Appointment|Forwarded message|Forwarded by .*"
    r"|Reply message|Original-Nachricht|Ursprüngliche Nachricht|Weitergeleitete Nachricht"
    r"|Message d['\u2019]origine|Message transféré|Mensaje original|Messaggio originale|Mensagem original"
    r"|Oorspronkelijk bericht|Ursprungligt meddelande"
    # Russian: "original message".
    r"|\u0418\u0441\u0445\u043e\u0434\u043d\u043e\u0435"
    r" \u0441\u043e\u043e\u0431\u0449\u0435\u043d\u0438\u0435)\s*[-_]{2,}"
    r"|Begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_HEADER_FROM = re.compile(r"\s*\*?(?:From|Von|De|Da|Van|Från|Fra|\u041e\u0442)\s?:\*?\s*\S")
_HEADER_LINE = re.compile(
    r"\s*\*?(?:From|Sent|Date|To|Cc|Subject|Reply-To|Von|Gesendet|Datum|An|Betreff|De|Envoyé|Date|À|Objet"
    r"|Enviado(?: el)?|Para|Asunto|Da|Inviato|Oggetto|Van|Verzonden|Aan|Onderwerp|Från|Skickat|Till|Ämne"
    r"|Fra|Sendt|Til|Emne|Assunto"
    # Russian: from, sent, to, subject.
    r"|\u041e\u0442|\u041e\u0442\u043f\u0440\u0430\u0432\u043b\u0435\u043d\u043e"
    r"|\u041a\u043e\u043c\u0443|\u0422\u0435\u043c\u0430)\s?:\*?(?:\s|$)"
)
_MIN_HEADER_LINES = 3

_RULE = re.compile(r"[_-]{20,}\s*$")
_LIST_WORDS = re.compile(r"mailing list|unsubscribe|listinfo|mailman|list archives?", re.IGNORECASE)
_SPONSOR = re.compile(r"-{4,}+ ?(?:Yahoo! ?Groups|eGroups) Sponsor", re.IGNORECASE)
_SPONSOR_END = re.compile(r"-{10,}+[-_~|]*+>\s*$")
_FOOTER_PARAGRAPH = re.compile(
    r"Your use of Yahoo! Groups is subject to|To unsubscribe from this group, send|Community email addresses:"
    r"|Info: <?https?://\S+ +(?:Unsubscribe|Wiki)|To unsubscribe,? e?-?mail|Unsubscribe & other changes:?"
    r"|Yahoo! Groups Links|eGroups\.com home:",
    re.IGNORECASE,
)
_MAX_SPONSOR = 40
# A paragraph on one line is no convention, and some patterns would take long to say so.
_MAX_LINE = 300
_MOBILE = re.compile(
    r"(?:Sent from (?:my|Mail for|Outlook|Yahoo|Proton)\b.{0,60}|Get Outlook for \S+.{0,60}"
    r"|Von meinem \S+ gesendet\.?|Envoyé de mon \S+\.?|Enviado desde mi \S+\.?)$"
)


def quote_depth(line: str) -> int:
    """Count the quotation marks that a line begins with; marks may carry initials, as in "JD> "."""
    marks = _MARKS.match(line) if ">" in line else None
    return marks[1].count(">") if marks else 0


def looks_like_code(line: str) -> bool:
    """Tell whether a line with one mark can be the end of a C++ template argument list."""
    return _CODE.match(line) is not None


def attribution_begin(lines: list[str], last: int) -> int | None:
    """Return the first line of the "On ... wrote:" that ends on line `last`; mail programs wrap it."""
    joined, found = "", None
    for begin in range(last, max(last - _MAX_ATTRIBUTION, -1), -1):
        line = lines[begin].strip()
        joined = f"{line} {joined}".strip()
        if not line or quote_depth(line) or len(joined) > _MAX_ATTRIBUTION_LENGTH:
            break
        if not _ATTRIBUTION_END.search(joined):
            continue
        short = begin == last and _SHORT_ATTRIBUTION.match(joined)
        if _LONG_START.match(line) or (found is None and (short or _NAMED_START.match(joined))):
            found = begin
    return found


def original_headers_end(lines: list[str], at: int) -> int | None:
    """Return where the headers of an unmarked original end that begins on line `at`; None: none does."""
    if len(lines[at]) > _MAX_LINE:
        return None
    marker = _ORIGINAL.match(lines[at])
    if not marker and not (_HEADER_FROM.match(lines[at]) and (at == 0 or not lines[at - 1].strip(" \t_-"))):
        return None
    begin = at + 1 if marker else at
    while marker and begin < len(lines) and not lines[begin].strip():
        begin += 1
    end = begin
    while end < len(lines) and (_HEADER_LINE.match(lines[end]) or (end > begin and lines[end][:1] in "\t ")):
        if not lines[end].strip():
            break
        end += 1
    if marker:
        return end
    return end if end - begin >= _MIN_HEADER_LINES else None


def footer_end(lines: list[str], at: int) -> int | None:
    """Return the line behind the list software's footer that begins on line `at`; None: none does."""
    line = lines[at]
    if len(line) > _MAX_LINE:
        return None
    if _SPONSOR.match(line):
        for end in range(at + 1, min(at + _MAX_SPONSOR, len(lines))):
            if _SPONSOR_END.match(lines[end]):
                return end + 1
        return _paragraph_end(lines, at)
    if _FOOTER_PARAGRAPH.match(line):
        return _paragraph_end(lines, at)
    if _RULE.match(line) and any(_LIST_WORDS.search(below) for below in lines[at + 1 : at + 4]):
        return _paragraph_end(lines, at + 1)
    return None


def _paragraph_end(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip() and not quote_depth(lines[at]):
        at += 1
    return at


def is_mobile_signature(line: str) -> bool:
    return _MOBILE.match(line) is not None
