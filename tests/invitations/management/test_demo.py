"""`manage.py demo`."""

import json
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import call_command

from companies.models import ApiKey, User, hash_api_key
from companies.services.partners import revoke_api_key
from config.dev.run import announcement
from tests.companies.refusals import problem_in
from tests.conftest import Api

KEYS = [
    *("baseUrl", "apiKey", "testApiKey", "otherPartnerApiKey", "companyId", "siteIds", "connectionId"),
    *("staffUsername", "staffPassword"),
]


def told() -> Any:
    out = StringIO()
    call_command("demo", "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def demo(db: None) -> Any:
    return told()


def counts() -> dict[str, int]:
    ours = [
        model for model in apps.get_models() if model._meta.app_label in {"companies", "connections", "invitations"}
    ]
    return {model._meta.label: model.objects.count() for model in ours}


def test_json_has_these_keys(demo, settings):
    assert list(demo) == KEYS
    assert demo["baseUrl"] == settings.PUBLIC_URL
    assert len(demo["siteIds"]) > 1


def test_second_run_creates_nothing(demo):
    before = counts()

    assert told() == demo
    assert counts() == before


def test_output_without_json_is_line_by_line(demo):
    out = StringIO()
    call_command("demo", stdout=out)

    assert f"apiKey: {demo['apiKey']}" in out.getvalue().splitlines()


def test_keys_belong_to_different_partners(demo):
    mine, theirs = Api(demo["apiKey"]), Api(demo["otherPartnerApiKey"])
    made = mine.post(f"invitation/company/{demo['companyId']}").json()
    paths = [
        f"company/{demo['companyId']}",
        f"site/{demo['siteIds'][0]}",
        f"connection/{demo['connectionId']}/details",
        f"invitation/{made['id']}",
        f"invitation/company/{demo['companyId']}",
    ]
    for path in paths:
        assert mine.get(path).status_code == 200, path
        problem_in(theirs.get(path), 404)
    problem_in(theirs.post(f"invitation/company/{demo['companyId']}"), 404)
    (company,) = theirs.get("company").json()["companies"]
    assert company["id"] != demo["companyId"]


def test_keys_may_manage_webhooks(demo):
    assert all(Api(demo[name]).get("webhook").status_code == 200 for name in ("apiKey", "testApiKey"))


def test_test_key_sees_no_live_company(demo):
    test = Api(demo["testApiKey"])

    assert test.get("company").json()["companies"] == test.get("test/mail").json()["mails"] == []
    problem_in(test.get(f"company/{demo['companyId']}"), 404)


def test_sites_belong_to_the_company(demo):
    answer = Api(demo["apiKey"]).post(
        f"invitation/company/{demo['companyId']}", {"prefill": {"initialSites": demo["siteIds"]}}
    )

    assert answer.status_code == 201


def test_staff_can_log_in(demo, rf):
    assert authenticate(rf.post("/"), username=demo["staffUsername"], password=demo["staffPassword"]).is_superuser


@pytest.mark.parametrize("name", ["apiKey", "testApiKey"])
def test_revoked_key_is_replaced(demo, name):
    revoke_api_key(ApiKey.objects.get(secret_hash=hash_api_key(demo[name])))

    another = told()

    assert another == demo | {name: another[name]}
    assert another[name] != demo[name]
    assert told() == another
    problem_in(Api(demo[name]).get("ping"), 401)
    assert Api(another[name]).get("ping").status_code == 200
    revoke_api_key(ApiKey.objects.get(secret_hash=hash_api_key(another[name])))
    assert Api(told()[name]).get("ping").status_code == 200


def test_changed_password_is_not_shown(demo):
    staff = User.objects.get(email=demo["staffUsername"])
    staff.set_password("the one that I can keep in mind")
    staff.save()

    assert told() == demo | {"staffPassword": None}
    out = StringIO()
    call_command("demo", stdout=out)
    assert "staffPassword: (was changed)" in out.getvalue().splitlines()
    assert "Password   (it has been changed since)" in announcement(told())


def test_secret_key_determines_the_keys(demo, settings):
    settings.SECRET_KEY = "of another installation"

    other = told()

    assert other["apiKey"] != demo["apiKey"]
    assert other["staffPassword"] != demo["staffPassword"]
    assert other["companyId"] == demo["companyId"]
