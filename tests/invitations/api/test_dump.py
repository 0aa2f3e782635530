"""A dump of the database contains no secret."""

import hashlib
from typing import Any

from django.db import connection
from django.test import Client

from tests.companies.refusals import problem_in
from tests.conftest import Api
from tests.factories import UserFactory, make_api_key
from tests.invitations.answers import PASSWORD, answers
from tests.secrecy import forms_of

STAFF_PASSWORD = "correct horse battery"


def dump() -> dict[str, str]:
    """Rows of every table as text, and bytes as hexadecimal and as letters."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        said = {}
        for table in tables:
            cursor.execute(f'SELECT "{table}"::text FROM "{table}"')
            rows = [row[0] for row in cursor.fetchall()]
            cursor.execute(f'SELECT * FROM "{table}"')
            values = [
                bytes(value) for row in cursor.fetchall() for value in row if isinstance(value, (bytes, memoryview))
            ]
            said[table] = "\n".join([*rows, *(value.decode("latin-1") for value in values)])
    return said


def live(company: Any) -> dict[str, str]:
    """Typical requests and forms. Returns the secrets in them."""
    UserFactory(password=STAFF_PASSWORD)
    _, value = make_api_key(company.partner)
    api = Api(value)
    made = api.post(f"invitation/company/{company.pk}", {"maxUses": 2}, Idempotency_Key="order-1").json()
    again = api.post(f"invitation/company/{company.pk}", {}, Idempotency_Key="order-2").json()
    restricted = api.post(f"invitation/company/{company.pk}", {"allowedEmails": ["a@example.com"]}).json()
    login = {"url": "https://utility.example.com", "username": "api-user-name", "password": "api-pass-word"}
    assert api.post(f"connection/company/{company.pk}", login, Idempotency_Key="order-3").status_code == 201
    posted = Client().post(f"/p/i/{made['token']}/connect", answers(username="typed-user-name"))
    assert posted.status_code == 302
    problem_in(api.post(f"connection/company/{company.pk}", login | {"country": "x"}, Idempotency_Key="order-4"), 400)
    assert api.post(f"invitation/{again['id']}/revoke", Idempotency_Key="order-5").status_code == 200
    return {
        "API key": value,
        "secret of the API key": value.split("_", 2)[2],
        "token": made["token"],
        "token of a revoked one": again["token"],
        "token of a restricted one": restricted["token"],
        "password of the API": login["password"],
        "user name of the API": login["username"],
        "password of the form": PASSWORD,
        "user name of the form": "typed-user-name",
        "password of staff": STAFF_PASSWORD,
    }


def test_tables_contain_no_secret(company):
    secrets = live(company)

    tables = dump()

    assert {"companies_storedanswer", "connections_credential", "invitations_invitation"} <= set(tables)
    assert str(company.pk) in tables["companies_company"]  # the search does find what is there
    assert hashlib.sha256(secrets["token"].encode()).hexdigest() in tables["invitations_invitation"]
    for name, secret in secrets.items():
        for form in forms_of(secret):
            for table, text in tables.items():
                assert form not in text, f"{name} stands in {table}"


def test_tables_contain_no_key_of_environment(company, settings):
    live(company)

    for table, text in dump().items():
        for secret in (settings.SECRET_KEY, "a25vd24tdG8tZXZlcnlib2R5LWRldmVsb3BtZW50LTA="):
            assert secret not in text, table
