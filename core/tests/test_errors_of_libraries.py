"""Failures of the real libraries, most of them provoked over loopback, and what each is taken for."""

import asyncio
import concurrent.futures
import errno
import gzip
import http.client
import io
import json
import lzma
import os
import socket
import ssl
import subprocess
import tarfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Generator
from pathlib import Path

import aiohttp
import discord
import github
import google.auth.exceptions
import httplib2
import httpx
import pinecone
import psycopg
import pydantic
import pytest
import requests
import slack_sdk.errors
import urllib3
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError
from django.db.utils import DataError, IntegrityError, InterfaceError, ProgrammingError
from pinecone.errors import PaymentRequiredError, ResponseParsingError

from core.errors import classify_failure
from core.tests import vendor_calls as call
from core.tests.failing_server import closed_port, failing_server, failure_of, raise_from, refusing_postgres


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with failing_server() as url:
        yield url


PROVOKED: list[tuple[Callable[[str], None], str, str]] = [
    (call.with_requests, "unauthorized", "auth"),
    (call.with_requests, "forbidden", "permission"),
    (call.with_requests, "not-found", "not_found"),
    (call.with_requests, "gone", "not_found"),
    (call.with_requests, "unprocessable", "validation"),
    (call.with_requests, "too-many", "rate_limit"),
    (call.with_requests, "bad-gateway", "source"),
    (call.with_requests, "unavailable", "source"),
    (call.with_requests, "github-secondary", "rate_limit"),
    (call.with_requests, "github-secondary-without-header", "rate_limit"),
    (call.with_requests_stream, "github-secondary", "rate_limit"),
    (call.with_requests, "loop", "source"),
    (call.with_requests, "bad-gzip", "source"),
    (call.with_requests, "slow", "timeout"),
    (call.with_requests, "reset", "network"),
    (call.with_requests, "hang-up", "network"),
    (call.with_requests, "cut", "network"),
    (call.with_requests_json, "ok-html", "source"),
    (call.with_requests_retries, "too-many", "rate_limit"),
    (call.with_requests_retries, "bad-gateway", "source"),
    (call.with_requests_retries, "slow", "timeout"),
    (call.with_urllib3, "slow", "timeout"),
    (call.with_urllib3, "reset", "network"),
    (call.with_urllib3, "cut", "network"),
    (call.with_urllib3, "bad-gzip", "source"),
    (call.with_urllib3_retries, "slow", "timeout"),
    (call.with_urllib3_retries, "hang-up", "network"),
    (call.with_httpx, "unauthorized", "auth"),
    (call.with_httpx, "forbidden", "permission"),
    (call.with_httpx, "too-many", "rate_limit"),
    (call.with_httpx, "bad-gateway", "source"),
    (call.with_httpx, "github-secondary-without-header", "rate_limit"),
    (call.with_httpx, "loop", "source"),
    (call.with_httpx, "slow", "timeout"),
    (call.with_httpx, "reset", "network"),
    (call.with_httpx, "garbage", "network"),
    (call.with_aiohttp, "unauthorized", "auth"),
    (call.with_aiohttp, "too-many", "rate_limit"),
    (call.with_aiohttp, "bad-gateway", "source"),
    (call.with_aiohttp, "ok-html", "source"),
    (call.with_aiohttp, "slow", "timeout"),
    (call.with_aiohttp, "hang-up", "network"),
    (call.with_aiohttp, "cut", "network"),
    (call.with_pygithub, "github-bad-credentials", "auth"),
    (call.with_pygithub, "github-no-scope", "permission"),
    (call.with_pygithub, "github-secondary", "rate_limit"),
    (call.with_pygithub, "github-secondary-without-header", "rate_limit"),
    (call.with_pygithub, "github-primary", "rate_limit"),
    (call.with_pygithub, "github-blocked", "rate_limit"),
    (call.with_pygithub, "not-found", "not_found"),
    (call.with_pygithub, "unprocessable", "validation"),
    (call.with_pygithub, "bad-gateway", "source"),
    (call.with_pygithub, "slow", "timeout"),
    (call.with_pygithub, "reset", "network"),
    (call.with_pygithub_retries, "github-no-scope", "permission"),
    (call.with_pygithub_retries, "bad-gateway", "source"),
    (call.with_pygithub_graphql, "github-graphql-limit", "rate_limit"),
    (call.with_pygithub_graphql, "github-graphql-unknown", "not_found"),
    (call.with_slack, "slack-ratelimited", "rate_limit"),
    (call.with_slack, "slack-429", "rate_limit"),
    (call.with_slack, "slack-invalid-auth", "auth"),
    (call.with_slack, "slack-missing-scope", "permission"),
    (call.with_slack, "slack-channel-not-found", "not_found"),
    (call.with_slack, "slack-invalid-cursor", "validation"),
    (call.with_slack, "slack-internal-error", "source"),
    (call.with_slack, "bad-gateway", "source"),
    (call.with_slack, "ok-html", "source"),
    (call.with_slack, "slow", "timeout"),
    (call.with_slack, "reset", "network"),
    (call.with_discord, "discord-unauthorized", "auth"),
    (call.with_discord, "discord-missing-access", "permission"),
    (call.with_discord, "discord-unknown-channel", "not_found"),
    (call.with_discord, "discord-invalid-form", "validation"),
    (call.with_discord, "discord-429", "rate_limit"),
    (call.with_discord, "too-many", "rate_limit"),
    (call.with_discord, "unavailable", "source"),
    (call.with_discord, "hang-up", "network"),
    (call.with_google, "google-quota", "rate_limit"),
    (call.with_google, "google-rate", "rate_limit"),
    (call.with_google, "google-user-rate", "rate_limit"),
    (call.with_google, "google-key", "auth"),
    (call.with_google, "google-forbidden", "permission"),
    (call.with_google, "google-not-found", "not_found"),
    (call.with_google, "google-bad", "validation"),
    (call.with_google, "google-backend", "source"),
    (call.with_google, "too-many", "rate_limit"),
    (call.with_google, "hang-up", "network"),
    (call.with_pinecone, "unauthorized", "auth"),
    (call.with_pinecone, "forbidden", "permission"),
    (call.with_pinecone, "not-found", "not_found"),
    (call.with_pinecone, "too-many", "rate_limit"),
    (call.with_pinecone, "pinecone-500", "source"),
    (call.with_pinecone, "slow", "timeout"),
    (call.with_pinecone, "reset", "network"),
    (call.with_git_clone, "unauthorized", "auth"),
    (call.with_git_clone, "forbidden", "permission"),
    (call.with_git_clone, "not-found", "not_found"),
    (call.with_git_clone, "too-many", "rate_limit"),
    (call.with_git_clone, "unavailable", "source"),
    (call.with_git_clone, "hang-up", "network"),
]


