"""Reading Boost's superproject."""

import posixpath
import re
from collections.abc import Collection
from urllib.parse import urlsplit

# A value ends at a comment, unless quotes hold it together. https://git-scm.com/docs/git-config#_syntax
_URL = re.compile(r'^[ \t]*url[ \t]*=[ \t]*(?:"([^"\n]*)"|([^#;\n]*))', re.MULTILINE | re.IGNORECASE)
_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(.*)")  # git@github.com:boostorg/asio.git
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+")
_PARTS_OF_FULL_NAME = 2


def submodule_repositories(
    gitmodules: str, superproject: tuple[str, str], hosts: Collection[str]
) -> list[tuple[str, str]]:
    """(owner, name) of the repositories that a .gitmodules names, in its order, each once.

    A relative URL (`../asio.git`) is one beside the superproject, as git reads it. What is not on one of
    the hosts, or cannot be the name of a repository, is left out. https://git-scm.com/docs/gitmodules
    """
    found: dict[tuple[str, str], None] = {}
    for quoted, plain in _URL.findall(gitmodules):
        path = _path((quoted or plain).strip(), superproject, hosts)
        parts = path.strip("/").removesuffix(".git").split("/")
        if len(parts) == _PARTS_OF_FULL_NAME and all(_NAME.fullmatch(part) for part in parts):
            found[parts[0], parts[1]] = None
    return list(found)


def _path(url: str, superproject: tuple[str, str], hosts: Collection[str]) -> str:
    """Where on the hosts a URL leads; "" when it leads elsewhere or nowhere."""
    if url.startswith(("./", "../")):
        return posixpath.normpath(posixpath.join("/", *superproject, url))
    if "://" in url:
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        return parts.path if parts.netloc.rpartition("@")[2] in hosts else ""
    match = _SCP.fullmatch(url)
    return match[2] if match and match[1] in hosts else ""
