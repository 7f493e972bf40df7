"""The traffic of git with a server: its requests, the server's last answer, its own words."""

import re
from dataclasses import dataclass, field

from requests.structures import CaseInsensitiveDict

# 12:34:56.789012 http.c:703   => Send header: GET /o/r.git/info/refs?service=git-upload-pack HTTP/1.1
_TRACE = re.compile(r"\d\d:\d\d:\d\d\.\d+ \S+\.[ch]:\d+\s+(?P<event>.*)")
_REQUEST = re.compile(r"=> Send header: (?P<method>GET|POST) (?P<target>\S+)")
_STATUS = re.compile(r"<= Recv header: HTTP/[\d.]+ (?P<status>\d{3})")
_HEADER = re.compile(r"<= Recv header: (?P<name>[\w-]+): (?P<value>.*)")
_MOST_WORDS = 50


@dataclass
class Traffic:
    """Fed with stderr piece by piece; keeps no more than can be of use."""

    requests: int = 0
    # The status line and headers of the last answer.
    status: int = 0
    headers: CaseInsensitiveDict[str] = field(default_factory=CaseInsensitiveDict[str])
    # git fell back to the protocol of plain file servers, where any page passes for an empty repository.
    is_dumb: bool = False
    _words: list[str] = field(default_factory=list[str])
    _rest: str = ""

    def feed(self, text: str) -> None:
        """The next piece of what git writes."""
        *lines, self._rest = re.split(r"[\r\n]", self._rest + text)
        for line in lines:
            self._line(line)

    def words(self) -> str:
        """git's and the server's own last lines."""
        return "\n".join([*self._words, self._rest])

    def _line(self, line: str) -> None:
        traced = _TRACE.match(line)
        if not traced:
            if line.strip():
                self._words = [*self._words[1 - _MOST_WORDS :], line]
        elif request := _REQUEST.match(traced["event"]):
            self.requests += 1
            self.is_dumb |= request["method"] == "GET" and "?service=" not in request["target"]
        elif status := _STATUS.match(traced["event"]):
            self.status, self.headers = int(status["status"]), CaseInsensitiveDict()
        elif header := _HEADER.match(traced["event"]):
            self.headers[header["name"]] = header["value"].strip()