@pytest.mark.parametrize(("provoke", "scenario", "category"), PROVOKED)
def test_a_failing_source_lands_in_its_category(
    server: str, provoke: Callable[[str], None], scenario: str, category: str
) -> None:
    failure = failure_of(lambda: provoke(f"{server}/{scenario}"))
    assert classify_failure(failure) == category, repr(failure)


@pytest.mark.parametrize(
    "provoke",
    [
        call.with_requests,
        call.with_requests_retries,
        call.with_urllib3,
        call.with_urllib3_retries,
        call.with_httpx,
        call.with_aiohttp,
        call.with_pygithub,
        call.with_slack,
        call.with_discord,
        call.with_google,
        call.with_pinecone,
        call.with_git_clone,
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "unknown.invalid"])
def test_a_source_that_cannot_be_reached_is_network(provoke: Callable[[str], None], host: str) -> None:
    failure = failure_of(lambda: provoke(f"http://{host}:{closed_port()}"))
    assert classify_failure(failure) == "network", repr(failure)


def test_a_server_without_tls_is_network_although_openssl_numbers_it_like_eperm(server: str) -> None:
    failure = failure_of(lambda: call.with_requests(server.replace("http:", "https:")))
    assert classify_failure(failure) == "network"
    with socket.create_connection(("127.0.0.1", int(server.rpartition(":")[2]))) as plain:
        failure = failure_of(
            lambda: ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
        )
    assert isinstance(failure, OSError)
    assert failure.errno == errno.EPERM
    assert classify_failure(failure) == "network"


@pytest.mark.parametrize("connect", [call.with_psycopg, call.with_django])
@pytest.mark.parametrize(
    ("sqlstate", "message", "category"),
    [
        ("28P01", 'password authentication failed for user "boost"', "auth"),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1"', "auth"),
        ("28000", 'role "boost" does not exist', "auth"),
        ("3D000", 'database "boost" does not exist', "configuration"),
        ("53300", "sorry, too many clients already", "resource"),
        ("42501", 'permission denied for database "boost"', "permission"),
        ("28000", 'role "boost" is not permitted to log in', "permission"),
        ("57P03", "the database system is starting up", "network"),
    ],
)
def test_a_refused_database_connection_says_what_to_do(
    connect: Callable[[int], None], sqlstate: str, message: str, category: str
) -> None:
    with refusing_postgres(sqlstate, message) as port:
        failure = failure_of(lambda: connect(port))
    assert message in str(failure)
    assert classify_failure(failure) == category


