"""A partner with a few mails and webhooks waits seconds, also while another has thousands.

Variables: `FAIRNESS_MAILS` and `FAIRNESS_EVENTS` of the large partner. A single worker, on a busy machine.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from companies.models import Company, PartnerEventType, WebhookEndpoint
from companies.services.webhooks.publish import new_partner_event, publish
from companies.services.webhooks.signing import encrypt_secret, new_secret
from invitations.models import Delivery
from tests.operations.installations import Installation, Lines, installation, wait_until
from tests.operations.networks import can_make_networks
from tests.operations.receivers import Hook, Mail
from tests.operations.test_urgent_mail import new_company, queue_mails

pytestmark = pytest.mark.skipif(not can_make_networks(), reason="needs root and network namespaces")

MAILS = int(os.environ.get("FAIRNESS_MAILS", "2000"))
EVENTS = int(os.environ.get("FAIRNESS_EVENTS", "3000"))
SLOW_REPLY = 0.02


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any) -> Iterator[Installation]:
    with django_db_blocker.unblock(), installation(tmp_path) as made:
        yield made


def hooked_company(name: str, hooks: Lines[Hook]) -> Company:
    company = new_company(name)
    endpoint = WebhookEndpoint(partner=company.partner, url=f"http://{hooks.address}:{hooks.port}/{name}")
    endpoint.encrypted_secret = encrypt_secret(endpoint, new_secret())
    endpoint.save()
    return company


def publish_alone(company: Company, number: int) -> None:
    """Publish each event in a transaction of its own, as requests do."""
    resource = SimpleNamespace(pk=company.pk, company=company)
    for _ in range(number):
        publish([new_partner_event(PartnerEventType.INVITATION_VIEWED, resource, {"id": str(company.pk)})])


def first_job_began() -> float | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM min(at)) FROM procrastinate_events WHERE type = 'started'")
        (began,) = cursor.fetchone()
    return began and float(began)


def test_flood_of_events_delays_no_other(site):
    hooks = site.receive(Hook)
    large, small = hooked_company("large", hooks), hooked_company("small", hooks)
    publish_alone(large, EVENTS)
    publish_alone(small, 1)
    site.start_worker(site.network.add("worker"), hooks=True)
    wait_until(first_job_began, seconds=60)
    start = time.time()

    wait_until(lambda: any(hook.path == "/small" for hook in hooks.read()), seconds=300)
    (arrived,) = [hook.arrived for hook in hooks.read() if hook.path == "/small"]
    before = sum(hook.arrived < arrived for hook in hooks.read())
    print(
        f"\n1 webhook behind {EVENTS} events of another partner: {arrived - start:.1f} s, after {before} of the other's"
    )
    assert before < EVENTS


def test_large_mailing_delays_no_small_one(site):
    site.mails = site.receive(Mail, SLOW_REPLY)
    large, small = new_company("Large"), new_company("Small")
    queue_mails(large, MAILS)
    queue_mails(small, 10)
    site.start_worker(site.network.add("worker"))
    few = set(Delivery.objects.filter(invitation__company=small).values_list("email", flat=True))

    wait_until(lambda: few <= {mail.to for mail in site.mails.read()}, seconds=600)
    mails = site.mails.read()
    last = max(place for place, mail in enumerate(mails) if mail.to in few)
    seconds = mails[last].arrived - mails[0].arrived
    print(f"\n10 mails behind {MAILS} of another partner: {seconds:.1f} s, after {last - 9} of the other's")
    assert last < MAILS / 3
