"""What is sent to the address for a mail provider's notices: large batches, and what is no notice at all."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from config.http.body_limit import MAX_BODY_BYTES
from invitations.models import EventType
from tests.factories import make_invitation
from tests.invitations.test_receivers import ANNA, PROVIDER, delivered, report, told

pytestmark = pytest.mark.django_db(transaction=True)

OF_PROVIDERS = """
import json
import django
django.setup()
from django.urls import get_resolver
patterns = next(each for each in get_resolver().url_patterns if str(each.pattern) == "anymail/").url_patterns
print(json.dumps([str(each.pattern) for each in patterns]))
"""


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA], send_email=True)


@pytest.fixture
def reference(invitation):
    return invitation.deliveries.get().reference


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


def test_a_large_batch_is_read_to_its_end(invitation, reference):
    others = [bounce_by_sendgrid(f"{number}.1") for number in range(2000)]
    batch = [*others, bounce_by_sendgrid(reference)]
    assert len(json.dumps(batch)) > MAX_BODY_BYTES

    assert report(batch, provider="sendgrid") == [200]
    assert told(invitation) == ("BOUNCED", "550 5.1.1 unknown")


def test_one_that_cannot_be_read_does_not_undo_the_others(invitation, reference):
    batch = [7, "x", None, {"timestamp": "x"}, bounce_by_sendgrid({"a": 1}), bounce_by_sendgrid(reference), []]

    assert report(batch, provider="sendgrid") == [200]
    assert told(invitation) == ("BOUNCED", "550 5.1.1 unknown")
    assert invitation.events.filter(type=EventType.DELIVERY_FAILED).count() == 1


def test_more_than_a_batch_is_not_read(invitation):
    assert report("x" * (4 * 1024 * 1024 + 1)) == [413]


@pytest.mark.parametrize("secrets", [(PROVIDER["ANYMAIL_WEBHOOK_SECRET"],), (None,)], ids=["known", "unknown"])
def test_what_is_no_notice_is_refused(reference, secrets):
    deep = "[" * 100_000
    assert report("not json", "[]", "7", "null", '"x"', "", deep, secrets=secrets) == [400] * 7


def test_a_notice_with_other_metadata_than_ours_changes_nothing(invitation, reference):
    strange = [delivered(reference) | {"Metadata": other} for other in ("x", 5, ["x"])]
    others = [delivered(other) for other in (5, ["x"], {"x": 1}, "x")]
    assert report(*strange, *others) == [400] * 3 + [200] * 4
    assert told(invitation) == ("QUEUED", None)


@pytest.mark.parametrize("provider", ["mailgun", "amazon_ses", "mandrill", "mailersend", "postal", "unisender_go"])
def test_a_provider_that_is_not_used_has_no_address_here(provider):
    assert report("[]", path=f"/anymail/{provider}/tracking/") == [404]


@pytest.mark.parametrize("provider", ["postmark", "sendgrid", "mandrill", "brevo"])
def test_the_provider_that_is_used_has_one(provider):
    environment = os.environ | PROVIDER | {"ANYMAIL_PROVIDER": provider, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", OF_PROVIDERS],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout) == [f"{provider}/tracking/"]
