"""A form posted by eight requests at once creates one invitation."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from uuid_utils.compat import uuid7

from invitations.models import Delivery, Invitation, InvitationEvent
from tests.factories import CompanyFactory, UserFactory
from tests.invitations.admin.create.pages import invite
from tests.invitations.admin.pages import address
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_concurrent_posts_create_one_invitation(jobs):
    company, staff, form_id = CompanyFactory(), UserFactory(), uuid7()
    browsers = [Client() for _ in range(8)]
    for browser in browsers:
        browser.force_login(staff)

    answers = race(
        len(browsers),
        lambda index: invite(browsers[index], company, button="_send", form_id=form_id, allowed_emails="a@example.com"),
    )

    made = Invitation.objects.get()
    assert [answer.url for answer in answers] == [address("link", made)] * len(browsers)
    assert InvitationEvent.objects.count() == Delivery.objects.count() == LogEntry.objects.count() == 1
    assert jobs.names == ["send_invitation"]
