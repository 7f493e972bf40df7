"""No secret gets through, and nothing else is touched. All tokens here are made up, in the real shapes."""

import base64
import json
import logging
import re
import subprocess
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from core.redaction import REDACTED, RedactingFilter, is_secret_name, redact, redact_value
from core.tests.growth import assert_linear
from core.tests.thorough import cases, examples

# Written in two parts, so that scanners of repositories do not take them for real ones.
SHAPES = {
    "GitHub personal": r"gh" r"p_[A-Za-z0-9]{36}",
    "GitHub OAuth": r"gh" r"o_[A-Za-z0-9]{36}",
    "GitHub user": r"gh" r"u_[A-Za-z0-9]{36}",
    "GitHub installation": r"gh" r"s_[A-Za-z0-9]{36}",
    "GitHub installation with JWT": r"gh"
    r"s_[0-9]{7}_eyJ[A-Za-z0-9]{40}\.eyJ[A-Za-z0-9_-]{60}\.[A-Za-z0-9_-]{40}",
    "GitHub refresh": r"gh" r"r_[A-Za-z0-9]{76}",
    "GitHub fine-grained": r"github" r"_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "Slack bot": r"xox" r"b-[0-9]{12}-[0-9]{12}-[A-Za-z0-9]{24}",
    "Slack user": r"xox" r"p-[0-9]{12}-[0-9]{12}-[0-9]{12}-[a-f0-9]{32}",
    "Slack app": r"xap" r"p-1-A[A-Z0-9]{10}-[0-9]{13}-[a-f0-9]{64}",
    "Slack rotated": r"xox" r"e\.xoxp-1-[A-Za-z0-9]{60}",
    "Slack refresh": r"xox" r"e-1-[A-Za-z0-9]{60}",
    "Slack workflow": r"xw" r"fp-[0-9]-[A-Za-z0-9]{30}",
    "Discord user": r"mf" r"a\.[A-Za-z0-9_-]{84}",
    "Discord bot": r"[MNO][A-Za-z0-9]{25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{38}",
    "Google key": r"AIz" r"a[A-Za-z0-9_-]{35}",
    "Google access": r"ya2" r"9\.[A-Za-z0-9_-]{60}",
    "Google refresh": r"1/" r"/0[A-Za-z0-9_-]{60}",
    "Google client secret": r"GOC" r"SPX-[A-Za-z0-9_-]{28}",
    "Pinecone": r"pcs" r"k_[A-Za-z0-9]{6}_[A-Za-z0-9]{60}",
    "JWT": r"eyJ[A-Za-z0-9_-]{20}\.eyJ[A-Za-z0-9_-]{40}\.[A-Za-z0-9_-]{43}",
}
PLACES = [
    "{}",
    "token {} is used",
    "({})",
    "a={}&b=1",
    "https://example.org/?next=%2F%3Ft%3D{}",
    '{{"value": "{}"}}',
    "x\n{}\ny",
    "/path/{}/x",
    "git clone https://x-access-token:{}@github.com/boostorg/boost.git",
    "https://{}@github.com/boostorg/boost.git",
    # What stands before it ends in a letter or digit, but is an escape.
    "said:\\n{}",
    "said:\\t{}",
    "said:\\x22{}",
    "\\u0022{}\\u0022",
    "\x1b[31m{}\x1b[0m",
    "\x1b[1;38m{}",
    "\\x1b[31m{}",
    "token=3D{}",
]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_token_gets_through_wherever_it_stands(shape: str) -> None:
    @given(st.from_regex(shape, fullmatch=True), st.sampled_from(PLACES))
    @settings(max_examples=examples(50), deadline=None)
    def check(token: str, place: str) -> None:
        hidden = redact(place.format(token))
        assert token not in hidden
        # Nor a part of it that would help: what is random is in the last characters.
        assert token[-12:] not in hidden
        assert REDACTED in hidden

    check()