@pytest.mark.parametrize("connect", [call.with_psycopg, call.with_django])
def test_a_database_that_is_not_there_is_network(connect: Callable[[int], None]) -> None:
    assert classify_failure(failure_of(lambda: connect(closed_port()))) == "network"


@pytest.mark.parametrize(
    "address",
    ["service=nowhere", "host=127.0.0.1 port=none", "host=127.0.0.1 sslmode=none"],
)
def test_an_address_that_makes_no_sense_is_configuration(address: str) -> None:
    failure = failure_of(lambda: psycopg.connect(address))
    assert classify_failure(failure) == "configuration"


@pytest.mark.parametrize(
    ("sqlstate", "category"),
    [
        ("08006", "database"),
        ("22001", "validation"),
        ("23505", "validation"),
        ("40001", "locked"),
        ("40P01", "locked"),
        ("42501", "permission"),
        ("42P01", "database"),
        ("53100", "resource"),
        ("55P03", "locked"),
        ("55006", "locked"),
        ("25P03", "timeout"),
        ("25P04", "timeout"),
        ("57P05", "timeout"),
        ("57014", "timeout"),
        ("57P01", "database"),
        ("57P02", "database"),
        ("XX001", "database"),
    ],
)
def test_a_statement_that_failed_is_classified_by_its_sqlstate(sqlstate: str, category: str) -> None:
    failure = psycopg.errors.lookup(sqlstate)("as the server says")
    assert classify_failure(failure) == category
    wrapped = failure_of(lambda: raise_from(ProgrammingError("as Django wraps it"), failure))
    assert classify_failure(wrapped) == category


class _Settings(pydantic.BaseModel):
    size: int


BUILT: list[tuple[BaseException, str]] = [
    (ValueError("bad"), "validation"),
    (RuntimeError("what"), "unknown"),
    (KeyError("what"), "unknown"),
    (TimeoutError(), "timeout"),
    (TimeoutError(), "timeout"),
    (concurrent.futures.TimeoutError(), "timeout"),
    (asyncio.CancelledError(), "cancelled"),
    (concurrent.futures.CancelledError(), "cancelled"),
    (KeyboardInterrupt(), "cancelled"),
    (MemoryError(), "resource"),
    (asyncio.IncompleteReadError(b"", 4), "network"),
    (http.client.IncompleteRead(b""), "network"),
    (http.client.BadStatusLine("220 mail"), "source"),
    (subprocess.TimeoutExpired("git", 5), "timeout"),
    (subprocess.CalledProcessError(1, ["pg_dump"], stderr="Connection refused"), "command"),
    (subprocess.CalledProcessError(128, "git fetch", stderr="fatal: early EOF"), "network"),
    (subprocess.CalledProcessError(1, ["/usr/bin/git", "merge"], stderr=b"conflict"), "command"),
    (subprocess.CalledProcessError(1, ["git", "fetch"]), "command"),
    (CommandError("no such option"), "command"),
    (ImproperlyConfigured("SECRET_KEY is empty"), "configuration"),
    (ValidationError("too long"), "validation"),
    (DataError("too long"), "validation"),
    (IntegrityError("twice"), "validation"),
    (InterfaceError("connection already closed"), "database"),
    (psycopg.ProgrammingError("the query has 1 placeholder but 0 parameters"), "database"),
    (
        psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly"),
        "database",
    ),
    (psycopg.OperationalError("the connection is closed"), "database"),
    (
        psycopg.OperationalError("failed to resolve host 'db': [Errno -2] Name or service not known"),
        "network",
    ),
    (psycopg.errors.ConnectionTimeout("connection timeout expired"), "timeout"),
    (requests.exceptions.InvalidURL("no host"), "validation"),
    (requests.exceptions.MissingSchema("no scheme"), "validation"),
    (requests.exceptions.ProxyError("proxy"), "network"),
    (urllib3.exceptions.LocationParseError("http://["), "validation"),
    (httpx.UnsupportedProtocol("ftp://"), "validation"),
    (httpx.PoolTimeout("pool"), "timeout"),
    (aiohttp.InvalidURL("x"), "validation"),
    (github.BadAttributeException("1", [dict], None), "source"),
    (slack_sdk.errors.SlackRequestError("no token"), "validation"),
    (slack_sdk.errors.BotUserAccessError("xoxp only"), "permission"),
    (slack_sdk.errors.SlackApiError("as a dict", {"ok": False, "error": "token_revoked"}), "auth"),
    (
        slack_sdk.errors.SlackTokenRotationError(
            slack_sdk.errors.SlackApiError("x", {"ok": False, "error": "invalid_auth"})
        ),
        "auth",
    ),
    *(
        (slack_sdk.errors.SlackApiError("x", {"ok": False, "error": error}), category)
        for error, category in {
            "accesslimited": "permission",
            "user_not_visible": "permission",
            "invalid_refresh_token": "auth",
        }.items()
    ),
    (discord.RateLimited(900.0), "rate_limit"),
    (discord.PrivilegedIntentsRequired(None), "permission"),
    (discord.GatewayNotFound(), "source"),
    (google.auth.exceptions.DefaultCredentialsError("none"), "configuration"),
    (google.auth.exceptions.RefreshError("invalid_grant"), "auth"),
    (google.auth.exceptions.TransportError(ConnectionResetError()), "network"),
    (httplib2.ServerNotFoundError("Unable to find the server"), "network"),
    (pinecone.PineconeTimeoutError("slow"), "timeout"),
    (pinecone.PineconeValueError("dimension must be positive"), "validation"),
    (ResponseParsingError("shape", cause=KeyError("x")), "source"),
    (PaymentRequiredError(), "permission"),
    (ExceptionGroup("two", [RuntimeError("x"), socket.gaierror(socket.EAI_AGAIN, "again")]), "network"),
]


