from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import Delivery, MailOutage
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


def test_overview_names_long_delays(admin_client):
    forget_jobs()
    report(5)
    make_invitation(allowed_emails=["anna@example.com"], send_email=True)
    delayed = Delivery.objects.all()
    wanted = "Some mails have been waiting since"
    for minutes, fault, is_told in ((59, "SENDER", False), (61, "SENDER", True), (61, "RECEIVER", False)):
        since = timezone.now() - timedelta(minutes=minutes)
        delayed.update(fault=fault, failing_since=since, last_error="550 5.7.1 <anna@example.com> blocked")
        page = told(admin_client)
        assert (wanted in page, "550 5.7.1 &lt;[address]&gt; blocked" in page) == (is_told, is_told), (minutes, fault)


def test_overview_names_the_outage(admin_client):
    forget_jobs()
    report(5)
    MailOutage.objects.create(reason="Our mail server said <b>no</b>.", retry_at=timezone.now() + timedelta(minutes=1))
    page = told(admin_client)
    assert "Our mail server said &lt;b&gt;no&lt;/b&gt;." in page
    assert "Please tell the person who runs Latchkey." in page
