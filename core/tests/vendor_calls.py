"""One call per library, against a base URL that fails: each raises what the library raises."""

# pyright: standard
# (Google's and Slack's clients carry no types, so strict would report every call.)

import asyncio
import os
import subprocess
import tempfile
from math import ceil

import aiohttp
import github
import httpx
import psycopg
import requests
import slack_sdk
import urllib3
from discord.http import HTTPClient, Route
from django.db.utils import ConnectionHandler
from googleapiclient.discovery import build
from pinecone import Pinecone, RetryConfig
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def patience(url: str) -> float:
    """Seconds to wait for an answer: few for the server that gives none, enough on a busy machine else."""
    return 0.2 if url.endswith("/slow") else 10


def with_requests(url: str) -> None:
    requests.get(url, timeout=(5, patience(url))).raise_for_status()


def with_requests_json(url: str) -> None:
    requests.get(url, timeout=(5, patience(url))).json()


def with_requests_stream(url: str) -> None:
    """The body is not read before the status is judged."""
    with requests.get(url, timeout=(5, patience(url)), stream=True) as response:
        response.raise_for_status()


def with_requests_retries(url: str) -> None:
    retry = Retry(1, backoff_factor=0, status_forcelist=[429, 502], respect_retry_after_header=False)
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.get(url, timeout=(5, patience(url)))


def with_urllib3(url: str) -> None:
    with urllib3.PoolManager(retries=False, timeout=patience(url)) as pool:
        pool.request("GET", url)


def with_urllib3_retries(url: str) -> None:
    with urllib3.PoolManager(retries=Retry(1, backoff_factor=0), timeout=patience(url)) as pool:
        pool.request("GET", url)


def with_httpx(url: str) -> None:
    httpx.get(url, timeout=patience(url), follow_redirects=True).raise_for_status()


def with_aiohttp(url: str) -> None:
    async def call() -> None:
        timeout = aiohttp.ClientTimeout(sock_read=patience(url))
        async with (
            aiohttp.ClientSession(raise_for_status=True, timeout=timeout) as session,
            session.get(url) as response,
        ):
            await response.read()
            await response.json()

    asyncio.run(call())


def with_pygithub(url: str) -> None:
    client = github.Github(
        auth=github.Auth.Token("made-up"), base_url=url, retry=None, timeout=ceil(patience(url))
    )
    client.get_repo("boostorg/boost")


def with_pygithub_retries(url: str) -> None:
    retry = github.GithubRetry(total=1, backoff_factor=0)
    github.Github(base_url=url, retry=retry, timeout=ceil(patience(url))).get_repo("boostorg/boost")


def with_pygithub_graphql(url: str) -> None:
    client = github.Github(base_url=url, retry=None, timeout=ceil(patience(url)))
    client.requester.graphql_query("query { viewer { login } }", {})


def with_slack(url: str) -> None:
    slack_sdk.WebClient(
        "made-up", base_url=f"{url}/", timeout=ceil(patience(url)), retry_handlers=[]
    ).conversations_list()


def with_discord(url: str) -> None:
    async def log_in() -> None:
        client = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=30)
        try:
            await client.static_login("made-up")
        finally:
            await client.close()

    base, Route.BASE = Route.BASE, url
    try:
        asyncio.run(log_in())
    finally:
        Route.BASE = base


def with_google(url: str) -> None:
    options = {"api_endpoint": f"{url}/"}
    with build(
        "youtube", "v3", developerKey="made-up", client_options=options, static_discovery=True
    ) as youtube:
        youtube.videos().list(part="snippet", id="x").execute()


def with_pinecone(url: str) -> None:
    retries = RetryConfig(max_retries=0)
    # The listing is lazy.
    list(Pinecone(api_key="made-up", host=url, timeout=patience(url), retry_config=retries).indexes.list())


def with_git(*args: str) -> None:
    """Without the machine's own configuration, and without asking anybody."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "LC_ALL": "C",
    }
    subprocess.run(["git", *args], env=environment, check=True, capture_output=True)


def with_git_clone(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with_git("clone", f"{url}/repository.git", folder)


def with_psycopg(port: int) -> None:
    psycopg.connect(
        f"host=127.0.0.1 port={port} user=boost dbname=boost sslmode=disable connect_timeout=5"
    ).close()


def with_django(port: int) -> None:
    settings = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": str(port)}
    options = {"OPTIONS": {"sslmode": "disable", "connect_timeout": 5}}
    ConnectionHandler({"default": {**settings, **options, "NAME": "boost", "USER": "boost"}})[
        "default"
    ].connect()