SECRET = "hunter2-CorrectHorse9"
ASSIGNED = [
    f"Authorization: Bearer {SECRET}",
    f"authorization: token {SECRET}",
    f"Proxy-Authorization: Basic {SECRET}=",
    f"{{'Authorization': 'Bot {SECRET}', 'Accept': '*/*'}}",
    f'{{"Authorization": "{SECRET}"}}',
    f"[(b'authorization', b'Bearer {SECRET}')]",
    f'Authorization: Digest username="boost", response="{SECRET}"',
    f"sent with bearer {SECRET}",
    f"Api-Key: {SECRET}",
    f"X-Goog-Api-Key: {SECRET}",
    f"Set-Cookie: session={SECRET}; Path=/",
    f"postgresql://boost:{SECRET}@db.example.org:5432/boost",
    f"postgresql://boost:p@ss{SECRET}@db.example.org/boost",
    f"https://{SECRET}@github.com/boostorg/asio.git",
    f"host=db user=boost password={SECRET} dbname=boost",
    f"host=db password='a b {SECRET}' dbname=boost",
    f"https://example.org/a?page=2&access_token={SECRET}&x=1",
    f"https://www.googleapis.com/youtube/v3/videos?part=id&key={SECRET}&alt=json",
    f"https://storage.example.org/x?X-Amz-Signature={SECRET}",
    f"https://example.org/login?next=%2Fa%3Faccess_token%3D{SECRET}",
    f"GITHUB_TOKEN={SECRET} git fetch",
    f"--password={SECRET}",
    f"{{'SLACK_BOT_TOKEN': b'{SECRET}'}}",
    f"password=b{SECRET}",
    f"password=none-{SECRET}",
    f'{{"client_secret":"{SECRET}"}}',
    f"{{'password': '{SECRET}'}}",
    json.dumps({"log": json.dumps({"refresh_token": f"1 {SECRET}"})}),
    f"WebClient(token='{SECRET}', timeout=30)",
    f'password="{SECRET}',
    f"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n{SECRET} and then it was cut",
    json.dumps({"private_key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"}),
    f"https://hooks.slack.com/services/T00000000/B00000000/{SECRET}".replace("-", ""),
    f"https://discord.com/api/webhooks/123456789012345678/{SECRET}",
    f"https://discord.com/api/v10/webhooks/123456789012345678/{SECRET}",
    f"https://hooks.slack-gov.com/services/T00000000/B00000000/{SECRET}",
    quote(f"https://discord.com/api/webhooks/123456789012345678/{SECRET}", safe=""),
    quote(f"https://hooks.slack.com/services/T00000000/B00000000/{SECRET}", safe=""),
    json.dumps(f"https://hooks.slack.com/services/T0/B0/{SECRET}").replace("/", r"\/"),
    quote(f"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n{SECRET}\n-----END RSA PRIVATE KEY-----", safe=""),
    quote_plus(f"-----BEGIN EC PRIVATE KEY-----\nMIIEpAIB\n{SECRET}\n-----END EC PRIVATE KEY-----"),
    quote(f"https://boost:{SECRET}@example.org/a", safe=""),
    quote(quote(f"https://{SECRET}@example.org/a", safe=""), safe=""),
    f"sent Basic {base64.b64encode(f'boost:{SECRET}'.encode()).decode()} and was refused",
    f"postgresql://boost:a/b{SECRET}@db.example.org:5432/boost",
    f"postgres://boost:a'b{SECRET}@db.example.org/boost",
    f"postgresql://boost:a b {SECRET}@db.example.org/boost",
    f"postgresql://boost:a@b/{SECRET}@[::1]:5432/boost",
    f"api_key: {SECRET}",
    f"client_secret: {SECRET}",
    f"token: {SECRET}",
    f"secret: {SECRET}",
    f"X-Auth-Token: {SECRET}",
    f"PRIVATE-TOKEN: {SECRET}",
    f"('password', '{SECRET}')",
    f"[(b'x-api-key', b'{SECRET}')]",
    f"['psql', '--password', '{SECRET}']",
    json.dumps(json.dumps(json.dumps({"password": f"a {SECRET}"}))),
    json.dumps(json.dumps(json.dumps(json.dumps({"token": SECRET, "id": 7})))),
    f"psql --password {SECRET} --host db",
    f"psql --password 'a {SECRET}' --host db",
    repr(f"GET / HTTP/1.1\r\nAuthorization: token {SECRET}\r\nCookie: d={SECRET}\r\n\r\n".encode()),
    f"tool --github-token {SECRET}",
    f"https://example.org/back?code={SECRET}&state=1",
    f"https://example.org/back?auth={SECRET}",
    f"https://example.org/back?a=1&jwt={SECRET}",
    f"machine github.com login boost password {SECRET}",
    f"machine github.com\n  login boost\n  password {SECRET}\n",
    f"default password {SECRET}",
    f"db.example.org:5432:boost:boost:{SECRET}",
    f"# from\n*:*:*:boost:a\\:b{SECRET}",
]


