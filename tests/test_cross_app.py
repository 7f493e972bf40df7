"""Every way to cross apps is found; docs/cross-app-dependencies.md lists them."""

import pytest

from core.cross_app import foreign_keys, tables_named

ENGINE = "github_activity_tracker"


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        (f"from {ENGINE}.models import Issue, Release as R", {f"{ENGINE}_issue", f"{ENGINE}_release"}),
        (f"from {ENGINE} import models\nmodels.Issue.objects.get()", {f"{ENGINE}_issue"}),
        (f"def f():\n    from {ENGINE}.models.issues import Issue", {f"{ENGINE}_issue"}),
        (f"apps.get_model('{ENGINE}.Issue')", {f"{ENGINE}_issue"}),
        (f"cursor.execute(f'SELECT {{x}} FROM {ENGINE}_issue AS i')", {f"{ENGINE}_issue"}),  # noqa: S608 - nobody runs it
        ('SQL = """\nDELETE FROM core_archiveversion\n"""', {"core_archiveversion"}),
        ("from core.models import Run", {"core_run"}),
        ("from boost_mailing_list_tracker.models import Message", set[str]()),  # its own
        (f"from {ENGINE}.sync import RepositoryCoverage\nfrom core import archive", set[str]()),
        (f"x = '{ENGINE}_issues'", set[str]()),
    ],
)
def test_a_table_of_others_is_found_however_it_is_named(source: str, tables: set[str]) -> None:
    assert tables_named(source, "boost_mailing_list_tracker") == tables


def test_a_foreign_key_to_another_app_is_found() -> None:
    assert foreign_keys(["admin"]) == {
        ("admin", "django_admin_log.content_type"): {"django_content_type"},
        ("admin", "django_admin_log.user"): {"auth_user"},
    }
