"""The meaning of git's stderr. The process must run with LC_ALL=C, or the text is translated."""

import re

from core.errors.families import CollectorFailureCategory as Category

# The first match wins, so the precise sentences stand above the general ones.
_SENTENCES: list[tuple[Category, list[str]]] = [
    # What this machine lacks cuts transfers short and breaks packs. What the server lacks is its own affair.
    (
        Category.RESOURCE,
        [
            rf"(?m:^(?!remote: ).*(?:{sentence}))"
            for sentence in (
                r"No space left on device",
                r"Disk quota exceeded",
                r"File too large",
                r"[Oo]ut of memory",
                r"malloc failed",
                r"Cannot allocate memory",
                r"Too many open files",
                r"unable to create thread",
            )
        ],
    ),
    (Category.RATE_LIMIT, [r"requested URL returned error: 429", r"HTTP 429", r"rate limit"]),
    (
        Category.AUTH,
        [
            r"Authentication failed",
            r"could not read (?:Username|Password)",
            r"requested URL returned error: 401",
            r"HTTP 401",
            r"Invalid username or (?:password|token)",
            r"Permission denied \(publickey",
            r"Host key verification failed",
        ],
    ),
    (
        Category.PERMISSION,
        [
            r"requested URL returned error: 403",
            r"HTTP 403",
            r"Write access to repository not granted",
            r"Permission to \S+ denied",
            r"dubious ownership",
        ],
    ),
    (
        Category.NOT_FOUND,
        [
            r"requested URL returned error: 4(?:04|10)",
            r"[Rr]epository (?:'[^']*' )?(?:not found|does not exist)",
            r"does not appear to be a git repository",
            r"couldn't find remote ref",
            r"Remote branch \S+ not found",
            r"unknown revision or path",
            r"bad (?:revision|object)",
            r"[Nn]ot a valid object name",
        ],
    ),
    (Category.SOURCE, [r"requested URL returned error: 5\d\d", r"HTTP 5\d\d"]),
    (
        Category.TIMEOUT,
        [r"(?:Connection|Operation) timed out", r"Timeout was reached", r"Operation too slow"],
    ),
    (
        Category.NETWORK,
        [
            r"Could not resolve (?:host|proxy)",
            r"Temporary failure in name resolution",
            r"Name or service not known",
            r"Failed to connect",
            r"Couldn't connect",
            r"Connection (?:refused|reset|closed)",
            r"Network is unreachable",
            r"No route to host",
            r"remote end hung up",
            r"early EOF",
            r"unexpected disconnect",
            r"RPC failed",
            r"SSL certificate",
            r"certificate verif",
            r"TLS connect",
            r"gnutls_handshake",
            r"SSL_(?:connect|read)",
            r"transfer closed",
            r"Empty reply from server",
            r"unable to access 'https?:",
        ],
    ),
    (
        Category.LOCKED,
        [r"\.lock': File exists", r"Another git process seems to be running", r"cannot lock ref"],
    ),
    (Category.PERMISSION, [r"Permission denied", r"Read-only file system", r"insufficient permission"]),
    (Category.CONFIGURATION, [r"not a git repository"]),
    (
        Category.VALIDATION,
        [r"is not a valid (?:branch|ref|tag) name", r"unknown (?:option|switch)", r"invalid refspec"],
    ),
]
_PATTERNS = [(category, re.compile("|".join(sentences))) for category, sentences in _SENTENCES]


def classify_git_stderr(stderr: str) -> Category:
    """The category of what git wrote before it failed; `command` when it is none of the known sentences."""
    return next((category for category, pattern in _PATTERNS if pattern.search(stderr)), Category.COMMAND)
