"""The admin shows what is stored and changes none of it."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from github_activity_tracker.models import Commit, CommitIdentity, MarkdownExport
from github_activity_tracker.tests.rows import (
    T0,
    account,
    comment,
    discussion,
    event,
    pull_request,
    release,
    remark,
    repository,
    review,
    save,
    talk,
)

MODELS = [
    model
    for model in apps.get_app_config("github_activity_tracker").get_models()
    if admin.site.is_registered(model)
]


@pytest.fixture
def stored(db: None) -> None:  # noqa: ARG001 - the database
    ann = account("ann")
    change = pull_request(1, ann)
    where = talk(change)
    save(ann, repository(github_id=1), change, discussion(2, ann), release("v1", ann))
    save(comment(change, ann, "x"), review(change, ann, "APPROVED"), where, remark(change, where, ann, "x"))
    save(event(change, "ClosedEvent", ann), MarkdownExport(issue=change, path="issues/x.md", version=1))
    save(CommitIdentity(email="a@b.c", name="Ann", repository_id=1, sha="a"))
    save(Commit(repository_id=1, sha="a" * 40, parents=[], is_merge=False, authored_at=T0, committed_at=T0))


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_and_row_can_be_looked_at_and_none_changed(model: Any, admin_client: Client) -> None:
    name = f"admin:github_activity_tracker_{model._meta.model_name}"
    row = model.objects.get()

    listing = admin_client.get(reverse(f"{name}_changelist"), {"q": "a"})
    page = admin_client.get(reverse(f"{name}_change", args=[row.pk]))

    assert (listing.status_code, page.status_code) == (200, 200)
    assert b'name="_save"' not in page.content
    assert admin_client.get(reverse(f"{name}_add")).status_code == 403
    assert admin_client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_there_is_a_page_for_what_people_ask_about() -> None:
    assert len(MODELS) >= 10