@pytest.mark.parametrize("text", ASSIGNED)
def test_what_a_header_url_or_assignment_calls_secret_is_hidden(text: str) -> None:
    hidden = redact(text)
    assert SECRET[-8:] not in hidden
    assert REDACTED in hidden
    assert redact(hidden) == hidden


def test_what_stands_beside_a_secret_stays() -> None:
    assert redact(f"https://a.org/x?page=2&access_token={SECRET}&limit=5#top") == (
        f"https://a.org/x?page=2&access_token={REDACTED}&limit=5#top"
    )
    assert (
        redact(f"host=db password='{SECRET}' dbname=boost") == f"host=db password='{REDACTED}' dbname=boost"
    )
    assert redact(f"postgresql://boost:{SECRET}@db:5432/x") == f"postgresql://boost:{REDACTED}@db:5432/x"
    assert redact(f"Authorization: Bearer {SECRET}\nAccept: */*") == (
        f"Authorization: Bearer {REDACTED}\nAccept: */*"
    )
    assert json.loads(redact(json.dumps({"token": SECRET, "id": 7}))) == {"token": REDACTED, "id": 7}


ORDINARY = [
    "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "run 123e4567-e89b-12d3-a456-426614174000",
    "Message-ID: <CAHkN8V9=Zx1m7TmY4A-b2d+eQ.3f5g@mail.gmail.com>",
    "<MN2PR12MB4128E3A1F5C0D9B7A6A5D4C3B2A19@MN2PR12MB4128.namprd12.prod.outlook.com>",
    "message_id_hash 5Z6XJQ2N7KQ3WB4V5MHC6D7E8F9GAHJK",
    "https://lists.boost.org/archives/list/boost@lists.boost.org/message/5Z6XJQ2N7KQ3WB4V5MHC6D7E8F9GAHJK/",
    "http://localhost:8000/list/boost@lists.boost.org/?limit=10&offset=20",
    "git@github.com:boostorg/asio.git",
    "ssh://git@github.com/boostorg/asio.git",
    "postgresql://boost@db.example.org/boost",
    "checkpoint_token='2024-05-01T00:00:00Z' next_page_token=CAUQAA pageToken=CDIQAA",
    "the token: 5 of 10 left; token_type=bearer; tokens=17",
    "if token == expected: the secret of a good password reset is short",
    "password=None, token=null, secret=''",
    "author=Vinnie keyword=parser monkey=1 design=2 signature=(self, value)",
    "Subject: Re: [asio] basic authentication with Bearer tokens",
    "std::map<std::string, token> tokens{{1, 2}};",
    "eyJhbGciOiJIUzI1NiJ9 alone is only a header",
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "2024-05-01 12:00:00+00:00 200 OK 1.5 s",
    "boost::spirit::x3 uses ghp and xox and AIza as words",
    "main.cpp:10:5: error: expected ';' before 'token'",
    "include/boost/asio.hpp:1042:5: error: expected unqualified-id",
    "basic authentication, basic_string and Basic Linear Algebra",
    "https://example.org/?decode=1&encode=2&monkey=3&design=4",
    "std::make_pair(token, value), f(token, 1), [key, value]",
    "the token: a word; std::string token: none",
    "https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc%40d",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


@given(
    st.one_of(
        st.binary(min_size=20, max_size=20).map(bytes.hex),
        st.binary(min_size=32, max_size=32).map(bytes.hex),
        st.uuids().map(str),
        st.from_regex(r"[A-Z2-7]{32}", fullmatch=True),
        st.integers().map(str),
        st.datetimes().map(str),
        st.emails(),
    )
)
@settings(deadline=None)
def test_identifiers_stay(identifier: str) -> None:
    for place in ("{}", "id={}", "({})", "https://example.org/{}/"):
        assert redact(place.format(identifier)) == place.format(identifier)


@given(
    st.lists(st.sampled_from([*ASSIGNED, *ORDINARY, "\\", '"', "'", "=", " ", "\n"]) | st.text()).map("".join)
)
@settings(deadline=None)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "unit",
    cases(
        [
            "a",
            "eyJ",
            "eyJ-",
            "eyJaaaaaaaa.",
            "ghp_",
            "://a:",
            "://:@",
            "https://a",
            "password=",
            'password="',
            "password='\\",
            'token\\": \\"',
            "-----BEGIN PRIVATE KEY-----",
            "authorization: digest ",
            "bearer ",
            "bearer a",
            "M" * 26 + ".",
            "ya29.",
            "xoxb-",
            "cookie: ",
            "%3D",
            "?key=",
            "x" * 50 + "_",
            "%3A%2F%2F",
            "%3A%2F%2Fa",
            "postgres://a:b ",
            "postgres://a:@b",
            "basic aaaaaaaa",
            "('a",
            "('password', '",
            "--a",
            "--password ",
            "--password '",
            "\\nauthorization: ",
            "machine a ",
            "machine a password",
            "a:1234:",
            "a:1234:b:c:",
            "\\:1234:",
            "token: ",
            "token: a",
            'password\\\\\\": \\\\\\"\\',
            "-----BEGIN+",
            "hooks.slack.com%2Fservices%2F",
        ]
    ),
)
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    assert_linear(redact, unit)


