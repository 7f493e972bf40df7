"""Keeps secrets out of what leaves the process: the secrets that were read, and all that look like one.

`register_secret` knows values, `redact` also knows shapes, and `RedactingFilter` applies both to log
records. Every pattern is anchored or bounded, so that its time is proportional to the text.
"""

import json
import logging
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

REDACTED = "[redacted]"

# Shorter values would blank ordinary words, and protect nothing that deserves the name.
_SHORTEST_SECRET = 6
_MAX_DEPTH = 8

# Where a token may begin: not inside a word, but right after a percent-encoded character.
_START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_TOKEN = re.compile(
    rf"""{_START}(?:
      gh[pousr]_\w{{16,}}(?:\.[\w-]+)*                  # GitHub; newer installation tokens hold a JWT
    | github_pat_\w{{20,}}
    | xox[a-z](?:\.xox[a-z])?-[\w%-]{{10,}}             # Slack: bot, user, refresh, legacy
    | xapp-\d-[\w-]{{10,}}
    | [MNO][\w-]{{22,27}}\.[\w-]{{5,7}}\.[\w-]{{26,40}} # Discord: base64 of the bot's id, of a time, of a MAC
    | AIza[\w-]{{35}}                                   # Google: API key, access, refresh, client secret
    | ya29\.[\w.-]{{20,}}
    | 1//0[\w-]{{20,}}
    | GOCSPX-[\w-]{{20,}}
    | pcsk_\w{{20,}}                                    # Pinecone
    )
    | (?:(?<![\w-])|(?<=%[0-9A-Fa-f]{{2}}))eyJ[\w-]{{8,}}(?:\.[\w-]+){{2,4}}  # JWT, JWE
    """,
    re.VERBOSE,
)
# The path of a webhook is its secret.
_WEBHOOK = re.compile(
    r"(hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/\d{5,25}/)[\w/-]{16,}"
)
_USERINFO = re.compile(r"(://[^\s/?#:@\"'<>]{0,256}:)[^\s/\"'<>]{1,512}@")
# ssh://git@host names an account; https://<token>@host is a credential.
_HTTP_USERINFO = re.compile(r"(https?://)[^\s/?#:@\"'<>]{1,512}@", re.IGNORECASE)
_HEADER = re.compile(
    r"""((?<![\w-])(?:proxy-)?authorization(?:\\?["']?\s{0,3}[:=]|["'],)\s{0,3}(?:[bu]?\\?["'])?
         (?:(?:bearer|basic|token|bot|negotiate|apikey)\s{1,3})?)
        (?:digest\s[^\n]+|[^\s"',\\]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_COOKIE = re.compile(
    r"""((?<![\w-])(?:set-)?cookie\\?["']?\s{0,3}[:,]\s{0,3}(?:[bu]?\\?["'])?)[^\n"'\\]+""", re.IGNORECASE
)
_BEARER = re.compile(r"\b(bearer\s{1,3})(?=[A-Za-z_.~+/=-]{0,200}\d)[\w.~+/=-]{16,}", re.IGNORECASE)
_QUERY_KEY = re.compile(r"([?&](?:key|sig)=)[^\s&#\"'<>]+", re.IGNORECASE)

# Where to go on reading is no secret.
_NOT_A_CURSOR = "".join(
    f"(?<!{word})(?<!{word}[_-])"
    for word in ("page", "next", "prev", "previous", "sync", "checkpoint", "continuation", "resume", "start")
)
_SECRET_NAME = (
    r"(?:password|passwd|passphrase|pwd|secret|credentials?|x-(?:amz|goog)-signature"
    r"|(?:api|access|secret|private|signing|developer|account|encryption)[_-]?key"
    rf"|{_NOT_A_CURSOR}token)"
)
_IS_SECRET_NAME = re.compile(rf"{_SECRET_NAME}\Z", re.IGNORECASE)
# name=value, and its JSON, repr and percent-encoded kin. An unquoted colon is prose after "token", but an
# assignment after "password".
_ASSIGNED = re.compile(
    rf"""({_SECRET_NAME}
          (?: \\?["']\s{{0,3}}[:=] | \s{{0,3}}=(?!=) | %3d | (?<=password): | (?<=api-key): )
          \s{{0,3}}(?:[bu](?=["']))?)
      (?! (?:none|null|true|false)(?:[\s,;&)\]}}]|\Z) )
      (?: (?P<escaped>\\")(?:[^"\\\n]|\\[^"\n])+(?:\\")?
        | (?P<double>")(?:[^"\\\n]|\\.)+"?
        | (?P<single>')(?:[^'\\\n]|\\.)+'?
        | (?:[^\s&;"'<>\\]|\\(?!["'nrt]))+
      )""",
    re.VERBOSE | re.IGNORECASE,
)


class _Registry:
    """The secrets known by value, as one pattern that is replaced whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, values: set[str]) -> None:
        with self._lock:
            self._values |= values
            # The longest first, so that a secret that begins like another one goes whole.
            longest_first = sorted(self._values, key=len, reverse=True)
            self.pattern = re.compile("|".join(map(re.escape, longest_first)))


_REGISTRY = _Registry()


def register_secret(value: str) -> None:
    """From now on `redact` removes `value`, also percent-encoded or escaped, and the password in it if it is
    a URL. Values of fewer than 6 characters are left to the shapes: they would blank ordinary words.
    """
    secrets = [value]
    with suppress(ValueError):  # not a URL, so there is no password inside
        secrets.append(unquote(urlsplit(value).password or ""))
    written: set[str] = set()
    for secret in secrets:
        if len(secret.strip()) >= _SHORTEST_SECRET:
            written |= {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    if written:
        _REGISTRY.add(written)


def redact(text: str) -> str:
    """`text` with every known secret, and everything that has the shape of one, replaced by `[redacted]`."""
    if _REGISTRY.pattern:
        text = _REGISTRY.pattern.sub(REDACTED, text)
    text = _PRIVATE_KEY.sub(REDACTED, text)
    text = _USERINFO.sub(rf"\g<1>{REDACTED}@", text)
    text = _HTTP_USERINFO.sub(rf"\g<1>{REDACTED}@", text)
    text = _WEBHOOK.sub(rf"\g<1>{REDACTED}", text)
    text = _TOKEN.sub(REDACTED, text)
    text = _HEADER.sub(rf"\g<1>{REDACTED}", text)
    text = _COOKIE.sub(rf"\g<1>{REDACTED}", text)
    text = _BEARER.sub(rf"\g<1>{REDACTED}", text)
    text = _QUERY_KEY.sub(rf"\g<1>{REDACTED}", text)
    return _ASSIGNED.sub(_hide_assigned, text)


def is_secret_name(name: str) -> bool:
    """Whether a field, option or variable of this name holds a secret."""
    return _IS_SECRET_NAME.search(name) is not None


def redact_value(value: Any, name: str = "") -> Any:
    """`value` with the secrets in its texts replaced, and whole values whose name says that they are one.

    Mappings, lists, tuples and sets are rebuilt; any other object becomes its redacted text if that differs.
    """
    return _redact_value(value, name, _MAX_DEPTH)


def _redact_value(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if is_secret_name(name):
        return REDACTED
    if depth and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {redact(str(key)): _redact_value(item, str(key), depth - 1) for key, item in items}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_redact_value(item, "", depth - 1) for item in cast("list[object]", value)]
    text = str(value)
    hidden = redact(text)
    return value if hidden == text else hidden


def _hide_assigned(match: re.Match[str]) -> str:
    quotation_mark = match["escaped"] or match["double"] or match["single"] or ""
    return f"{match[1]}{quotation_mark}{REDACTED}{quotation_mark}"


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller passed as `extra`, in its order."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}


# `taskName` came with Python 3.12; a formatter adds `message` and `asctime`.
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN_FORMATTER = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Lets every record pass, without secrets in message, arguments, traceback, stack and extra fields.

    The record is changed in place: what one handler must not show, no other may. The traceback is kept as
    text only, because the exception object would carry the secret on.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = record.exc_text or _PLAIN_FORMATTER.formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name, value in extra_fields(record).items():
            setattr(record, name, redact_value(value, name))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # logging would print the arguments raw, to say that they do not fit the message.
        return f"{record.msg} {record.args!r}"
