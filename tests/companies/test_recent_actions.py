import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from companies.models import Company
from invitations.admin.titles import invitation_title
from tests.factories import CompanyFactory, UserFactory, make_invitation
from tests.invitations.services.batches.drafts import draft, people

SECRET = "Secret Foreign Ltd"


@pytest.fixture
def mary(client, company):
    user = UserFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return user


def note(user, *objects):
    for each in objects:
        rows = type(each).objects.filter(pk=each.pk)
        LogEntry.objects.log_actions(user.pk, rows, ADDITION, change_message="Created.")


def recent(client):
    return client.get(reverse("admin:index")).context["recent_actions"]


def test_own_actions_are_shown_newest_first(client, mary, company):
    invitation = make_invitation(company)
    note(mary, company, invitation)
    note(UserFactory(), CompanyFactory())

    assert [(action.message, action.title) for action in recent(client)] == [
        ("Created", invitation_title(invitation)),
        ("Created", str(company)),
    ]
    page = client.get(reverse("admin:index")).content.decode()
    assert '<strong>Created</strong> <span><span class="when"><time ' in page


def test_objects_outside_new_limit_are_hidden(client, mary, company):
    secret = CompanyFactory(name=SECRET)
    note(mary, secret, make_invitation(secret), draft(secret, people(2), file_name=f"{SECRET}.csv"))
    note(mary, make_invitation(company))
    mary.is_limited = True
    mary.save()
    mary.companies.add(company)

    page = client.get(reverse("admin:index"))

    assert SECRET not in page.content.decode()
    assert [action.kind for action in page.context["recent_actions"]] == ["invitation"]


def test_objects_without_permission_are_hidden(client, mary):
    secret = CompanyFactory(name=SECRET, partner__name=SECRET)
    note(mary, secret.partner, Group.objects.create(name=SECRET))
    mary.user_permissions.set(Permission.objects.filter(codename="view_company"))

    assert SECRET not in client.get(reverse("admin:index")).content.decode()


def test_deleted_and_unregistered_objects_are_hidden(client, mary, company):
    gone = draft(company, people(2))
    note(mary, gone, Permission.objects.first())
    gone.delete()

    assert recent(client) == []


def test_export_is_shown(client, mary, company):
    client.get(reverse("admin:companies_company_export")).getvalue()

    assert [(action.title, action.url) for action in recent(client)] == [("Export of companies", None)]


def test_query_count_does_not_grow(client, mary):
    def queries(number):
        note(mary, *CompanyFactory.create_batch(number))
        with CaptureQueriesContext(connection) as captured:
            recent(client)
        return len(captured)

    queries(1)
    assert queries(1) == queries(60)
    assert Company.objects.count() > 60
