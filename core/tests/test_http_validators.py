import pytest
from django.db import transaction

from core.http import Credential
from core.http.validators import StoredValidators
from core.open_pages import open_page
from core.tests.loopback import Request, client, serving

pytestmark = pytest.mark.django_db(transaction=True)


def conditional(request: Request) -> None:
    """A source that answers 304 to who has seen version 1."""
    if request.headers["If-None-Match"] == '"v1"':
        request.reply(304, b"")
    else:
        request.reply(
            body=b'{"page": 1}', headers={"ETag": '"v1"', "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
        )


def test_a_stored_answer_is_asked_for_conditionally() -> None:
    validators = StoredValidators()
    with serving(conditional) as source:
        http = client(source.url)
        answer = http.get("/page", validators=validators)
        with transaction.atomic(), open_page():
            validators.save(answer)
        again = http.get("/page", validators=validators)

    assert not answer.not_modified
    assert again.not_modified
    assert again.body == b""
    assert source.asked[1][1]["If-Modified-Since"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_a_page_that_was_not_stored_is_not_hidden_by_a_304() -> None:
    validators = StoredValidators()
    with serving(conditional) as source:
        http = client(source.url)
        answer = http.get("/page", validators=validators)
        with transaction.atomic(), open_page():
            validators.save(answer)
            transaction.set_rollback(True)

        assert http.get("/page", validators=validators).json() == {"page": 1}


def test_another_credential_has_validators_of_its_own() -> None:
    validators = StoredValidators()
    with serving(conditional) as source:
        one = client(source.url, credential=Credential.from_token("one"))
        answer = one.get("/page", validators=validators)
        with transaction.atomic(), open_page():
            validators.save(answer)
        client(source.url, credential=Credential.from_token("two")).get("/page", validators=validators)

    assert [headers["If-None-Match"] for _, headers in source.asked] == [None, None]


def test_validators_are_saved_only_with_a_page() -> None:
    with serving(conditional) as source:
        answer = client(source.url).get("/page")

    with pytest.raises(RuntimeError, match="transaction of the page"):
        StoredValidators().save(answer)


def test_an_answer_without_validators_forgets_the_old_ones() -> None:
    validators = StoredValidators()

    def answer(request: Request) -> None:
        request.reply(headers={"ETag": '"v1"'} if request.number == 1 else {})

    with serving(answer) as source:
        http = client(source.url)
        for _ in range(2):
            answered = http.get("/page", validators=validators)
            with transaction.atomic(), open_page():
                validators.save(answered)

    assert source.asked[1][1]["If-None-Match"] == '"v1"'
    assert validators.headers_for(f"{source.url}/page", "anonymous") == {}
