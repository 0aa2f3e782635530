from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import MailOutage
from tests.database import execute, forget_jobs
from tests.factories import make_invitation
from tests.invitations.admin.dashboard.pages import show_overview

pytestmark = pytest.mark.django_db


def report(seconds):
    """A worker reported some seconds ago."""
    execute("DELETE FROM procrastinate_workers")
    execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{seconds} seconds')")


def told(client):
    return " ".join(show_overview(client).split())


def test_overview_says_that_no_mail_leaves(admin_client):
    forget_jobs()
    assert "No mail leaves at the moment. The background worker may not be running." in told(admin_client)
    report(7200)
    assert "No mail has left since" in told(admin_client)
    assert "The background worker may not be running." in told(admin_client)
    report(5)
    assert "No mail" not in told(admin_client)
    assert "Please tell the person who runs Latchkey" not in told(admin_client)

    make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    execute("UPDATE procrastinate_events SET at = now() - interval '1 hour'")
    assert "Mails and checks have been waiting since" in told(admin_client)


def test_overview_names_the_outage(admin_client):
    forget_jobs()
    report(5)
    MailOutage.objects.create(reason="Our mail server said <b>no</b>.", retry_at=timezone.now() + timedelta(minutes=1))
    page = told(admin_client)
    assert "Our mail server said &lt;b&gt;no&lt;/b&gt;." in page
    assert "Please tell the person who runs Latchkey." in page
