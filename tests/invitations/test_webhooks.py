"""The webhook of the mail provider: large batches, and malformed input."""

import json
from base64 import b64encode

import pytest
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.test import RequestFactory

from config.http.body_limit import MAX_BODY_BYTES
from config.mail.webhooks import tolerant_webhook_view, tracking_urls
from invitations.models import EventType
from tests.factories import make_invitation
from tests.invitations.test_receivers import ANNA, SECRET, delivered, report, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA], send_email=True)


@pytest.fixture
def reference(invitation):
    return invitation.deliveries.get().reference


@pytest.fixture
def post(settings):
    """Post a report to the view of a provider, with its secret."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}

    def post(content, *, view=PostmarkTrackingWebhookView, secret=SECRET):
        body = content if isinstance(content, str) else json.dumps(content)
        headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
        request = RequestFactory().post("/", body, "application/json", headers=headers)
        return tolerant_webhook_view(view)(request).status_code

    return post


def bounce_by_sendgrid(reference):
    return {
        "email": ANNA,
        "timestamp": 1798000000,
        "event": "bounce",
        "type": "bounce",
        "reason": "550 5.1.1 unknown",
        "sg_event_id": "x" * 90,
        "delivery": reference,
    }


def test_large_batch_is_read_to_its_end(invitation, reference):
    others = [bounce_by_sendgrid(f"{number}.1") for number in range(2000)]
    batch = [*others, bounce_by_sendgrid(reference)]
    assert len(json.dumps(batch)) > MAX_BODY_BYTES

    assert report(batch, provider="sendgrid") == [200]
    assert told(invitation) == ("BOUNCED", "550 5.1.1 unknown")


def test_unreadable_event_does_not_stop_others(post, invitation, reference):
    batch = [7, "x", None, {"timestamp": "x"}, bounce_by_sendgrid({"a": 1}), bounce_by_sendgrid(reference), []]

    assert post(batch, view=SendGridTrackingWebhookView) == 200
    assert told(invitation) == ("BOUNCED", "550 5.1.1 unknown")
    assert invitation.events.filter(type=EventType.DELIVERY_FAILED).count() == 1


def test_batch_over_4_mib_is_rejected(post):
    assert post("x" * (4 * 1024 * 1024 + 1)) == 413


@pytest.mark.parametrize("secret", [SECRET, None])
@pytest.mark.parametrize("content", ["not json", "[]", "7", "null", '"x"', "", "[" * 100_000])
def test_malformed_report_is_rejected(post, content, secret):
    with pytest.raises(AnymailWebhookValidationFailure):
        post(content, secret=secret)


def test_foreign_metadata_changes_nothing(post, invitation, reference):
    for metadata in ("x", 5, ["x"]):
        with pytest.raises(AnymailWebhookValidationFailure):
            post(delivered(reference) | {"Metadata": metadata})
    assert [post(delivered(other)) for other in (5, ["x"], {"x": 1}, "x")] == [200] * 4
    assert told(invitation) == ("QUEUED", None)


def test_only_the_used_provider_has_a_url():
    for provider in ("postmark", "sendgrid", "mandrill", "brevo"):
        assert [str(url.pattern) for url in tracking_urls(provider)] == [f"{provider}/tracking/"]
    assert tracking_urls("unknown") == []
