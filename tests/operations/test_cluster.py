"""Eight workers and four web servers, each a machine of its own, with one database: faults at random lose nothing.

Variables: `CLUSTER_MAILS`, of which two batches of `CLUSTER_ROWS` rows are a part, and `CLUSTER_SEED` of the faults.
`CLUSTER_MAILS=20000 CLUSTER_ROWS=5000` is the full size.
"""

import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from companies.actors import SYSTEM
from companies.models import Company, Partner, PartnerEvent, Scope, WebhookEndpoint
from companies.services.partners import issue_api_key
from companies.services.webhooks.signing import encrypt_secret, new_secret
from invitations.models import Batch, Delivery, Invitation
from invitations.services.batches.create import draft_batch, start_batch
from invitations.services.bulk import Wanted as Drafted
from invitations.services.bulk import create_invitations
from invitations.services.invitations import create_invitation
from invitations.services.references import References
from invitations.services.verification.codes import request_code
from tests.factories import UserFactory
from tests.operations.cluster_clients import Clients, Wanted, post
from tests.operations.faults import Faults
from tests.operations.installations import Installation, installation, is_up, wait_until
from tests.operations.networks import Machine, can_make_networks
from tests.operations.receivers import Hook, Mail

pytestmark = pytest.mark.skipif(not can_make_networks(), reason="needs root and network namespaces")

MAILS = int(os.environ.get("CLUSTER_MAILS", "2000"))
ROWS = int(os.environ.get("CLUSTER_ROWS", "500"))
SEED = int(os.environ.get("CLUSTER_SEED", "16"))
WORKERS, WEB_SERVERS = 8, 4
MOST_AT_ONCE = 500  # items of a bulk request
REPLY_SECONDS = 0.05
SENDING_SECONDS = 45
# a machine needs some seconds of a processor to start again
FAULT_PAUSE = (1, 4)
LONGEST_SECONDS = 900 + MAILS / 10
# jobs of a dead worker begin again after 30 s without a heartbeat, at the next third of a minute; locks of a machine
# without a network last for 50 s; and the machine is busy
RECOVERY_SECONDS = 120
# mails that a worker may be sending: 4 places for mails, 2 for codes
AT_ONCE = 6
MAILS_AN_HOUR, WRITES_A_MINUTE = 40, 60


@pytest.fixture
def cluster(tmp_path: Path, django_db_blocker: Any) -> Iterator[Installation]:
    with django_db_blocker.unblock(), installation(tmp_path) as made:
        made.collect_static_files()
        made.mails = made.receive(Mail, REPLY_SECONDS)
        yield made


def new_company(name: str, **limits: int) -> Company:
    return Company.objects.create(partner=Partner.objects.create(name=name, **limits), name=name)


def start_machines(cluster: Installation) -> dict[Machine, Any]:
    def start_worker(machine: Machine) -> None:
        cluster.start_worker(machine, hooks=True)

    web = {cluster.network.add("web"): cluster.start_web for _ in range(WEB_SERVERS)}
    machines = web | {cluster.network.add("worker"): start_worker for _ in range(WORKERS)}
    for machine, start in machines.items():
        start(machine)
    wait_until(lambda: all(map(is_up, web)), seconds=120, pause=0.5)
    return machines


def requests_for(company: Company, mails: int) -> list[Wanted]:
    """A tenth of the mails by one request each, the others by requests for many."""
    path, singles, size = f"/v2/invitation/company/{company.pk}", mails // 10, min(max(mails // 16, 1), MOST_AT_ONCE)
    people = [
        {"externalId": f"order-{n}", "allowedEmails": [f"person{n}@example.com"], "sendEmail": True}
        for n in range(mails)
    ]
    alone = [Wanted(path, person, f"single {n}") for n, person in enumerate(people[:singles])]
    starts = range(singles, mails, size)
    return alone + [Wanted(f"{path}/bulk", {"items": people[n : n + size]}, f"bulk {n}") for n in starts]


def start_batches(company: Company, number: int) -> list[Batch]:
    by = UserFactory()
    batches = []
    for place in range(number):
        rows = "\n".join(["email", *(f"row{index}@batch{place}.example" for index in range(ROWS))]).encode()
        batches.append(start_batch(draft_batch(company, by=by, content=rows, send_email=True), by=by))
    return batches


