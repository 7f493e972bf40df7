"""The meaning of each library's errors, by name, so that none of them is imported to find out.

A class is named by its top package and its own name (`requests.Timeout`): libraries move classes between
modules more often than they rename them. Subclasses follow their nearest listed base. Tables of vendors'
libraries are registered with `core.vendors`.
"""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors.families import CollectorFailureCategory as Category

Table = Mapping[str, Category]
Judge = Callable[[BaseException], Category | None]


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The meaning of the exceptions of libraries, by name.

    `decisive` ones say it themselves, whatever they wrap and whatever status they carry; `judges` look into
    an exception before its status is; `otherwise` counts when nothing inside an exception says more.
    """

    decisive: Table = field(default_factory=dict[str, Category])
    otherwise: Table = field(default_factory=dict[str, Category])
    judges: Mapping[str, Judge] = field(default_factory=dict[str, Judge])


_DECISIVE = {
    "builtins.TimeoutError": Category.TIMEOUT,
    "builtins.ConnectionError": Category.NETWORK,
    "builtins.MemoryError": Category.RESOURCE,
    "builtins.KeyboardInterrupt": Category.CANCELLED,
    "asyncio.CancelledError": Category.CANCELLED,
    "concurrent.CancelledError": Category.CANCELLED,
    "socket.gaierror": Category.NETWORK,
    "socket.herror": Category.NETWORK,
    # Its errno is OpenSSL's own number, not the system's.
    "ssl.SSLError": Category.NETWORK,
    "json.JSONDecodeError": Category.SOURCE,
    "gzip.BadGzipFile": Category.SOURCE,
    "zlib.error": Category.SOURCE,
    "zipfile.BadZipFile": Category.SOURCE,
    "tarfile.TarError": Category.SOURCE,
    "_lzma.LZMAError": Category.SOURCE,
    "subprocess.TimeoutExpired": Category.TIMEOUT,
    "http.InvalidURL": Category.VALIDATION,
    "django.CommandError": Category.COMMAND,
    "django.ImproperlyConfigured": Category.CONFIGURATION,
    "django.ValidationError": Category.VALIDATION,
    "django.PermissionDenied": Category.PERMISSION,
    "pydantic_core.ValidationError": Category.VALIDATION,
    "pydantic_settings.SettingsError": Category.CONFIGURATION,
    "psycopg.ConnectionTimeout": Category.TIMEOUT,
    "requests.Timeout": Category.TIMEOUT,
    "requests.JSONDecodeError": Category.SOURCE,
    "requests.ContentDecodingError": Category.SOURCE,
    "requests.TooManyRedirects": Category.SOURCE,
    # It is a kind of ConnectTimeoutError, although nothing timed out.
    "urllib3.NewConnectionError": Category.NETWORK,
    "urllib3.TimeoutError": Category.TIMEOUT,
    "urllib3.DecodeError": Category.SOURCE,
    "httpx.TimeoutException": Category.TIMEOUT,
    "httpx.DecodingError": Category.SOURCE,
    "httpx.TooManyRedirects": Category.SOURCE,
    "httpx.LocalProtocolError": Category.VALIDATION,
    "httpx.UnsupportedProtocol": Category.VALIDATION,
    "httpx.InvalidURL": Category.VALIDATION,
    "httpcore.TimeoutException": Category.TIMEOUT,
    # It wraps parser errors that say "400", although no server did.
    "aiohttp.ClientPayloadError": Category.NETWORK,
    "aiohttp.ContentTypeError": Category.SOURCE,
    "aiohttp.TooManyRedirects": Category.SOURCE,
}

_OTHERWISE = {
    "builtins.ValueError": Category.VALIDATION,
    "builtins.EOFError": Category.SOURCE,
    "subprocess.CalledProcessError": Category.COMMAND,
    "urllib.URLError": Category.NETWORK,
    "http.BadStatusLine": Category.SOURCE,
    "http.HTTPException": Category.NETWORK,
    "asyncio.IncompleteReadError": Category.NETWORK,
    "django.DataError": Category.VALIDATION,
    "django.IntegrityError": Category.VALIDATION,
    "django.Error": Category.DATABASE,
    "requests.ConnectionError": Category.NETWORK,
    "requests.ChunkedEncodingError": Category.NETWORK,
    "requests.RetryError": Category.NETWORK,
    "urllib3.ProtocolError": Category.NETWORK,
    "urllib3.ProxyError": Category.NETWORK,
    "urllib3.SSLError": Category.NETWORK,
    "urllib3.MaxRetryError": Category.NETWORK,
    "urllib3.IncompleteRead": Category.NETWORK,
    "httpx.TransportError": Category.NETWORK,
    "httpcore.NetworkError": Category.NETWORK,
    "httpcore.ProtocolError": Category.NETWORK,
    "aiohttp.ClientConnectionError": Category.NETWORK,
}

GENERAL = ErrorTable(_DECISIVE, _OTHERWISE)

# ENONET is Linux's alone, EHOSTDOWN is missing on Windows: by name, as far as the platform has them.
_ERRNO_NAMES = {
    Category.NETWORK: (
        "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ESHUTDOWN ENOTCONN ENETDOWN ENETUNREACH ENETRESET"
        " EHOSTDOWN EHOSTUNREACH EADDRNOTAVAIL EADDRINUSE ENONET EPROTO EPROTONOSUPPORT EAFNOSUPPORT"
    ),
    Category.TIMEOUT: "ETIMEDOUT ETIME",
    Category.PERMISSION: "EACCES EPERM EROFS",
    Category.RESOURCE: "ENOSPC EDQUOT ENOMEM EMFILE ENFILE ENOBUFS EFBIG EIO ESTALE",
    Category.NOT_FOUND: "ENOENT",
    Category.VALIDATION: "EISDIR ENOTDIR ENAMETOOLONG E2BIG",
    Category.LOCKED: "EAGAIN EDEADLK ENOLCK EBUSY ETXTBSY",
}
ERRNOS = {
    getattr(errno, name): category
    for category, names in _ERRNO_NAMES.items()
    for name in names.split()
    if hasattr(errno, name)
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes first, then classes.
SQLSTATES = {
    "28000": Category.AUTH,
    "28P01": Category.AUTH,
    "25P03": Category.TIMEOUT,
    "25P04": Category.TIMEOUT,
    "3D000": Category.CONFIGURATION,
    "40001": Category.LOCKED,
    "40P01": Category.LOCKED,
    "42501": Category.PERMISSION,
    "55006": Category.LOCKED,
    "55P03": Category.LOCKED,
    "57014": Category.TIMEOUT,
    "57P05": Category.TIMEOUT,
    "22": Category.VALIDATION,
    "23": Category.VALIDATION,
    "53": Category.RESOURCE,
}

# What APIs say as `reason` or `type` in the body of a refusal, whichever library has read it.
REASONS = {
    **dict.fromkeys(
        (
            "quotaExceeded",
            "rateLimitExceeded",
            "userRateLimitExceeded",
            "dailyLimitExceeded",
            "dailyLimitExceededUnreg",
            "servingLimitExceeded",
            "concurrentLimitExceeded",
            "RATE_LIMIT_EXCEEDED",
            "RATE_LIMITED",
            "RATE_LIMIT",
        ),
        Category.RATE_LIMIT,
    ),
    **dict.fromkeys(
        ("API_KEY_INVALID", "API_KEY_EXPIRED", "keyInvalid", "keyExpired", "authError"), Category.AUTH
    ),
    **dict.fromkeys(
        (
            "accessNotConfigured",
            "SERVICE_DISABLED",
            "API_KEY_SERVICE_BLOCKED",
            "FORBIDDEN",
            "INSUFFICIENT_SCOPES",
        ),
        Category.PERMISSION,
    ),
    "NOT_FOUND": Category.NOT_FOUND,
}
