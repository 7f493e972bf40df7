"""What each library's errors mean, by name, so that none of them is imported to find out.

A class is named by its top package and its own name (`requests.Timeout`): libraries move classes between
modules more often than they rename them. Subclasses follow their nearest listed base.
"""

import errno

from core.errors.families import CollectorFailureCategory as Category

# These say it themselves, whatever they wrap and whatever status they carry.
DECISIVE = {
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
    "github.RateLimitExceededException": Category.RATE_LIMIT,
    "github.BadCredentialsException": Category.AUTH,
    "github.TwoFactorException": Category.AUTH,
    "github.BadUserAgentException": Category.VALIDATION,
    "github.BadAttributeException": Category.SOURCE,
    "github.IncompletableObject": Category.SOURCE,
    "slack_sdk.BotUserAccessError": Category.PERMISSION,
    "slack_sdk.SlackClientConfigurationError": Category.CONFIGURATION,
    "slack_sdk.SlackClientNotConnectedError": Category.NETWORK,
    "discord.RateLimited": Category.RATE_LIMIT,
    "discord.LoginFailure": Category.AUTH,
    "discord.PrivilegedIntentsRequired": Category.PERMISSION,
    "discord.InvalidData": Category.SOURCE,
    "google.DefaultCredentialsError": Category.CONFIGURATION,
    "google.TimeoutError": Category.TIMEOUT,
    "googleapiclient.InvalidJsonError": Category.SOURCE,
    "googleapiclient.UnknownApiNameOrVersion": Category.VALIDATION,
    "httplib2.ServerNotFoundError": Category.NETWORK,
    "pinecone.IndexInitFailedError": Category.SOURCE,
    "pinecone.IndexTerminatedError": Category.NOT_FOUND,
    "pinecone.ResponseParsingError": Category.SOURCE,
}

# What these mean when nothing inside them says more.
OTHERWISE = {
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
    "slack_sdk.SlackRequestError": Category.VALIDATION,
    "slack_sdk.SlackObjectFormationError": Category.VALIDATION,
    "discord.GatewayNotFound": Category.SOURCE,
    "discord.ConnectionClosed": Category.NETWORK,
    "google.TransportError": Category.NETWORK,
    "google.GoogleAuthError": Category.AUTH,
    "httplib2.HttpLib2Error": Category.SOURCE,
    "pinecone.PineconeConnectionError": Category.NETWORK,
    "pinecone.PineconeTypeError": Category.VALIDATION,
}

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

# https://docs.slack.dev/reference/methods: the `error` of a body with `ok: false`.
SLACK_ERRORS = {
    **dict.fromkeys(("ratelimited", "rate_limited", "message_limit_exceeded"), Category.RATE_LIMIT),
    **dict.fromkeys(
        (
            "not_authed",
            "invalid_auth",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "bad_token",
            "invalid_refresh_token",
        ),
        Category.AUTH,
    ),
    **dict.fromkeys(
        (
            "missing_scope",
            "no_permission",
            "access_denied",
            "accesslimited",
            "user_not_visible",
            "not_allowed_token_type",
            "not_in_channel",
            "org_login_required",
            "ekm_access_denied",
            "team_access_not_granted",
            "enterprise_is_restricted",
            "restricted_action",
            "method_not_supported_for_channel_type",
            "two_factor_setup_required",
        ),
        Category.PERMISSION,
    ),
    **dict.fromkeys(
        (
            "channel_not_found",
            "user_not_found",
            "users_not_found",
            "thread_not_found",
            "message_not_found",
            "file_not_found",
            "file_deleted",
            "team_not_found",
        ),
        Category.NOT_FOUND,
    ),
    **dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "team_added_to_org", "unknown_error"),
        Category.SOURCE,
    ),
    "request_timeout": Category.TIMEOUT,
}

# `reason` of Google's errors (https://developers.google.com/youtube/v3/docs/errors) and `type` of GitHub's
# GraphQL ones, which come with status 200.
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
