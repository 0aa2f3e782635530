import os
import re
import subprocess

import pytest
from django.db import connection

from tests.factories import CompanyFactory
from tests.postgres_programs import environment, find_program
from tests.scenario import Scenario
from tests.secrecy import KNOWN, forms_of


def dump():
    """The whole database as text: a backup by pg_dump."""
    database = connection.settings_dict["NAME"]
    command = [find_program("pg_dump"), database]
    done = subprocess.run(command, env=os.environ | environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def day(mail_server, worker):
    scenario = Scenario(mail_server, worker)
    scenario.live()
    return scenario


def test_dump_of_a_day_has_no_secret(day):
    text = dump()

    assert str(day.company.pk) in text
    assert "CREDENTIALS_READ" in text
    assert len(day.secrets) >= 24, sorted(day.secrets)
    code = day.secrets.pop("code")
    found = {name for name, secret in day.secrets.items() if any(form in text for form in forms_of(secret))}
    assert found == set()
    # any six digits may be part of a number in a dump, but must not be a value of their own
    assert not re.search(rf"(?<![\w.:+-]){code}(?![\w.:-])", text)


def test_log_search_covers_every_secret(day):
    assert {name for name, secret in day.secrets.items() if secret not in KNOWN} == set()


@pytest.mark.django_db(transaction=True)
def test_dump_search_finds_plain_text():
    CompanyFactory(name="a name that stands in clear")

    text = dump()

    assert any(form in text for form in forms_of("a name that stands in clear"))
