"""A value that was read as a secret is gone, in every spelling: the rule that cannot miss."""

import base64
import html
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any, get_args
from urllib.parse import quote, quote_plus

import pytest
from django.utils.module_loading import import_string
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from core import registry
from core.conf import AppSettings, CoreSettings
from core.redaction import REDACTED, redact, register_secret
from core.vendors import shared_settings


def percent_encoded(text: str) -> str:
    return quote(text, safe="")


def percent_encoded_twice_in_small_letters(text: str) -> str:
    return "".join(
        letter
        if letter.isalnum() and letter.isascii()
        else "".join(f"%25{byte:02x}" for byte in letter.encode())
        for letter in text
    )


def json_with_letters(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def json_three_deep(text: str) -> str:
    return json.dumps(json.dumps(json.dumps(text)))


def of_bytes(text: str) -> str:
    return repr(text.encode())


def numbered_html(text: str) -> str:
    return "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in text)


SPELLINGS: list[Callable[[str], str]] = [
    str,
    percent_encoded,
    percent_encoded_twice_in_small_letters,
    quote,
    quote_plus,
    json.dumps,
    json_with_letters,
    json_three_deep,
    repr,
    of_bytes,
    html.escape,
    numbered_html,
]


@pytest.mark.parametrize("write", SPELLINGS)
def test_a_registered_secret_is_gone_however_it_is_written(write: Callable[[str], str]) -> None:
    secret = f'Sesame & "open" it\'s <{secrets.token_hex(4)}>/\\x=+\u00e9\u20ac\U0001f511'
    register_secret(secret)
    # Quotation marks, brackets and backslashes around it are those of the spelling.
    assert re.fullmatch(
        r"before [\\\"'b]*\[redacted\][\\\"']* after", redact(f"before {write(secret)} after")
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=8, max_size=20))
@settings(max_examples=20, deadline=None)
def test_any_secret_is_gone_however_it_is_written(secret: str) -> None:
    secret = f"k{secret}{secrets.token_hex(4)}"
    register_secret(secret)
    for write in SPELLINGS:
        assert write(secret)[3:-3] not in redact(f"before {write(secret)} after")


@pytest.mark.parametrize("before", ["", "u:", "boost:", "x-access-token:"])
@pytest.mark.parametrize("after", ["", "x", "\n", '"}'])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_registered_secret_is_gone_in_base64_wherever_it_begins(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    secret = f"\u00ff?>~{secrets.token_hex(8)}\u00ff\u00fe"
    register_secret(secret)
    encoded = encode(f"{before}{secret}{after}".encode()).decode()
    for written in (encoded, percent_encoded(encoded)):
        hidden = redact(f"sent: {written}")
        assert REDACTED in hidden
        # A digit is left at each end where it says less than a byte of the secret.
        assert not any(
            encoded[at : at + 4] in hidden for at in range(len(before) * 4 // 3 + 1, len(encoded) - 8)
        )


def test_each_token_of_a_list_is_a_secret() -> None:
    tokens = [secrets.token_hex(20) for _ in range(3)]
    register_secret(", ".join(tokens))
    for token in tokens:
        assert redact(f"with {token} it failed") == f"with {REDACTED} it failed"


def test_each_line_of_a_key_is_a_secret_also_when_it_is_written_in_one_line() -> None:
    lines = [secrets.token_hex(32) for _ in range(3)]
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])
    register_secret(key.replace("\n", "\\n"))
    for line in lines:
        assert redact(f"line: {line}") == f"line: {REDACTED}"


@pytest.mark.parametrize("password", ["a{}b", "a/{}", "a@{}", "it's {} here", "a?{}#"])
def test_the_password_of_a_registered_url_is_a_secret_of_its_own(password: str) -> None:
    password = password.format(secrets.token_hex(6))
    register_secret(f"postgresql://boost:{password}@db.example.org/boost")
    assert redact(f"the server said {password} is wrong") == f"the server said {REDACTED} is wrong"


def test_the_password_of_a_registered_url_is_known_decoded() -> None:
    password = secrets.token_hex(6)
    register_secret(f"postgresql://boost:{password}%21@db.example.org/boost")
    assert redact(f"the server said {password}! is wrong") == f"the server said {REDACTED} is wrong"
    register_secret(f"postgresql://db.example.org/boost?user=boost&password={password}%22")
    assert redact(f'the server said {password}" is wrong') == f"the server said {REDACTED} is wrong"


def test_of_two_secrets_that_begin_alike_both_go_whole() -> None:
    short = secrets.token_hex(4)
    register_secret(short)
    register_secret(short + "-longer")
    assert redact(f"{short}-longer {short}") == f"{REDACTED} {REDACTED}"


def test_a_secret_too_short_to_be_one_does_not_blank_the_log() -> None:
    register_secret("a")
    register_secret("")
    assert redact("a cat") == "a cat"


def secret_settings() -> Iterator[str]:
    """The variables of all settings classes that hold a secret."""
    paths = [tracker.settings for tracker in registry.trackers() if tracker.settings]
    classes: list[type[AppSettings]] = [CoreSettings, *map(import_string, (*paths, *shared_settings()))]
    for chosen in classes:
        for name, field in chosen.model_fields.items():
            kinds: tuple[Any, ...] = (
                get_args(field.annotation) if isinstance(field.annotation, UnionType) else (field.annotation,)
            )
            if SecretStr in kinds:
                yield name.upper()


def test_every_configured_secret_is_known_from_the_start_also_to_who_does_not_use_it() -> None:
    """A run of one source has the tokens of all others in its environment."""
    values = {name: secrets.token_hex(12) for name in (*secret_settings(), "SLACK_BOT_TOKEN_T12345678")}
    assert len(values) > len({"DATABASE_URL", "GITHUB_TOKEN", "DISCORD_TOKEN", "SLACK_BOT_TOKEN"})
    values["DATABASE_URL"] = f"postgresql://boost:{values['DATABASE_URL']}@db.example.org/boost"
    values["DATABASE_LOCK_URL"] = values["DATABASE_URL"]
    program = "import config.settings, os, core.redaction as r; print(*map(r.redact, os.environ.values()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", **values},
        capture_output=True,
        text=True,
        check=True,
    )
    assert REDACTED in done.stdout
    for name, value in values.items():
        assert value not in done.stdout, name
