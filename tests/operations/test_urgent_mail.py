"""Time from the request of a code to its mail, while thousands of mails, batches and webhooks wait.

Variables: `WAITING` mails, `CODES`, `BATCH_ROWS` of each batch.
"""

import os
import statistics
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from companies.actors import SYSTEM
from companies.models import Company, Partner
from invitations.models import Invitation
from invitations.services.batches.create import draft_batch, start_batch
from invitations.services.bulk import Wanted, create_invitations
from invitations.services.invitations import create_invitation
from invitations.services.references import References
from invitations.services.verification.codes import request_code
from tests.factories import UserFactory
from tests.operations.installations import Installation, installation, wait_until
from tests.operations.networks import can_make_networks
from tests.operations.receivers import Mail

pytestmark = pytest.mark.skipif(not can_make_networks(), reason="needs root and network namespaces")

WAITING = int(os.environ.get("WAITING", "2000"))
CODES = int(os.environ.get("CODES", "15"))
BATCH_ROWS = int(os.environ.get("BATCH_ROWS", "1000"))
SLOW_REPLY = float(os.environ.get("SLOW_REPLY", "0.2"))
PAUSE = max(0.4, 4 * SLOW_REPLY)  # seconds between two contributors


def new_company(name: str) -> Company:
    return Company.objects.create(partner=Partner.objects.create(name=name, mails_per_hour=1_000_000), name=name)


def queue_mails(company: Company, number: int, *, at_once: int = 500) -> None:
    """Create invitations as the API does in bulk, with a mail each."""
    for start in range(0, number, at_once):
        wanted = [
            Wanted({"allowed_emails": [f"person{index}@{uuid4().hex}.example"], "send_email": True})
            for index in range(start, min(start + at_once, number))
        ]
        create_invitations(company, wanted, by=SYSTEM, references=References.of(company, []))


@pytest.fixture
def slow(tmp_path: Path, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock(), installation(tmp_path) as made:
        made.mails = made.receive(Mail, SLOW_REPLY)
        yield made


def measure(made: Installation, invitations: list[Invitation], what: str) -> float:
    """Request a code for each, one after the other. Print and return how long they waited for a place at most."""
    asked: dict[str, float] = {}
    for invitation in invitations:
        (email,) = invitation.allowed_emails
        asked[email] = time.time()
        request_code(invitation, email, client=email.partition("@")[0])
        time.sleep(PAUSE)

    def arrived() -> list[tuple[float, float]]:
        mails = [mail for mail in made.mails.read() if mail.to in asked]
        return [(mail.began - asked[mail.to], mail.arrived - asked[mail.to]) for mail in mails]

    wait_until(lambda: len(arrived()) == len(asked), seconds=300)
    waited, taken = map(sorted, zip(*arrived(), strict=True))
    print(f"\ncode beside {what}: began after {spread(waited)}, sent after {spread(taken)}")
    return waited[-1]


def spread(seconds: list[float]) -> str:
    late = seconds[int(len(seconds) * 0.99)]
    return f"p50 {statistics.median(seconds):.2f} s, p99 {late:.2f} s, max {seconds[-1]:.2f} s"


def test_code_passes_bulk_mails_and_batches(slow):
    visited = new_company("Visited")
    invitations = [
        create_invitation(visited, allowed_emails=[f"visitor{number}@example.com"], by=SYSTEM)
        for number in range(2 * CODES)
    ]
    bulk = new_company("Bulk")
    queue_mails(bulk, WAITING)
    slow.start_worker(slow.network.add("worker"))
    wait_until(lambda: slow.mails.count() >= 4, seconds=60)

    mails = f"{WAITING} mails with {SLOW_REPLY} s for a reply"
    alone = measure(slow, invitations[:CODES], mails)

    for number in range(4):
        rows = "\n".join(["email", *(f"row{index}@batch{number}.example" for index in range(BATCH_ROWS))])
        batch = draft_batch(new_company(f"Batch {number}"), by=UserFactory(), content=rows.encode(), send_email=True)
        start_batch(batch, by=batch.created_by)
    beside = measure(slow, invitations[CODES:], f"{mails}, and 4 batches of {BATCH_ROWS} rows")

    # a mail takes seven replies, for which no code waits
    assert max(alone, beside) < 7 * SLOW_REPLY
