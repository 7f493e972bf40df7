import pytest

from core.errors import ConfigurationError, SourceError
from core.http import Credential
from core.http.urls import Origin, safe_url
from core.tests.loopback import Request, client, serving

BASE = "https://lists.example.org/archives/api"
SECRET = Credential.from_token("s3cr3t-token")


@pytest.mark.parametrize(
    ("path_or_url", "url"),
    [
        ("/list/a@b.org/", f"{BASE}/list/a@b.org/"),
        ("list/a@b.org/?x=1", f"{BASE}/list/a@b.org/?x=1"),
        ("https://lists.example.org/other", "https://lists.example.org/other"),
        ("http://lists.example.org/archives/api/list/?offset=10", f"{BASE}/list/?offset=10"),
        ("http://lists.example.org:80/x", "https://lists.example.org/x"),
        ("https://LISTS.example.org:443/x#part", "https://lists.example.org:443/x"),
        ("https://files.example.org/x", "https://files.example.org/x"),
        ("//lists.example.org/x", "https://lists.example.org/x"),
    ],
)
def test_paths_are_below_the_base_url_and_links_stay_on_allowed_hosts(path_or_url: str, url: str) -> None:
    assert Origin(BASE, ["files.example.org"]).resolve(path_or_url) == url


def test_parameters_are_added_to_those_of_a_link() -> None:
    assert Origin(BASE).resolve("/list/?a=1", {"b": "x y", "c": [1, 2]}) == f"{BASE}/list/?a=1&b=x+y&c=1&c=2"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.net/x",
        "//evil.example.net/x",
        "https://lists.example.org.evil.example.net/x",
        "https://lists.example.org:8443/x",
        "https://lists.example.org@evil.example.net/x",
        "https://evil.example.net\\@lists.example.org/x",
        "https://lists.example.org\\.evil.example.net/x",
        "https://user:password@lists.example.org/x",
        "ftp://lists.example.org/x",
        "file:///etc/passwd",
        "https://lists.example.org/x\r\nHost: evil",
        "http://127.0.0.1/x",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SourceError):
        Origin(BASE).resolve(url)


@pytest.mark.parametrize(
    "base_url",
    ["http://lists.example.org", "ftp://lists.example.org", "lists.example.org", "https://u:p@h.org", ""],
)
def test_a_base_url_must_be_https_and_without_credentials(base_url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Origin(base_url)
    assert "u:p" not in str(raised.value)


@pytest.mark.parametrize(
    "base_url", ["http://localhost:8000", "http://127.0.0.2:8000", "http://[::1]:8000/api"]
)
def test_loopback_may_be_plain_http(base_url: str) -> None:
    assert Origin(base_url).is_loopback


def test_a_redirect_may_not_leave_tls() -> None:
    origin = Origin(BASE)
    assert origin.redirected(f"{BASE}/a", "/b") == "https://lists.example.org/b"
    with pytest.raises(SourceError, match="from https to http"):
        origin.redirected(f"{BASE}/a", "http://lists.example.org/b")


def test_a_redirect_on_the_same_host_is_followed_with_the_credential() -> None:
    def answer(request: Request) -> None:
        request.reply(302, headers={"Location": "/moved"}) if request.path == "/page" else request.reply()

    with serving(answer) as source:
        answered = client(source.url, credential=SECRET).get("/page")

    assert answered.url == f"{source.url}/moved"
    assert [headers["Authorization"] for _, headers in source.asked] == ["Bearer s3cr3t-token"] * 2


def test_a_redirect_to_another_host_is_refused_and_not_followed() -> None:
    with (
        serving(Request.reply) as other,
        serving(lambda request: request.reply(302, headers={"Location": f"{other.url}/x"})) as source,
        pytest.raises(SourceError, match="a redirect to another host"),
    ):
        client(source.url, credential=SECRET).get("/page")

    assert other.asked == []
    assert len(source.asked) == 1


def test_an_allowed_host_gets_neither_the_credential_nor_the_headers() -> None:
    with (
        serving(Request.reply) as other,
        serving(lambda request: request.reply(302, headers={"Location": f"{other.url}/x"})) as source,
    ):
        http = client(
            source.url,
            credential=SECRET,
            headers={"X-Api-Key": "k"},
            allowed_hosts=[other.url.removeprefix("http://")],
        )
        http.get("/page")
        http.get(f"{other.url}/y")

    assert other.paths == ["/x", "/y"]
    assert source.asked[0][1]["X-Api-Key"] == "k"
    assert all("Authorization" not in headers and "X-Api-Key" not in headers for _, headers in other.asked)


def test_a_redirect_loop_ends() -> None:
    with (
        serving(lambda request: request.reply(302, headers={"Location": "/page"})) as source,
        pytest.raises(SourceError, match="redirects more than"),
    ):
        client(source.url).get("/page")

    assert len(source.asked) == 6


def test_cookies_are_not_kept() -> None:
    with serving(lambda request: request.reply(headers={"Set-Cookie": "session=1; Path=/"})) as source:
        http = client(source.url)
        http.get("/a")
        http.get("/b")

    assert all("Cookie" not in headers for _, headers in source.asked)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.org/x?page=2", "https://h.org/x?page=2"),
        ("https://u:p@h.org/x", "https://h.org/x"),
        ("https://h.org/x?access_token=abc&page=2", "https://h.org/x?access_token=[redacted]&page=2"),
        ("https://h.org/x?key=abc#frag", "https://h.org/x?key=[redacted]"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert safe_url(url) == shown
