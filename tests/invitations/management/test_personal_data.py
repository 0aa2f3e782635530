import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories import UserFactory, make_invitation

pytestmark = pytest.mark.django_db
ANNA = "anna@example.com"


def test_export_prints_json(capsys):
    make_invitation(allowed_emails=[ANNA])
    call_command("personal_data", "export", ANNA)
    # the event of the creation has it, too
    assert {each["field"] for each in json.loads(capsys.readouterr().out)["values"]} == {"allowedEmails", "data"}


def test_erase_says_the_placeholder(capsys):
    invitation = make_invitation(allowed_emails=[ANNA])
    call_command("personal_data", "erase", ANNA)
    invitation.refresh_from_db()
    assert capsys.readouterr().out == f"Erased in 2 values. They now have {invitation.allowed_emails[0]}.\n"


def test_refusal_is_one_sentence():
    UserFactory(email=ANNA)
    with pytest.raises(CommandError, match="A member of staff logs in with this address"):
        call_command("personal_data", "erase", ANNA)
