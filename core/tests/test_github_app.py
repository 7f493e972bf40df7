import datetime as dt
import json
import time
from functools import cache
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.errors import AuthError, ConfigurationError
from core.http import Credential, HttpClient
from core.metering import Meter
from core.operations.github_ops import GitHub, Use
from core.operations.github_ops.app_tokens import AppInstallation
from core.operations.github_ops.git import git_credential
from core.redaction import redact
from core.tests.github_source import github_at
from core.tests.loopback import Request, serving

pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "query { ok }"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def pem() -> str:
    kind, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return key().private_bytes(serialization.Encoding.PEM, kind, none).decode()


class App:
    """GitHub's side of an App: checks the signature, issues tokens, and accepts the last one."""

    def __init__(self) -> None:
        self.issued: list[str] = []
        self.asked: list[str] = []
        self.revoked = False

    def __call__(self, request: Request) -> None:
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        self.asked.append(request.path)
        if request.path == "/app/installations/42/access_tokens":
            # Some tests are in the future.
            claims = jwt.decode(
                token,
                key().public_key(),
                algorithms=["RS256"],
                issuer="7",
                options={"verify_iat": False, "verify_exp": False},
            )
            assert claims["exp"] - claims["iat"] <= 600
            self.issued.append(f"ghs_installation_token_{len(self.issued)}")
            expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
            body = {"token": self.issued[-1], "expires_at": expires.isoformat()}
            return request.reply(201, json.dumps(body).encode())
        if self.revoked or token != self.issued[-1]:
            return request.reply(401, b'{"message": "Bad credentials"}')
        return request.reply(body=b'{"data": {"ok": 1}}')


class Clock:
    """Time that an installation goes by."""

    def __init__(self) -> None:
        self.now = time.time()

    def installation(self, url: str) -> AppInstallation:
        def client(credential: Credential) -> HttpClient:
            return HttpClient(url, meter=Meter(), credential=credential)

        return AppInstallation("7", "42", pem(), client, clock=lambda: self.now)


def settings(**changed: str) -> dict[str, str]:
    given = {
        "github_app_id": "7",
        "github_app_installation_id": "42",
        "github_app_private_key": pem(),
        "github_token": "any-token",
    }
    return given | changed


def test_an_installation_gets_its_token_once_and_reads_with_it() -> None:
    app, meter = App(), Meter()
    with serving(app) as source, github_at(source.url, **settings()), GitHub(meter=meter) as github:
        for _ in range(3):
            github.graphql.execute(QUERY, {})
        github.rest.get("repos/boostorg/asio")

    assert len(app.issued) == 1
    assert len(app.asked) == meter.snapshot().requests == 5
    assert app.issued[0] not in redact(f"it is {app.issued[0]}")


@pytest.mark.parametrize("form", ["file", "line breaks as in .env"])
def test_the_key_may_be_a_file_or_one_line(form: str, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(pem())
    given = str(file) if form == "file" else pem().replace("\n", "\\n")
    app = App()
    with (
        serving(app) as source,
        github_at(source.url, **settings(github_app_private_key=given)),
        GitHub(meter=Meter()) as github,
    ):
        github.graphql.execute(QUERY, {})

    assert len(app.issued) == 1


def test_a_token_is_renewed_before_it_expires() -> None:
    app, clock = App(), Clock()
    with serving(app) as source:
        installation = clock.installation(source.url)
        first = installation.credential()
        clock.now += 3_000
        assert installation.credential() == first
        clock.now += 300
        assert installation.credential() != first

    assert len(app.issued) == 2


def test_tokens_of_one_installation_share_its_budget() -> None:
    app, clock = App(), Clock()
    with serving(app) as source:
        installation = clock.installation(source.url)
        first = installation.credential()
        clock.now += 3_600
        second = installation.credential()

    assert first.id != second.id
    assert first.counted_as == second.counted_as == "installation 42"


def test_a_token_that_is_refused_is_renewed_once_and_then_ends_the_run() -> None:
    app = App()
    app.revoked = True
    with (
        serving(app) as source,
        github_at(source.url, **settings()),
        GitHub(meter=Meter()) as github,
        pytest.raises(AuthError, match="refuses the token for reading"),
    ):
        github.graphql.execute(QUERY, {})

    assert len(app.issued) == 2


def test_tokens_for_scraping_come_before_the_app_and_writing_never_uses_it() -> None:
    with github_at("http://127.0.0.1:9", **settings(github_tokens_scraping="first-token")):
        GitHub.require(Use.SCRAPING)
        for use, token in ((Use.SCRAPING, "first-token"), (Use.WRITE, "any-token")):
            with GitHub(meter=Meter(), use=use) as github:
                assert github.git_credential() == git_credential(token)


@pytest.mark.parametrize("name", ["github_app_id", "github_app_installation_id", "github_app_private_key"])
def test_an_app_that_is_half_set_is_named(name: str) -> None:
    with (
        github_at("http://127.0.0.1:9", **settings(**{name: ""})),
        pytest.raises(ConfigurationError, match=name.upper()),
    ):
        GitHub.require(Use.SCRAPING)


@pytest.mark.parametrize("given", ["no key at all", "-----BEGIN RSA PRIVATE KEY-----\nabc"])
def test_a_key_that_cannot_be_used_is_named_and_not_shown(given: str) -> None:
    with (
        github_at("http://127.0.0.1:9", **settings(github_app_private_key=given)),
        GitHub(meter=Meter()) as github,
        pytest.raises(ConfigurationError, match="GITHUB_APP_PRIVATE_KEY") as raised,
    ):
        github.graphql.execute(QUERY, {})

    assert given not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "error", "named"),
    [(404, ConfigurationError, "GITHUB_APP_INSTALLATION_ID"), (401, AuthError, "GITHUB_APP_ID")],
)
def test_an_app_that_github_does_not_know_says_what_to_check(
    status: int, error: type[Exception], named: str
) -> None:
    with (
        serving(lambda request: request.reply(status, b'{"message": "no"}')) as source,
        github_at(source.url, **settings()),
        GitHub(meter=Meter()) as github,
        pytest.raises(error, match=named),
    ):
        github.graphql.execute(QUERY, {})