@pytest.mark.parametrize(
    "name", ["password", "GITHUB_TOKEN", "apiKey", "client_secret", "x-api-key", "accessToken"]
)
def test_the_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["checkpoint_token", "nextPageToken", "tokens", "token_type", "key", "author"]
)
def test_other_names_are_not_taken_for_secrets(name: str) -> None:
    assert not is_secret_name(name)


def test_values_are_redacted_inside_containers_and_by_name() -> None:
    value = {
        "url": f"https://u:{SECRET}@h/",
        "count": 3,
        "token": SECRET,
        "deep": [{"password": SECRET}, None],
    }
    assert redact_value(value) == {
        "url": f"https://u:{REDACTED}@h/",
        "count": 3,
        "token": REDACTED,
        "deep": [{"password": REDACTED}, None],
    }
    assert redact_value(SecretStr(SECRET)) == SecretStr(SECRET)


def test_a_container_that_holds_itself_ends() -> None:
    value: dict[str, Any] = {"password": SECRET}
    value["self"] = value
    assert SECRET not in str(redact_value(value))


def record(message: object, *args: object, exc_info: Any = None, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("test").makeRecord("test", 20, "f.py", 1, message, args, exc_info, extra=extra)
    assert RedactingFilter().filter(made) is True
    return made


def test_the_filter_hides_secrets_that_only_the_arguments_complete() -> None:
    made = record("password=%s for %s", SECRET, "boost")
    assert made.getMessage() == f"password={REDACTED} for boost"
    assert SECRET not in str(vars(made))


def test_the_filter_hides_secrets_in_extra_fields_and_keeps_the_others() -> None:
    made = record(
        "x", api_key=SECRET, options={"url": f"https://u:{SECRET}@h/"}, attempt=2, collector="boost"
    )
    assert SECRET not in str(vars(made))
    assert (vars(made)["attempt"], vars(made)["collector"]) == (2, "boost")


def test_the_filter_hides_secrets_in_tracebacks_notes_and_causes_included() -> None:
    failure = RuntimeError(f"token={SECRET}")
    failure.add_note(f"Authorization: Bearer {SECRET}")
    failure.__cause__ = ValueError(f"https://u:{SECRET}@h/")
    made = record("failed", exc_info=(RuntimeError, failure, None))
    shown = logging.Formatter().format(made)
    assert SECRET not in shown
    assert len(re.findall(re.escape(REDACTED), shown)) >= 3
    assert "RuntimeError" in shown
    assert "ValueError" in shown
    # The exception object would carry the secret to the next handler.
    assert made.exc_info is None


def test_the_filter_hides_secrets_of_arguments_that_do_not_fit_the_message() -> None:
    made = record("one %d", f"token={SECRET}")
    assert SECRET not in made.getMessage()
    assert "one %d" in made.getMessage()


def test_the_filter_takes_an_exception_as_message_and_a_stack() -> None:
    made = record(subprocess.CalledProcessError(1, ["git", "fetch", f"https://{SECRET}@github.com/a"]))
    assert SECRET not in made.getMessage()
    made.stack_info = f"token={SECRET}"
    RedactingFilter().filter(made)
    assert made.stack_info == f"token={REDACTED}"
