"""HyperKitty's public REST API and mbox export.

https://docs.mailman3.org/projects/hyperkitty/ and the browsable API at <archive>/api. Seen on 1.3.12: the
messages of an unknown list answer 500 with HTML; without `limit` the listing is a bare array of
everything; links may say http://; a private list gets 403 from the web server in front.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from boost_mailing_list_tracker.conf import MailingListSettings
from core.errors import AuthError, InvalidInput, NotFound, PermissionDenied, SourceError
from core.http import HttpClient
from core.metering import Meter

MOST_MESSAGES = 2**31 - 1


class ExportDisabled(InvalidInput):
    """Raised where the archive refuses an mbox export; all of them with HYPERKITTY_MBOX_EXPORT = False."""


@dataclass(frozen=True, slots=True)
class ListingReply:
    """Messages `offset` to `offset + len(items)` of a list, newest archived first, of `count`."""

    count: int
    offset: int
    items: list[Mapping[str, Any]]


class HyperKittyClient:
    def __init__(self, base_url: str, http: HttpClient) -> None:
        self.base_url = base_url
        self._http = http

    def listing(self, list_name: str, *, offset: int, limit: int) -> ListingReply:
        """Ask for a part of the listing.

        Raises NotFound for an unknown list, PermissionDenied for a private one, SourceError when the
        answer is not HyperKitty's.
        """
        path = f"api/list/{quote(list_name)}/emails/"
        with _remedies():
            try:
                answer = self._http.get(path, {"limit": limit, "offset": offset}).json()
            except SourceError:
                # The messages of an unknown list answer 500, but the list itself 404.
                self._http.get(f"api/list/{quote(list_name)}/")
                raise
        reply = cast("Mapping[str, Any]", answer if isinstance(answer, dict) else {})
        count, items = reply.get("count"), reply.get("results")
        if type(count) is not int or not 0 <= count <= MOST_MESSAGES or not isinstance(items, list):
            raise _not_hyperkitty(self.base_url, "its listing has no count and results that make sense")
        return ListingReply(count, offset, cast("list[Mapping[str, Any]]", items))

    def detail(self, list_name: str, message_id_hash: str) -> Mapping[str, Any]:
        """Ask for one message with its content, addresses obfuscated.

        Raises NotFound when it is gone, SourceError for another message.
        """
        with _remedies():
            answer = self._http.get(f"api/list/{quote(list_name)}/email/{message_id_hash}/").json()
        if not isinstance(answer, dict):
            raise _not_hyperkitty(self.base_url, "a message is not an object")
        message = cast("Mapping[str, Any]", answer)
        told = message.get("message_id_hash")
        if isinstance(told, str) and told != message_id_hash:
            raise SourceError(f"the archive was asked for {message_id_hash} and gave another message")
        return message

    @contextmanager
    def export(self, list_name: str, **which: str) -> Generator[Iterator[bytes]]:
        """Open a gzipped mbox, in chunks: of the mails dated from `start` to before `end` (UTC days).

        Or of one `message`, by its hash; that is empty when it is gone. Raises ExportDisabled when the
        archive does not offer it, NetworkError where the body breaks off.
        """
        path = f"list/{quote(list_name)}/export/{quote(list_name)}.mbox.gz"
        with ExitStack() as stack:
            try:
                body = stack.enter_context(self._http.stream(path, which))
            except (InvalidInput, NotFound, PermissionDenied, AuthError) as error:
                # 400 says so; the others come from servers in front, since the listing answers.
                raise ExportDisabled(
                    f"the archive of {list_name} refuses an mbox export: {error.message}",
                    remedy="the API is used instead",
                ) from error
            if "html" in body.headers.get("Content-Type", ""):
                raise _not_hyperkitty(self.base_url, "its mbox export is a web page")
            yield body.iter_bytes()


@contextmanager
def _remedies() -> Generator[None]:
    """Say what to do about refusals, in terms of this source."""
    try:
        yield
    except NotFound as error:
        raise NotFound(error.message, remedy="check the list's address in MAILING_LISTS or --list") from error
    except PermissionDenied as error:
        raise PermissionDenied(
            error.message, remedy="the list is private: remove it from MAILING_LISTS"
        ) from error


def _not_hyperkitty(base_url: str, why: str) -> SourceError:
    return SourceError(
        f"{base_url} does not answer like HyperKitty: {why}",
        remedy="check MAILING_LIST_BASE_URL: the archive's root, such as https://lists.boost.org/archives",
    )


def check_source() -> str:
    """Ask the archive for each list of the settings, for `doctor`; return what it said."""
    chosen = MailingListSettings.current()
    http = HttpClient(chosen.mailing_list_base_url, meter=Meter(), attempts=2)
    client = HyperKittyClient(chosen.mailing_list_base_url, http)
    counts = [client.listing(name, offset=0, limit=1).count for name in chosen.lists]
    return (
        f"{chosen.mailing_list_base_url}: {len(counts)} lists, {sum(counts):,} messages, no credential needed"
    )
