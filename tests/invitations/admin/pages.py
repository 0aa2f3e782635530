"""Pages of invitations in the admin, and users who open them."""

from datetime import timedelta

from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from invitations.models import Invitation
from invitations.models.status import Status
from tests.factories import UserFactory, make_invitation

LIST = "admin:invitations_invitation_changelist"
NO_ID = "01940000-0000-7000-8000-000000000000"


def may(*codenames, **fields):
    user = UserFactory(is_superuser=False, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def limited_to(*companies, perms=("add_invitation", "view_invitation")):
    user = may(*perms, is_limited=True)
    user.companies.set(companies)
    return user


def address(page, invitation):
    return reverse(f"admin:invitations_invitation_{page}", args=[invitation.pk])


def words(response):
    assert response.status_code == 200
    return response.content.decode()


def page_of(client, invitation):
    return words(client.get(address("change", invitation)))


def listed(client, **query):
    response = client.get(reverse(LIST), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def in_every_status(company):
    """An invitation for each status. Where possible, the conditions of later statuses hold, too."""
    invitations = {status: make_invitation(company, max_uses=1) for status in Status}
    past = {"created_at": timezone.now() - timedelta(days=9), "expires_at": timezone.now() - timedelta(days=1)}
    change = Invitation.objects.filter
    change(pk=invitations[Status.EXPIRED].pk).update(**past)
    change(pk=invitations[Status.FULFILLED].pk).update(use_count=1, **past)
    change(pk=invitations[Status.REVOKED].pk).update(use_count=1, revoked_at=timezone.now(), **past)
    return invitations
