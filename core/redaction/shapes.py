"""The shapes of secrets: tokens by their prefix, and what a header, URL or assignment calls secret.

Every pattern is anchored or bounded, so that its time is proportional to the text.
"""

import base64
import re

from core.redaction.known import REDACTED

# After what a token may begin although a letter or digit stands there: an encoded character, an escape, a
# colour of a terminal.
_ENCODED = (
    r"(?<=%[0-9A-Fa-f]{2})|(?<==[0-9A-F]{2})|(?<=\\[abefnrtv0])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=\\U[0-9A-Fa-f]{8})|(?<=[\[;\d]m)"
)
_START = rf"(?:(?<![A-Za-z0-9])|{_ENCODED})"
_SLASH = r"(?:\\{0,7}/|%(?:25){0,2}2[Ff])"
_SPACE = r"(?:[ +]|%(?:25){0,2}20)"

_PRIVATE_KEY_NAME = rf"(?:[A-Z0-9]|{_SPACE}){{0,40}}?PRIVATE{_SPACE}KEY(?:{_SPACE}BLOCK)?-----"
_PRIVATE_KEY = re.compile(
    rf"-----BEGIN{_PRIVATE_KEY_NAME}.*?(?:-----END{_PRIVATE_KEY_NAME}|\Z)",
    re.DOTALL,
)
_TOKEN = re.compile(
    rf"""{_START}(?:
      gh[pousr]_\w{{16,}}(?:\.[\w-]+)*                  # GitHub; newer installation tokens hold a JWT
    | github_pat_\w{{20,}}
    | xox[a-z](?:\.xox[a-z])?-[\w%-]{{10,}}             # Slack: bot, user, refresh, legacy
    | xapp-\d-[\w-]{{10,}}
    | xwfp-[\w-]{{10,}}                                 # Slack: workflow
    | [MNO][\w-]{{22,27}}\.[\w-]{{5,7}}\.[\w-]{{26,40}} # Discord: base64 of the bot's id, of a time, of a MAC
    | mfa\.[\w-]{{20,}}                                 # Discord: user
    | AIza[\w-]{{35}}                                   # Google: API key, access, refresh, client secret
    | ya29\.[\w.-]{{20,}}
    | 1//0[\w-]{{20,}}
    | GOCSPX-[\w-]{{20,}}
    | pcsk_\w{{20,}}                                    # Pinecone
    )
    | (?:(?<![\w-])|{_ENCODED})eyJ[\w-]{{8,}}(?:\.[\w-]+){{2,4}}  # JWT, JWE
    """,
    re.VERBOSE,
)
# The path of a webhook is its secret.
_WEBHOOK = re.compile(
    rf"""((?:hooks\.slack(?:-gov)?\.com{_SLASH}(?:services|workflows|triggers)
          | discord(?:app)?\.com{_SLASH}api{_SLASH}(?:v\d{{1,3}}{_SLASH})?webhooks{_SLASH}\d{{5,25}}){_SLASH})
         (?:[\w-]|{_SLASH}){{16,}}""",
    re.VERBOSE,
)
_USERINFO = re.compile(r"(://[^\s/?#:@\"'<>]{0,256}:)[^\s/\"'<>]{1,512}@")
# ssh://git@host names an account; https://<token>@host is a credential.
_HTTP_USERINFO = re.compile(r"(https?://)[^\s/?#:@\"'<>]{1,512}@", re.IGNORECASE)
# libpq and its like take everything for the password, up to what is followed by a host.
_HOST = r"@(?=(?:[\w.%-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d|[/?,\s\"')]|\Z))"
_DATABASE_USERINFO = re.compile(
    rf"((?:postgres(?:ql)?|rediss?|amqps?)://[^\s/?#:@\"'<>]{{0,256}}:)"
    rf"(?:(?:(?!://)[^\s<>]){{1,512}}{_HOST}|(?:(?!://)[^\n<>]){{1,256}}?{_HOST})",
    re.IGNORECASE,
)
_PERCENT = r"%(?:25){0,2}"
_ENCODED_PART = rf"(?:(?!{_PERCENT}(?:2F|40|3A|3F))[^\s\"'<>&@/:])"
_ENCODED_USERINFO = re.compile(
    rf"((?:{_PERCENT}3A|:)(?:{_PERCENT}2F){{2}})"
    rf"(?:{_ENCODED_PART}{{0,256}}{_PERCENT}3A)?{_ENCODED_PART}{{1,512}}({_PERCENT}40)",
    re.IGNORECASE,
)
# The same before the name of a header.
_NAME_START = rf"(?:(?<![\w-])|{_ENCODED})"
_HEADER = re.compile(
    rf"""({_NAME_START}(?:proxy-)?authorization
         (?:\\{{0,7}}["']?\s{{0,3}}[:=]|["'],)\s{{0,3}}(?:[bu]?\\{{0,7}}["'])?
         (?:(?:bearer|basic|token|bot|negotiate|apikey)\s{{1,3}})?)
        (?:digest\s[^\n]+|[^\s"',\\]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_COOKIE = re.compile(
    rf"""({_NAME_START}(?:set-)?cookie\\{{0,7}}["']?\s{{0,3}}[:,]\s{{0,3}}(?:[bu]?\\{{0,7}}["'])?)[^\n"'\\]+""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s{1,3})(?=[A-Za-z_.~+/=-]{0,200}\d)[\w.~+/=-]{16,}", re.IGNORECASE)
_BASIC = re.compile(r"\b(basic(?:\s{1,3}|%20))([A-Za-z0-9+/_-]{8,1000})={0,2}", re.IGNORECASE)
_QUERY_KEY = re.compile(
    rf"((?:[?&]|{_PERCENT}(?:3F|26)|&amp;)(?:key|sig|code|auth|jwt|(?:client_)?assertion)(?:=|{_PERCENT}3D))"
    r"[^\s&#\"'<>%]+",
    re.IGNORECASE,
)
_NETRC = re.compile(
    r"(\b(?:(?:machine|login|account)\s{1,20}\S{1,256}|default)\s{1,20}password\s{1,20})\S+", re.IGNORECASE
)
# host:port:database:user:password
_PGPASS = re.compile(
    r"((?:^|(?<=[\s\"'=]))(?:[^:\s\\]|\\[^n]){1,255}:(?:\d{4,5}|\*):(?:[^:\s]{1,63}:){2})(?:\\.|[^\s\\\"'])+",
    re.MULTILINE,
)

# Where to go on reading is no secret.
_NOT_A_CURSOR = "".join(
    f"(?<!{word})(?<!{word}[_-])"
    for word in ("page", "next", "prev", "previous", "sync", "checkpoint", "continuation", "resume", "start")
)
_CERTAIN_NAME = (
    r"(?:password|passwd|passphrase|pwd|client[_-]?secret|x-(?:amz|goog)-signature"
    r"|(?:api|access|secret|private|signing|developer|account|encryption)[_-]?key"
    r"|(?<=[a-z]-)token)"
)
_SECRET_NAME = rf"(?:{_CERTAIN_NAME}|secret|credentials?|{_NOT_A_CURSOR}token)"
IS_SECRET_NAME = re.compile(rf"{_SECRET_NAME}\Z", re.IGNORECASE)
_QUOTED = r"""
      (?P<escaped>\\{1,15}["'])(?:(?!(?<!\\)(?:(?P=escaped)|["']))[^\n])+(?:(?P=escaped))?
    | (?P<double>")(?:[^"\\\n]|\\.)+"?
    | (?P<single>')(?:[^'\\\n]|\\.)+'?
"""
# name=value, and its JSON, repr and percent-encoded kin. An unquoted colon after "token" is prose, unless
# what follows has a digit in it; after "password" it is an assignment.
_ASSIGNED = re.compile(
    rf"""((?:{_SECRET_NAME}
          (?: \\{{0,15}}["']\s{{0,3}}[:=] | \s{{0,3}}=(?!=) | {_PERCENT}3d )
         |{_CERTAIN_NAME}:
         |(?:secret|credentials?|{_NOT_A_CURSOR}token):(?=\s{{0,3}}[\w.~+/=-]{{0,200}}[0-9][\w.~+/=-]{{7}}|
             \s{{0,3}}[\w.~+/=-]{{7,200}}[0-9]))
          \s{{0,3}}(?:[bu](?=["']))?)
      (?! (?:none|null|true|false)(?:[\s,;&)\]}}]|\Z) )
      (?: {_QUOTED}
        | (?:[^\s&;"'<>\\]|\\(?!["'nrt\\]))+
      )""",
    re.VERBOSE | re.IGNORECASE,
)
# A pair or an argument list, as Python prints them.
_PAIRED = re.compile(
    rf"""((?:[(\[]\s{{0,3}}[bu]?\\{{0,15}}["']|["']--)[\w.-]{{0,64}}?{_SECRET_NAME}\\{{0,15}}["']
          \s{{0,3}},\s{{0,3}}[bu]?)(?:{_QUOTED})""",
    re.VERBOSE | re.IGNORECASE,
)
_OPTION = re.compile(
    rf"""((?<![\w-])--[a-z-]{{0,40}}?{_SECRET_NAME}[ \t]{{1,3}})(?:"[^"\n]+"?|'[^'\n]+'?|[^\s"'-]\S*)""",
    re.IGNORECASE,
)


def hide_shapes(text: str) -> str:
    """Return `text` without what has the shape of a secret."""
    text = _PRIVATE_KEY.sub(REDACTED, text)
    text = _DATABASE_USERINFO.sub(rf"\g<1>{REDACTED}@", text)
    text = _USERINFO.sub(rf"\g<1>{REDACTED}@", text)
    text = _HTTP_USERINFO.sub(rf"\g<1>{REDACTED}@", text)
    text = _ENCODED_USERINFO.sub(rf"\g<1>{REDACTED}\g<2>", text)
    for pattern in (_WEBHOOK, _HEADER, _COOKIE, _BEARER, _QUERY_KEY, _NETRC, _PGPASS, _OPTION):
        text = pattern.sub(rf"\g<1>{REDACTED}", text)
    text = _BASIC.sub(_hide_basic, text)
    text = _TOKEN.sub(REDACTED, text)
    text = _PAIRED.sub(_hide_quoted, text)
    return _ASSIGNED.sub(_hide_quoted, text)


def _hide_basic(match: re.Match[str]) -> str:
    """`Basic` and base64 of "user:password", which no other word after "basic" is."""
    digits = match[2].translate({ord("-"): "+", ord("_"): "/"})
    said = base64.b64decode(digits[: len(digits) // 4 * 4])
    readable = all(byte >= ord(" ") for byte in said) and b":" in said
    return f"{match[1]}{REDACTED}" if readable else match[0]


def _hide_quoted(match: re.Match[str]) -> str:
    quotation_mark = match["escaped"] or match["double"] or match["single"] or ""
    return f"{match[1]}{quotation_mark}{REDACTED}{quotation_mark}"
