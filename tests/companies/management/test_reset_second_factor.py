import io
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command

from companies.models import User
from tests.companies.authenticators import set_up
from tests.factories import UserFactory


def reset(email):
    output = io.StringIO()
    call_command("reset_second_factor", email, stdout=output)
    return output.getvalue().strip()


def test_operator_resets_only_superuser(client, mary, settings):
    set_up(mary)
    client.force_login(mary)
    url = reset(f" {mary.email.upper()}")

    assert client.get("/admin/").status_code == 302, "the sessions have ended"
    member = User.objects.get(pk=mary.pk)
    assert (member.authenticator, member.has_usable_password()) == (None, False)
    page = client.get(url.removeprefix(settings.PUBLIC_URL), follow=True)
    assert "Choose a new password" in page.content.decode()
    assert all(re.match("By an operator", entry.change_message) for entry in LogEntry.objects.all()[:2])


def test_reset_says_what_to_do(mary):
    UserFactory(email="left@example.com", is_active=False)
    errors = {"nobody@example.com": "No member", "left@example.com": "No member", mary.email: "changepassword"}
    for email, error in errors.items():
        with pytest.raises(CommandError, match=error):
            reset(email)
