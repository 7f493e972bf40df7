"""HyperKitty's public REST API and mbox export.

https://docs.mailman3.org/projects/hyperkitty/ and the browsable API at <archive>/api. Seen on 1.3.12: the
messages of an unknown list answer 500 with HTML; without `limit` the listing is a bare array of
everything; links may say http://; a private list gets 403 from the web server in front.
"""

import datetime as dt
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from boost_mailing_list_tracker.conf import MailingListSettings
from core.errors import AuthError, InvalidInput, NotFound, PermissionDenied, SourceError
from core.http import HttpClient
from core.metering import Meter

MOST_MESSAGES = 2**31 - 1


class ExportDisabled(InvalidInput):
    """The archive refuses an mbox export; all of them with HYPERKITTY_MBOX_EXPORT = False."""


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Messages `offset` to `offset + len(items)` of a list, newest archived first, of `count`."""

    count: int
    offset: int
    items: list[Mapping[str, Any]]


class HyperKittyClient:
    def __init__(self, base_url: str, http: HttpClient) -> None:
        self.base_url = base_url
        self._http = http

    def listing(self, list_name: str, *, offset: int, limit: int) -> ListingPage:
        """A page of the listing.

        Raises NotFound for an unknown list, PermissionDenied for a private one, SourceError when the
        answer is not HyperKitty's.
        """
        path = f"api/list/{quote(list_name)}/emails/"
        with _remedies():
            try:
                answer = self._http.get(path, {"limit": limit, "offset": offset}).json()
            except SourceError:
                self._require_list(list_name)
                raise
        page = cast("Mapping[str, Any]", answer if isinstance(answer, dict) else {})
        count, items = page.get("count"), page.get("results")
        if type(count) is not int or not 0 <= count <= MOST_MESSAGES or not isinstance(items, list):
            raise _not_hyperkitty(self.base_url, "its listing has no count and results that make sense")
        return ListingPage(count, offset, cast("list[Mapping[str, Any]]", items))

    def detail(self, list_name: str, message_id_hash: str) -> Mapping[str, Any]:
        """One message with its content, addresses obfuscated. Raises NotFound when it is gone."""
        with _remedies():
            answer = self._http.get(f"api/list/{quote(list_name)}/email/{message_id_hash}/").json()
        if not isinstance(answer, dict):
            raise _not_hyperkitty(self.base_url, "a message is not an object")
        return cast("Mapping[str, Any]", answer)

    @contextmanager
    def export(self, list_name: str, start: dt.date, end: dt.date) -> Generator[Iterator[bytes]]:
        """The gzipped mbox of the mails dated from `start` to before `end` (UTC days), in chunks.

        Raises ExportDisabled when the archive does not offer it, NetworkError where the body breaks off.
        """
        with self._export(list_name, {"start": start.isoformat(), "end": end.isoformat()}) as chunks:
            yield chunks

    @contextmanager
    def export_message(self, list_name: str, message_id_hash: str) -> Generator[Iterator[bytes]]:
        """The gzipped mbox of one message; empty when it is gone. Raises as `export`."""
        with self._export(list_name, {"message": message_id_hash}) as chunks:
            yield chunks

    @contextmanager
    def _export(self, list_name: str, params: Mapping[str, str]) -> Generator[Iterator[bytes]]:
        path = f"list/{quote(list_name)}/export/{quote(list_name)}.mbox.gz"
        with _remedies():
            try:
                opened = self._http.stream(path, params)
                body = opened.__enter__()
            except (InvalidInput, NotFound, PermissionDenied, AuthError) as error:
                # 400 says so; the others come from servers in front, since the listing answers.
                raise ExportDisabled(
                    f"the archive of {list_name} refuses an mbox export: {error.message}",
                    remedy="the API is used instead",
                ) from error
        try:
            if "html" in body.headers.get("Content-Type", ""):
                raise _not_hyperkitty(self.base_url, "its mbox export is a web page")
            yield body.iter_bytes()
        finally:
            opened.__exit__(None, None, None)

    def _require_list(self, list_name: str) -> None:
        """An unknown list answers 500 on its messages, but 404 on itself."""
        self._http.get(f"api/list/{quote(list_name)}/")


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
    """For `doctor`: asks the archive for each list of the settings."""
    chosen = MailingListSettings.current()
    http = HttpClient(chosen.mailing_list_base_url, meter=Meter(), attempts=2)
    client = HyperKittyClient(chosen.mailing_list_base_url, http)
    counts = [client.listing(name, offset=0, limit=1).count for name in chosen.lists]
    return (
        f"{chosen.mailing_list_base_url}: {len(counts)} lists, {sum(counts):,} messages, no credential needed"
    )
