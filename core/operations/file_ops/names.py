"""Names from outside as names of files."""

import re
import unicodedata
from hashlib import sha256

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE
)
_UNSAFE = re.compile(r'[<>:"/\\|?*\s]+')
_UNSAFE_IN_TITLES = re.compile(r'[<>:"/\\|?*]+')
_SUFFIX = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,16}$")
_DIGEST = 8


def safe_name(name: str, *, max_bytes: int = 200) -> str:
    """Make a path component of a remote name, valid on Linux, macOS and Windows; never empty.

    Unicode is NFC; separators, spaces, control and invisible characters become "_"; leading dots and
    dashes, trailing dots and names that Windows reserves are defused. A name longer than `max_bytes`
    of UTF-8 is cut before its suffix. A name that had to change carries eight digits of its SHA-256, so
    two names never become one by cleaning. Names that differ in case only stay apart here, and collide
    on file systems that ignore case: where that matters, add a key of your own.
    """
    cleaned = _UNSAFE.sub("_", _visible(name)).lstrip(".-").rstrip(". ")
    if _RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    if cleaned == name and cleaned and len(cleaned.encode()) <= max_bytes:
        return cleaned
    found = _SUFFIX.search(cleaned)
    stem, suffix = (cleaned[: found.start()], found[0]) if found else (cleaned, "")
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    room = max_bytes - len(f"-{digest}{suffix}")
    if room < 1:
        raise ValueError(f"max_bytes={max_bytes} leaves no room for a name")
    stem = stem.encode()[:room].decode("utf-8", "ignore") or "_"
    return f"{stem}-{digest}{suffix}"


def safe_title(title: str, *, max_bytes: int = 200) -> str:
    """A title as a readable part of a file name: spaces stay, what is unsafe becomes "_"; may be empty.

    At most `max_bytes` of UTF-8, without spaces or dots at its ends. Two titles may become one, and a name
    that a system reserves stays, so put a key of your own before it.
    """
    cleaned = _UNSAFE_IN_TITLES.sub("_", _visible(" ".join(title.split())))
    return cleaned.encode()[:max_bytes].decode("utf-8", "ignore").strip(". ")


def _visible(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    return "".join("_" if unicodedata.category(character)[0] == "C" else character for character in normal)