def count_jobs(condition: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM procrastinate_jobs AS job WHERE {condition}", values)
        return int(cursor.fetchone()[0])


def unfinished() -> int:
    """Number of jobs that are due or running. Mails beyond the limit of an hour are due later."""
    return count_jobs("""
        queue_name IN ('mail', 'codes', 'batches', 'webhooks') AND (
            status = 'doing' OR status = 'todo' AND coalesce(scheduled_at, now()) < now() + interval '10 minutes'
        )
    """)


def running_since_before(moment: datetime) -> int:
    """Number of jobs that a worker took before `moment` and did not end. After a while, it must be a dead one."""
    started = "SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'started'"
    return count_jobs(f"status = 'doing' AND ({started}) < %(moment)s", moment=moment)


class Visitors:
    """Contributors who request a code each, one after the other. `asked` has the times."""

    def __init__(self) -> None:
        company = new_company("Visited")
        emails = [f"visitor{number}@example.com" for number in range(200)]
        self.left = [create_invitation(company, allowed_emails=[email], by=SYSTEM) for email in emails]
        self.asked: dict[str, float] = {}

    def ask_next(self) -> None:
        if not self.left:
            return
        invitation = self.left.pop()
        (email,) = invitation.allowed_emails
        self.asked[email] = time.time()
        request_code(invitation, email, client=email.partition("@")[0])

    def waits(self, mails: list[Mail]) -> list[float]:
        first = {mail.to: mail.arrived for mail in reversed(mails)}
        return sorted(first[email] - at for email, at in self.asked.items())


def test_faults_lose_and_double_nothing(cluster):
    company = new_company("Bulk", mails_per_hour=1_000_000, writes_per_minute=100_000)
    hooks = cluster.receive(Hook)
    endpoint = WebhookEndpoint(partner=company.partner, url=f"http://{hooks.address}:{hooks.port}/all")
    endpoint.encrypted_secret = encrypt_secret(endpoint, new_secret())
    endpoint.save()
    _, api_key = issue_api_key(company.partner, name="Cluster", scopes=[Scope.INVITATIONS_WRITE])
    visitors, wanted, batches = Visitors(), requests_for(company, MAILS - 2 * ROWS), start_batches(company, 2)
    machines = start_machines(cluster)
    clients = Clients([each for each in machines if each.kind == "web"], api_key, seed=SEED)

    start = time.monotonic()
    with Faults(machines, seed=SEED, pause=FAULT_PAUSE) as faults, ThreadPoolExecutor(1) as background:
        sending = background.submit(clients.send_all, wanted, at_once=6, seconds=SENDING_SECONDS)
        while cluster.mails.count() < MAILS * 0.8 or not sending.done():
            assert time.monotonic() < start + LONGEST_SECONDS
            if sending.done():
                sending.result()  # raises the error of a client
            visitors.ask_next()
            time.sleep(2)
    last_fault, now = time.monotonic(), timezone.now()
    wait_until(lambda: faults.supervise() or not running_since_before(now), seconds=RECOVERY_SECONDS, pause=0.5)
    recovered = time.monotonic() - last_fault
    wait_until(lambda: faults.supervise() or not unfinished(), seconds=LONGEST_SECONDS, pause=0.5)

    check_invitations(company, wanted, sending.result(), batches)
    twice = check_mails(cluster)
    check_events(hooks.read(), company)
    codes = visitors.waits(cluster.mails.read())
    hit = sum(number for name, number in faults.done.items() if name.startswith("worker"))
    print(
        f"{MAILS} mails, batches of {ROWS} rows, seed {SEED}: {dict(sorted(faults.done.items()))} in "
        f"{last_fault - start:.0f} s, {faults.ended} processes ended by themselves, requests repeated by status: "
        f"{clients.refused}\n0 lost, {twice} mails twice; jobs of dead workers again after {recovered:.0f} s; "
        f"{len(codes)} codes, p50 {statistics.median(codes):.1f} s, max {codes[-1]:.1f} s"
    )
    assert twice <= AT_ONCE * hit


def check_invitations(company: Company, wanted: list[Wanted], answers: list[Any], batches: list[Batch]) -> None:
    """Each exists once, with the id of the answer."""
    answered = {}
    for answer in answers:
        for item in answer.get("results", [answer]):
            answered[item["externalId"]] = item.get("invitationId") or item["id"]
    stored = company.invitations.exclude(external_id=None).values_list("external_id", "pk")
    assert len(stored) == len(answered) == MAILS - len(batches) * ROWS
    assert {name: str(pk) for name, pk in stored} == answered
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.state, {status: n for status, n in batch.count_by_status().items() if n}) == (
            "DONE",
            {"CREATED": ROWS},
        )
    assert Invitation.objects.filter(company=company).count() == MAILS