@pytest.mark.parametrize(("failure", "category"), BUILT)
def test_an_exception_lands_in_its_category(failure: BaseException, category: str) -> None:
    assert classify_failure(failure) == category


@pytest.mark.parametrize(
    ("provoke", "category"),
    [
        (lambda: json.loads("<html>"), "source"),
        (lambda: gzip.decompress(b"no gzip"), "source"),
        (lambda: zlib.decompress(b"no zlib"), "source"),
        (lambda: zipfile.ZipFile(io.BytesIO(b"no zip")), "source"),
        (lambda: tarfile.TarFile(fileobj=io.BytesIO(b"no tar" * 200)), "source"),
        (lambda: lzma.decompress(b"no xz"), "source"),
        (lambda: gzip.decompress(gzip.compress(b"whole")[:-4]), "source"),
        (lambda: b"\xff".decode("utf-8"), "validation"),
        (lambda: _Settings.model_validate({"size": "large"}), "validation"),
        (lambda: Path("/nowhere/at/all").read_text(), "not_found"),
        (lambda: Path("/").read_text(), "validation"),
        (lambda: Path("/" + "x" * 5000).read_text(), "validation"),
        (lambda: urllib.request.urlopen(f"http://127.0.0.1:{closed_port()}"), "network"),
        (lambda: socket.getaddrinfo("unknown.invalid", 80), "network"),
        (lambda: io.open(os.open("/", os.O_RDONLY), "wb"), "validation"),  # noqa: SIM115, UP020 - fails
    ],
)
def test_what_the_standard_library_raises_lands_in_its_category(
    provoke: Callable[[], object], category: str
) -> None:
    assert classify_failure(failure_of(provoke)) == category


@pytest.mark.parametrize(
    ("names", "category"),
    [
        ("ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ESHUTDOWN ENOTCONN", "network"),
        ("ENETDOWN ENETUNREACH ENETRESET EHOSTDOWN EHOSTUNREACH EADDRNOTAVAIL", "network"),
        ("ETIMEDOUT", "timeout"),
        ("EACCES EPERM EROFS", "permission"),
        ("ENOSPC EDQUOT ENOMEM EMFILE ENFILE", "resource"),
        ("EAGAIN EBUSY", "locked"),
        ("ENOENT", "not_found"),
        ("EISDIR ENOTDIR ENAMETOOLONG", "validation"),
        ("EIO ESTALE", "resource"),
        ("E2BIG", "validation"),
        ("EINVAL", "unknown"),
    ],
)
def test_an_errno_lands_in_its_category(names: str, category: str) -> None:
    for name in names.split():
        assert classify_failure(OSError(getattr(errno, name), name)) == category, name


def test_what_git_finds_wrong_on_this_machine_says_what_to_do(tmp_path: Path) -> None:
    outside = failure_of(lambda: call.with_git("-C", str(tmp_path), "status"))
    repository = str(tmp_path / "repository")
    call.with_git("init", repository)
    unknown_revision = failure_of(lambda: call.with_git("-C", repository, "log", "no-such-revision"))
    missing_remote = failure_of(
        lambda: call.with_git("-C", repository, "fetch", str(tmp_path / "no-such-remote"))
    )
    (tmp_path / "repository" / "file").write_text("x")
    (tmp_path / "repository" / ".git" / "index.lock").touch()
    in_use = failure_of(lambda: call.with_git("-C", repository, "add", "file"))
    assert [classify_failure(each) for each in (outside, unknown_revision, missing_remote, in_use)] == [
        "configuration",
        "not_found",
        "not_found",
        "locked",
    ]
