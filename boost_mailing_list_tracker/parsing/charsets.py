"""Bytes of mails to text that PostgreSQL can hold, whatever charset they claim."""

import codecs
from functools import lru_cache

from core.storable import storable_text

# Names seen in mails that Python does not know, and supersets that senders mean: WHATWG's choices.
_MEANT = {
    "ansi_x3.4-1968": "ascii",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "cp-850": "cp850",
}
_NOT_NAMED = frozenset(
    {
        "",
        "ascii",
        "us-ascii",
        "x-unknown",
        "unknown",
        "unknown-8bit",
        "8bit",
        "default",
        "x-user-defined",
        "_autodetect",
    }
)
# Codecs that Python calls text but that no mail is written in.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
)


def decode_text(data: bytes, charset: str | None) -> tuple[str, str | None]:
    """The text of `data` and what was wrong with it, if anything.

    A charset that is absent, unknown or wrong is replaced by UTF-8 where the bytes are valid in it,
    then by windows-1252. Bytes are lost only where most of a text is what it claims.
    """
    name = (charset or "").strip(" \t'\"").lower()
    codec = _codec(name)
    if codec is None:
        if data.isascii():
            return data.decode("ascii"), None if name in _NOT_NAMED else f"unknown charset {name[:40]!a}"
        text, used = _guess(data)
        reason = "8-bit text without a charset" if name in _NOT_NAMED else f"unknown charset {name[:40]!a}"
        return text, f"{reason}, read as {used}"
    try:
        return data.decode(codec), None
    except UnicodeError:
        pass
    text, used = _guess(data)
    if codec == "cp1252":
        return text, None
    replaced = data.decode(codec, "replace")
    # A few broken characters are damage; more of them than good ones are another charset.
    broken = replaced.count("\ufffd")
    if used != "utf-8" and broken <= sum(not character.isascii() for character in replaced) - broken:
        return replaced, f"not valid {name}, broken characters replaced"
    return text, f"not valid {name}, read as {used}"


def clean(text: str) -> str:
    """Give a text with LF line ends and without what PostgreSQL refuses, as `core.storable` has it."""
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return storable_text(text)


def _guess(data: bytes) -> tuple[str, str]:
    for codec in ("utf-8", "cp1252"):
        try:
            return data.decode(codec), codec
        except UnicodeError:
            continue
    return data.decode("latin-1"), "latin-1"


@lru_cache(maxsize=256)
def _codec(name: str) -> str | None:
    """Python's name for a charset, None where the bytes themselves must tell."""
    if name in _NOT_NAMED:
        return None
    try:
        codec = codecs.lookup(_MEANT.get(name, name)).name
        b"  ".decode(codec, "replace")
    except (LookupError, ValueError):
        # No charset, or a codec of Python that is no text encoding.
        return None
    if codec.replace("-", "_") in _NO_CHARSETS:
        return None
    return "cp1252" if codec == "iso8859-1" else None if codec == "ascii" else codec