def check_mails(cluster: Installation) -> int:
    """Each mail arrived. Returns how many arrived more than once."""
    assert set(Delivery.objects.values_list("status", flat=True)) == {"SENT"}
    wanted = {delivery.message_id for delivery in Delivery.objects.all()}
    assert len(wanted) == MAILS
    copies = Counter(mail.message_id for mail in cluster.mails.read() if "is your code" not in mail.subject)
    assert set(copies) == wanted
    return copies.total() - len(copies)


def check_events(arrived: list[Hook], company: Company) -> None:
    """Each event arrived, with a number of its own, in which each resource was created first."""
    events = list(PartnerEvent.objects.filter(partner=company.partner).order_by("sequence"))
    numbers = [event.sequence for event in events]
    assert numbers == list(range(1, len(events) + 1))
    wanted = {(str(event.pk), event.sequence) for event in events}
    assert {(hook.event_id, hook.sequence) for hook in arrived} == wanted
    first: dict[Any, str] = {}
    for event in events:
        first.setdefault(event.resource_id, event.type)
    assert set(first.values()) == {"invitation.created"}
    highest = accumulate((hook.sequence for hook in arrived), max)
    late = sum(hook.sequence < most for hook, most in zip(arrived, highest, strict=True))
    print(f"\n{len(events)} events in {len(arrived)} requests, {late} of them behind one with a higher number")


HOLD_A_LOCK = """
import time
import django
from config.database import JOB_LIMITS, limit_sessions
limit_sessions(JOB_LIMITS)
django.setup()
from django.db import transaction
from companies.models import Partner
with transaction.atomic():
    Partner.objects.select_for_update().get(name="Locked")
    time.sleep(600)
"""


def test_lost_machine_frees_its_locks(cluster):
    locked = Partner.objects.filter(pk=new_company("Locked").partner_id).select_for_update(skip_locked=True)

    @transaction.atomic
    def is_free() -> bool:
        return locked.exists()

    machine = cluster.network.add("worker")
    environment = cluster.environment(hooks=False) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    machine.run(sys.executable, "-c", HOLD_A_LOCK, env=environment, log=cluster.folder / "lock.log")
    wait_until(lambda: not is_free(), seconds=30)
    start = time.monotonic()
    machine.cut()
    machine.kill()
    wait_until(is_free, seconds=75, pause=0.5)
    print(f"\nlocks of a machine without a network are free after {time.monotonic() - start:.0f} s")


def test_limits_are_shared_by_all_machines(cluster):
    company = new_company("Limited", mails_per_hour=MAILS_AN_HOUR, writes_per_minute=WRITES_A_MINUTE)
    _, api_key = issue_api_key(company.partner, name="Cluster", scopes=[Scope.INVITATIONS_WRITE])
    people = [
        Drafted({"allowed_emails": [f"person{n}@example.com"], "send_email": True}) for n in range(3 * MAILS_AN_HOUR)
    ]
    create_invitations(company, people, by=SYSTEM, references=References.of(company, []))
    servers = [machine for machine in start_machines(cluster) if machine.kind == "web"]

    path = f"/v2/invitation/company/{company.pk}"
    began = time.monotonic()
    statuses = Counter(
        post(servers[n % WEB_SERVERS], Wanted(path, {}, f"limited {n}"), api_key)[0] for n in range(3 * WRITES_A_MINUTE)
    )
    assert time.monotonic() - began < 60
    wait_until(lambda: not unfinished(), seconds=120, pause=0.5)

    print(f"\nlimit of {WRITES_A_MINUTE} writes: {dict(statuses)}; of {MAILS_AN_HOUR} mails: {cluster.mails.count()}")
    assert WRITES_A_MINUTE * 0.8 <= statuses[201] <= WRITES_A_MINUTE
    assert cluster.mails.count() == MAILS_AN_HOUR
